//! A little SVG: scales, ticks, labels that do not overlap, fills that need no colour.
//!
//! ```text
//!  domain (seconds, counts) ── Scale ──► pixels ──► maud ──► <svg> inside the page
//!        └── ticks at human times          ▲
//!  marks with names ── labels::stack ──────┘
//! ```
//!
//! Made by hand rather than by a plotting crate, for three reasons. Those crates write colours and fonts
//! into every element, so that one picture cannot serve light, dark and print; here a mark has a class
//! and the page's style sheet decides. Their fills are colours, or hatches in black only; ours are
//! patterns that are told apart without colour and follow the theme. And none of them draws a schedule
//! with windows behind its bars, or keeps the names of ten faults of one instant apart.

pub(crate) mod labels;
pub(crate) mod scale;

use maud::{Markup, Render, html};

/// A coordinate: one decimal, nothing that XML could not hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Px(pub(crate) f64);

impl Render for Px {
    fn render_to(&self, buffer: &mut String) {
        use std::fmt::Write as _;
        let tenths = if self.0.is_finite() {
            (self.0 * 10.0).round() as i64
        } else {
            0
        };
        // Writing into a String cannot fail.
        let _ = match (tenths / 10, (tenths % 10).abs()) {
            (whole, 0) => write!(buffer, "{whole}"),
            (0, part) if tenths < 0 => write!(buffer, "-0.{part}"),
            (whole, part) => write!(buffer, "{whole}.{part}"),
        };
    }
}

/// How an area is filled. Each is a class of the style sheet and a pattern in [`definitions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// Work that was done here; also: readable as written.
    Solid,
    /// Modelled time.
    Modelled,
    /// Time that a person took.
    Observed,
    /// Time of no stated origin.
    Plain,
    /// A service was down.
    Down,
    /// Delayed.
    Delayed,
    /// Lost.
    Lost,
    /// Corrupted.
    Corrupted,
    /// Stale.
    Stale,
    /// Up.
    Up,
    /// Nothing is known.
    Unknown,
}

impl Fill {
    /// Its class.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Fill::Solid => "f-solid",
            Fill::Modelled => "f-modelled",
            Fill::Observed => "f-observed",
            Fill::Plain => "f-plain",
            Fill::Down => "f-down",
            Fill::Delayed => "f-delayed",
            Fill::Lost => "f-lost",
            Fill::Corrupted => "f-corrupted",
            Fill::Stale => "f-stale",
            Fill::Up => "f-up",
            Fill::Unknown => "f-unknown",
        }
    }
}

/// A filled box.
pub(crate) fn area(fill: Fill, x: f64, y: f64, width: f64, height: f64) -> Markup {
    html! {
        rect class=(fill.class()) x=(Px(x)) y=(Px(y)) width=(Px(width.max(0.0))) height=(Px(height)) {}
    }
}

/// A line of a class.
pub(crate) fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Markup {
    html! { line class=(class) x1=(Px(from.0)) y1=(Px(from.1)) x2=(Px(to.0)) y2=(Px(to.1)) {} }
}

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// At its beginning.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

/// A text of a class, on its baseline.
pub(crate) fn text(class: &str, anchor: Anchor, x: f64, y: f64, content: &str) -> Markup {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    html! { text class=(class) text-anchor=(anchor) x=(Px(x)) y=(Px(y)) { (content) } }
}

/// A text that is cut to `width` pixels; its whole stands in its title.
pub(crate) fn cut_text(class: &str, anchor: Anchor, x: f64, y: f64, width: f64, content: &str) -> Markup {
    let cut = labels::cut(content, width);
    if cut == content {
        return text(class, anchor, x, y, content);
    }
    html! { g { title { (content) } (text(class, anchor, x, y, &cut)) } }
}

/// A caption that ends at `x` on a ground of its own, so that it can be read on a bar.
pub(crate) fn plate(x: f64, y: f64, content: &str) -> Markup {
    let width = labels::width(content) + 8.0;
    html! {
        rect class="plate" x=(Px(x - width + 4.0)) y=(Px(y - 11.0)) width=(Px(width)) height="14" rx="2" {}
        (text("caption", Anchor::End, x, y, content))
    }
}

/// A drawing of `width` by `height` pixels that scales with the page; `description` is read aloud.
pub(crate) fn drawing(width: f64, height: f64, description: &str, content: Markup) -> Markup {
    let view = format!("0 0 {} {}", Px(width).render().0, Px(height).render().0);
    html! {
        svg viewBox=(view) width=(Px(width)) height=(Px(height)) role="img" aria-label=(description) {
            title { (description) }
            (content)
        }
    }
}

/// A small sample of a fill, for legends.
pub(crate) fn swatch(fill: Fill) -> Markup {
    html! {
        svg class="swatch" viewBox="0 0 22 12" width="22" height="12" aria-hidden="true" {
            (area(fill, 0.5, 0.5, 21.0, 11.0))
        }
    }
}

/// A small sample of a line, for legends.
pub(crate) fn line_swatch(class: &str) -> Markup {
    html! {
        svg class="swatch" viewBox="0 0 22 12" width="22" height="12" aria-hidden="true" {
            (line(class, (0.0, 6.0), (22.0, 6.0)))
        }
    }
}

/// The patterns behind [`Fill`], once per page. Their colours come from the style sheet.
pub(crate) fn definitions() -> Markup {
    let pattern = |id: &str, size: &str, turn: Option<&str>, content: Markup| {
        html! {
            pattern id=(id) width=(size) height=(size) patternUnits="userSpaceOnUse" patternTransform=[turn] {
                rect class="p-ground" width=(size) height=(size) {}
                (content)
            }
        }
    };
    html! {
        svg class="definitions" width="0" height="0" aria-hidden="true" {
            defs {
                (pattern("p-modelled", "6", Some("rotate(45)"), html! { rect class="ink-modelled" width="2.4" height="6" {} }))
                (pattern("p-observed", "6", None, html! {
                    circle class="ink-observed" cx="1.5" cy="1.5" r="1.25" {}
                    circle class="ink-observed" cx="4.5" cy="4.5" r="1.25" {}
                }))
                (pattern("p-down", "5", Some("rotate(-45)"), html! { rect class="ink-down" width="3.2" height="5" {} }))
                (pattern("p-delayed", "5", None, html! { rect class="ink-delayed" width="5" height="1.8" {} }))
                (pattern("p-corrupted", "7", Some("rotate(45)"), html! {
                    rect class="ink-corrupted" width="1.8" height="7" {}
                    rect class="ink-corrupted" width="7" height="1.8" {}
                }))
                (pattern("p-stale", "4", None, html! { rect class="ink-stale" width="1.6" height="4" {} }))
                (pattern("p-unknown", "6", Some("rotate(45)"), html! { rect class="ink-unknown" width="1.2" height="6" {} }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_never_break_xml() {
        let shown = |v: f64| Px(v).render().0;
        assert_eq!(shown(12.0), "12");
        assert_eq!(shown(12.345), "12.3");
        assert_eq!(shown(-0.04), "0");
        assert_eq!(shown(-0.3), "-0.3");
        assert_eq!(shown(-7.25), "-7.3");
        assert_eq!(shown(f64::NAN), "0");
        assert_eq!(shown(f64::INFINITY), "0");
    }

    #[test]
    fn truncated_text_keeps_the_whole_in_the_title() {
        let markup = cut_text("t", Anchor::End, 0.0, 0.0, 60.0, "a-name-of-some-length").0;
        assert!(markup.contains("<title>a-name-of-some-length</title>") && markup.contains('…'));
        assert!(
            !cut_text("t", Anchor::End, 0.0, 0.0, 60.0, "short")
                .0
                .contains("title")
        );
    }
}
