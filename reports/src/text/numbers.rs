//! Spans of time, counts and shares.

use drill::report::Seconds;
use drill::units::Span;

/// `23m 40s`: seconds as a span of time; beyond a day `7d 23h 25m`.
pub(crate) fn span(seconds: Seconds) -> String {
    const DAY: i64 = 86_400;
    let whole = seconds.abs() as i64;
    if whole > DAY && whole % DAY != 0 {
        let sign = if seconds < 0.0 { "-" } else { "" };
        return format!(
            "{sign}{}d {:02}h {:02}m",
            whole / DAY,
            whole % DAY / 3600,
            whole % 3600 / 60
        );
    }
    Span::from_us((seconds * 1e6).round() as i64).to_string()
}

/// `12,345`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 device`, `12 devices`.
pub(crate) fn plural(n: u64, thing: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", count(n))
}

/// `0.4 %` of a whole; a part that is there is never `0 %`, and one that is not all never `100 %`.
pub(crate) fn share(part: f64, whole: f64) -> String {
    let percent = if whole > 0.0 { part / whole * 100.0 } else { 0.0 };
    match percent {
        p if p > 0.0 && p < 0.1 => "< 0.1 %".to_owned(),
        p if p > 99.9 && p < 100.0 => "> 99.9 %".to_owned(),
        p if !(10.0..=90.0).contains(&p) && (p - p.round()).abs() > 0.05 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}
