//! A chart of simulated results with its text: in a page, or as a file of its own.
//!
//! ```text
//!  panel, axis, curve, mark ──► drawing ─┐
//!                 heading, legend, caption ─┴─► Figure ──► section of a page
//!                                                     ──► Picture, an SVG file
//! ```
//!
//! The parts are here because [`crate::capacity`] and [`crate::forecast`] draw with the same.

use maud::{Markup, html};

use crate::charts::{LEFT, RIGHT, WIDTH};
use crate::html::{section, standalone};
use crate::svg::scale::Scale;
use crate::svg::{self, Anchor, Px};

/// A picture as a file of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The file's name.
    pub file: String,
    /// An SVG document.
    pub text: String,
}

/// A chart with its text.
pub(crate) struct Figure {
    /// For files and links: letters of ASCII, digits and dashes.
    pub(crate) name: String,
    pub(crate) heading: String,
    pub(crate) drawing: Markup,
    pub(crate) legend: Vec<(Markup, String)>,
    pub(crate) caption: String,
}

impl Figure {
    /// The section of a page.
    pub(crate) fn section(&self) -> Markup {
        section(&self.name, &self.heading, self.content())
    }

    /// The chart with its legend and caption.
    pub(crate) fn content(&self) -> Markup {
        html! {
            figure {
                div class="wide" { (self.drawing) }
                ul class="legend" { @for (sample, name) in &self.legend { li { (sample) (name) } } }
                figcaption { (self.caption) }
            }
        }
    }

    /// The file; `study` is what its name begins with.
    pub(crate) fn picture(self, study: &str) -> Picture {
        Picture {
            file: format!("{study}-{}.svg", self.name),
            text: standalone(self.drawing),
        }
    }
}

/// A line through points.
pub(crate) fn curve(class: &str, points: &[(f64, f64)]) -> Markup {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        path.push(if at == 0 { 'M' } else { 'L' });
        maud::Render::render_to(&Px(*x), &mut path);
        path.push(' ');
        maud::Render::render_to(&Px(*y), &mut path);
    }
    html! { path class=(class) d=(path) {} }
}

/// Horizontal lines at ticks with their labels, and the name of the panel.
pub(crate) fn panel(y: Scale, top: f64, ticks: &[(f64, String)], name: &str, unit: &str) -> Markup {
    html! {
        @for (tick, label) in ticks {
            (svg::line("grid", (LEFT, y.at(*tick)), (RIGHT, y.at(*tick))))
            (svg::text("tick", Anchor::End, LEFT - 8.0, y.at(*tick) + 4.0, label))
        }
        (svg::text("row-name", Anchor::Start, 4.0, top + 12.0, name))
        (svg::text("tick", Anchor::Start, 4.0, top + 28.0, unit))
    }
}

/// The axis below, with its ticks.
pub(crate) fn axis(x: Scale, y: f64, ticks: &[(f64, String)], title: &str) -> Markup {
    html! {
        (svg::line("axis", (LEFT, y), (RIGHT, y)))
        @for (tick, label) in ticks {
            (svg::line("axis", (x.at(*tick), y), (x.at(*tick), y + 4.0)))
            // The last label would be cut by the edge.
            @let anchor = if x.at(*tick) > RIGHT - 30.0 { Anchor::End } else { Anchor::Middle };
            (svg::text("tick", anchor, x.at(*tick), y + 17.0, label))
        }
        (svg::text("axis-title", Anchor::End, RIGHT, y + 34.0, title))
    }
}

/// A vertical line with its name above.
pub(crate) fn mark(x: f64, top: f64, bottom: f64, name: &str) -> Markup {
    let (anchor, at) = if x > WIDTH - 200.0 {
        (Anchor::End, x - 4.0)
    } else {
        (Anchor::Start, x + 4.0)
    };
    html! {
        (svg::line("m-deadline", (x, top - 12.0), (x, bottom)))
        (svg::text("name n-deadline", anchor, at, top - 6.0, name))
    }
}
