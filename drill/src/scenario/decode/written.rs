//! Values that are written in a form of their own: durations, sizes, ranges, `3 of 5`, sources.

use serde_json::{Value as Json, json};

use super::scalars::{ONE_LINE, is_one_line};
use super::{Context, Kind, Path};
use crate::scenario::yaml::{Node, Value, shortened};
use crate::scenario::{CountOf, SizeRange, Source};
use crate::units::{ByteSize, Fraction, Span};

/// A value that is parsed from its text.
pub(crate) struct Written<T> {
    /// What is allowed, in words.
    pub(crate) allowed: String,
    /// The regular expression of the JSON Schema.
    pub(crate) pattern: &'static str,
    /// Whether a bare number is allowed, too.
    pub(crate) number: bool,
    /// How it is read.
    pub(crate) parse: Parse<T>,
}

/// Reads a value from its text; an error is a hint, if there is one to give.
type Parse<T> = Box<dyn Fn(&str) -> Result<T, Option<String>>>;

impl<T> Kind for Written<T> {
    type Out = T;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<T> {
        let parsed = match &node.value {
            // A source is shown as it is written.
            Value::Scalar { text, .. } if !is_one_line(text.trim()) => {
                context.unexpected(node, at, ONE_LINE, None);
                return None;
            }
            Value::Scalar { text, .. } if !node.is_null() => (self.parse)(text.trim()),
            _ => Err(None),
        };
        match parsed {
            Ok(value) => Some(value),
            Err(hint) => {
                context.unexpected(node, at, &self.allowed, hint);
                None
            }
        }
    }

    fn allowed(&self) -> String {
        self.allowed.clone()
    }

    fn schema(&self) -> Json {
        if self.number {
            json!({"type": ["string", "number"], "pattern": self.pattern})
        } else {
            json!({"type": "string", "pattern": self.pattern})
        }
    }
}

/// Types that are written in one way everywhere.
pub(crate) trait InWords: Sized + 'static {
    /// What is allowed.
    const ALLOWED: &'static str;
    /// The regular expression of the JSON Schema.
    const PATTERN: &'static str;
    /// Whether a bare number is allowed.
    const NUMBER: bool = false;
    /// Reads it; an error is a hint.
    fn parse(text: &str) -> Result<Self, Option<String>>;
}

/// The kind of such a type.
pub(crate) fn written<T: InWords>() -> Written<T> {
    Written {
        allowed: T::ALLOWED.to_owned(),
        pattern: T::PATTERN,
        number: T::NUMBER,
        parse: Box::new(T::parse),
    }
}

const DURATION: &str = r"^(0|([0-9]*\.?[0-9]+ *(us|ms|s|m|min|h|d) *)+)$";

/// A duration between two bounds, both included.
pub(crate) fn duration(low: Span, high: Span) -> Written<Span> {
    let allowed = match low {
        Span::ZERO => format!("a duration of at most {high}, as 90s, 35m, 1h30m or 8d"),
        low => format!("a duration from {low} to {high}, as 90s, 35m, 1h30m or 8d"),
    };
    Written {
        allowed,
        pattern: DURATION,
        number: low == Span::ZERO,
        parse: Box::new(move |text| {
            let span = text.parse::<Span>().map_err(|_| duration_hint(text))?;
            (low..=high).contains(&span).then_some(span).ok_or(None)
        }),
    }
}

fn duration_hint(text: &str) -> Option<String> {
    if text.starts_with('-') {
        return Some("a duration is never negative".to_owned());
    }
    if text.parse::<f64>().is_ok() {
        return Some(format!("add a unit: {text}s or {text}m"));
    }
    let short = [
        (" seconds", "s"),
        (" minutes", "m"),
        (" hours", "h"),
        (" days", "d"),
        ("sec", "s"),
        ("hr", "h"),
    ];
    let (word, unit) = short.iter().find(|(word, _)| text.ends_with(word))?;
    Some(format!("did you mean {:?}?", text.replace(word, unit)))
}

/// A size between two bounds, both included.
pub(crate) fn size(low: u64, high: u64) -> Written<ByteSize> {
    Written {
        allowed: format!(
            "a size from {} to {}, as {}",
            ByteSize(low),
            ByteSize(high),
            examples(low, high)
        ),
        pattern: r"^[0-9]*\.?[0-9]+ *(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$",
        number: true,
        parse: Box::new(move |text| {
            let size = text.parse::<ByteSize>().map_err(|_| size_hint(text))?;
            (low..=high).contains(&size.0).then_some(size).ok_or(None)
        }),
    }
}

/// Up to three sizes between two bounds, as they are written.
fn examples(low: u64, high: u64) -> String {
    const SIZES: [&str; 7] = ["128B", "4KiB", "2MB", "64MiB", "512MiB", "2GB", "4GiB"];
    let allowed = |text: &&&str| {
        let size = text.parse::<ByteSize>();
        size.is_ok_and(|size| (low..=high).contains(&size.0))
    };
    let allowed: Vec<&str> = SIZES.iter().filter(allowed).copied().take(3).collect();
    match allowed.as_slice() {
        [] => ByteSize(low).to_string().replace(' ', ""),
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        [only, ..] => (*only).to_owned(),
    }
}

/// `64M` may mean either.
fn size_hint(text: &str) -> Option<String> {
    let unit = ["k", "K", "M", "G", "T"]
        .into_iter()
        .find(|unit| text.ends_with(unit))?;
    let number = text.strip_suffix(unit)?.trim_end();
    number.parse::<f64>().ok()?;
    let decimal = if unit == "K" { "k" } else { unit };
    let binary = unit.to_uppercase();
    Some(format!("{number}{decimal}B or {number}{binary}iB"))
}

/// The largest object that a drill writes.
const MAX_OBJECT: u64 = 64 << 20;

impl InWords for SizeRange {
    const ALLOWED: &'static str = "a size or a range of sizes up to 64 MiB, as 16KiB or 4KiB..64KiB";
    const PATTERN: &'static str =
        r"^[0-9]*\.?[0-9]+ *(B|kB|KB|MB|KiB|MiB)?(\.\.[0-9]*\.?[0-9]+ *(B|kB|KB|MB|KiB|MiB)?)?$";
    const NUMBER: bool = true;

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let (min, max) = text.split_once("..").unwrap_or((text, text));
        let end = |text: &str| text.parse::<ByteSize>().map_err(|_| None);
        let (min, max) = (end(min)?, end(max)?);
        if min > max {
            Err(Some("the smaller size comes first".to_owned()))
        } else if max.0 > MAX_OBJECT {
            Err(None)
        } else {
            Ok(SizeRange { min, max })
        }
    }
}

/// A window of time, as `10m..20m`.
impl InWords for (Span, Span) {
    const ALLOWED: &'static str = "a window of time, as 10m..20m";
    const PATTERN: &'static str = r"^(0|([0-9]*\.?[0-9]+ *(us|ms|s|m|min|h|d) *)+) *\.\. *(0|([0-9]*\.?[0-9]+ *(us|ms|s|m|min|h|d) *)+)$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let hint = || Some(format!("did you mean 0m..{text}?"));
        let Some((from, to)) = text.split_once("..") else {
            return Err(text.parse::<Span>().ok().and_then(|_| hint()));
        };
        let end = |text: &str| text.parse::<Span>().map_err(|_| duration_hint(text.trim()));
        let (from, to) = (end(from)?, end(to)?);
        if from <= to {
            Ok((from, to))
        } else {
            Err(Some("the window ends before it begins".to_owned()))
        }
    }
}

impl InWords for CountOf {
    const ALLOWED: &'static str = "`n of m` with n from 1 to m and m at most 1000, as 3 of 5";
    const PATTERN: &'static str = r"^[1-9][0-9]* +of +[1-9][0-9]*$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [n, "of", of] = words[..] else {
            return Err(None);
        };
        let (Ok(n), Ok(of)) = (n.parse::<u32>(), of.parse::<u32>()) else {
            return Err(None);
        };
        match (n, of) {
            (_, 1001..) | (_, 0) => Err(None),
            (0, _) => Err(Some("at least 1".to_owned())),
            (n, of) if n > of => Err(Some(format!("at most {of} of {of}"))),
            (n, of) => Ok(CountOf { n, of }),
        }
    }
}

impl InWords for Fraction {
    const ALLOWED: &'static str = "a number above 0 and at most 1, as 0.6";
    const PATTERN: &'static str = r"^$";
    const NUMBER: bool = true;

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let percent = |text: &str| {
            let share = text.trim().parse::<f64>().ok()? / 100.0;
            let share = (share > 0.0 && share <= 1.0).then_some(share)?;
            Some(format!("did you mean {share}?"))
        };
        if let Some(text) = text.strip_suffix('%') {
            return Err(percent(text));
        }
        let number = text.parse::<f64>().map_err(|_| None)?;
        match Fraction::from_f64(number) {
            Some(fraction) if fraction != Fraction::default() => Ok(fraction),
            _ => Err(percent(text)),
        }
    }
}

/// A share above 0 and at most `high`, in percent or as a number.
pub(crate) fn share(high: Fraction) -> Written<Fraction> {
    Written {
        allowed: format!("a share above 0 and at most {high}, as 5% or 0.05"),
        pattern: r"^[0-9]*\.?[0-9]+ *%?$",
        number: true,
        parse: Box::new(move |text| {
            let (number, of) = match text.strip_suffix('%') {
                Some(percent) => (percent.trim_end(), 100.0),
                None => (text, 1.0),
            };
            let value = number.parse::<f64>().map_err(|_| None)? / of;
            match Fraction::from_f64(value) {
                Some(share) if share != Fraction::default() && share <= high => Ok(share),
                _ if of == 1.0 && value > 1.0 => Err(Some(format!("did you mean {text}%?"))),
                _ => Err(None),
            }
        }),
    }
}

impl InWords for Source {
    const ALLOWED: &'static str =
        "plan:LINE, plan:FIRST-LAST, vendor, past_run (both also with `: which`) or assumed";
    const PATTERN: &'static str = r"^(plan: *[1-9][0-9]*(-[1-9][0-9]*)?|(vendor|past_run)(:.+)?|assumed)$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind.trim(), Some(rest.trim()).filter(|rest| !rest.is_empty())),
            None => (text, None),
        };
        match (kind, rest) {
            ("plan", Some(lines)) => plan_lines(lines),
            ("plan", None) => Err(Some("say which line of the plan, as plan:44".to_owned())),
            ("vendor", which) => Ok(Source::Vendor(which.map(str::to_owned))),
            ("past_run", which) => Ok(Source::PastRun(which.map(str::to_owned))),
            ("assumed", None) => Ok(Source::Assumed),
            _ => Err(crate::scenario::diagnostic::nearest(
                kind,
                ["plan:44", "vendor", "past_run", "assumed"],
            )),
        }
    }
}

fn plan_lines(lines: &str) -> Result<Source, Option<String>> {
    let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first @ 1..), Ok(last)) if first <= last => Ok(Source::Plan { first, last }),
        _ => Err(Some(format!(
            "{:?} is not a line, nor a first and a last one",
            shortened(lines)
        ))),
    }
}
