//! Units as types: drill time, spans of it, bytes, fractions.
//!
//! Everything that a drill measures is an integer of microseconds, so that recomputing a report gives
//! the same bytes on every machine. Drill 0 is the moment at which the emulated cloud answers; history
//! is written at negative times.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An instant of drill time: microseconds since drill 0, negative before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DrillTime(i64);

/// A span of drill time in microseconds. It may be negative as the difference of two instants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

impl DrillTime {
    /// Drill 0.
    pub const ZERO: DrillTime = DrillTime(0);
    /// Later than everything that a drill can reach.
    pub const MAX: DrillTime = DrillTime(i64::MAX);

    /// The instant `us` microseconds after drill 0.
    #[inline]
    pub const fn from_us(us: i64) -> Self {
        DrillTime(us)
    }

    /// The instant `s` seconds after drill 0.
    #[inline]
    pub const fn from_secs(s: i64) -> Self {
        DrillTime(s * 1_000_000)
    }

    /// Microseconds since drill 0.
    #[inline]
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// Seconds since drill 0, rounded to the millisecond (for reports).
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        Span(self.0).as_secs_f64()
    }

    /// The span from `earlier` to this instant, 0 if it is not earlier.
    #[inline]
    pub fn since(self, earlier: DrillTime) -> Span {
        Span((self.0 - earlier.0).max(0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// Longer than everything that a drill can reach.
    pub const MAX: Span = Span(i64::MAX);

    /// `us` microseconds.
    #[inline]
    pub const fn from_us(us: i64) -> Self {
        Span(us)
    }

    /// `ms` milliseconds.
    #[inline]
    pub const fn from_millis(ms: i64) -> Self {
        Span(ms * 1_000)
    }

    /// `s` seconds.
    #[inline]
    pub const fn from_secs(s: i64) -> Self {
        Span(s * 1_000_000)
    }

    /// `m` minutes.
    #[inline]
    pub const fn from_mins(m: i64) -> Self {
        Span(m * 60_000_000)
    }

    /// Microseconds.
    #[inline]
    pub const fn as_us(self) -> i64 {
        self.0
    }

    /// Seconds, rounded to the millisecond (for reports).
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        let ms = self.0.div_euclid(1_000) + i64::from(self.0.rem_euclid(1_000) >= 500);
        ms as f64 / 1_000.0
    }

    /// The part of this span that is at least 0.
    #[inline]
    pub fn at_least_zero(self) -> Span {
        Span(self.0.max(0))
    }

    /// This span `n` times.
    #[inline]
    pub fn times(self, n: i64) -> Span {
        Span(self.0.saturating_mul(n))
    }

    /// This span divided by `n`, rounded down.
    #[inline]
    pub fn divided(self, n: i64) -> Span {
        Span(self.0 / n)
    }

    /// This span as wall time would have it at rate 1.
    #[inline]
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0.max(0) as u64)
    }

    /// A wall duration as a span (rate 1).
    #[inline]
    pub fn from_std(d: std::time::Duration) -> Span {
        Span(i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
    }
}

impl Add<Span> for DrillTime {
    type Output = DrillTime;
    #[inline]
    fn add(self, s: Span) -> DrillTime {
        DrillTime(self.0.saturating_add(s.0))
    }
}
impl AddAssign<Span> for DrillTime {
    #[inline]
    fn add_assign(&mut self, s: Span) {
        *self = *self + s;
    }
}
impl Sub<Span> for DrillTime {
    type Output = DrillTime;
    #[inline]
    fn sub(self, s: Span) -> DrillTime {
        DrillTime(self.0.saturating_sub(s.0))
    }
}
impl Sub for DrillTime {
    type Output = Span;
    #[inline]
    fn sub(self, other: DrillTime) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}
impl Add for Span {
    type Output = Span;
    #[inline]
    fn add(self, o: Span) -> Span {
        Span(self.0.saturating_add(o.0))
    }
}
impl AddAssign for Span {
    #[inline]
    fn add_assign(&mut self, o: Span) {
        *self = *self + o;
    }
}
impl Sub for Span {
    type Output = Span;
    #[inline]
    fn sub(self, o: Span) -> Span {
        Span(self.0.saturating_sub(o.0))
    }
}
impl SubAssign for Span {
    #[inline]
    fn sub_assign(&mut self, o: Span) {
        *self = *self - o;
    }
}
impl Neg for Span {
    type Output = Span;
    #[inline]
    fn neg(self) -> Span {
        Span(-self.0)
    }
}
impl std::iter::Sum for Span {
    #[inline]
    fn sum<I: Iterator<Item = Span>>(iter: I) -> Span {
        iter.fold(Span::ZERO, |a, b| a + b)
    }
}

/// People read `7d 20h 34m`, `1h 02m 03s`, `4m 05s`, `12.5s`, `250ms`; at most three units, no false
/// precision.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            write!(f, "-")?;
        }
        let us = self.0.unsigned_abs();
        let s = us / 1_000_000;
        match s {
            _ if us == 0 => write!(f, "0s"),
            0 if us < 1_000 => write!(f, "{us}us"),
            0 => write!(f, "{}ms", us / 1_000),
            1..60 if us % 1_000_000 >= 100_000 => write!(f, "{}.{}s", s, us % 1_000_000 / 100_000),
            1..60 => write!(f, "{s}s"),
            60..3600 if s.is_multiple_of(60) => write!(f, "{}m", s / 60),
            60..3600 => write!(f, "{}m {:02}s", s / 60, s % 60),
            _ if s.is_multiple_of(86_400) => write!(f, "{}d", s / 86_400),
            _ if s >= 172_800 => write!(
                f,
                "{}d {:02}h {:02}m",
                s / 86_400,
                s % 86_400 / 3600,
                s % 3600 / 60
            ),
            _ if s.is_multiple_of(3600) => write!(f, "{}h", s / 3600),
            _ if s.is_multiple_of(60) => write!(f, "{}h {:02}m", s / 3600, s % 3600 / 60),
            _ => write!(f, "{}h {:02}m {:02}s", s / 3600, s % 3600 / 60, s % 60),
        }
    }
}

/// Drill instants read like spans since drill 0.
impl fmt::Display for DrillTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

/// A number with a unit that could not be read; its text says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not {what}; write {allowed}")]
pub struct UnitError {
    /// What was expected ("a duration").
    pub what: &'static str,
    /// What stood there.
    pub found: String,
    /// How such a value is written.
    pub allowed: &'static str,
}

/// Splits `12.5GiB` into 12.5 and `GiB`; the number is decimal digits with at most one point.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number = text[..end].parse().ok()?;
    Some((number, text[end..].trim_start()))
}

/// Written as `90s`, `35m`, `1h30m`, `8d`, `250ms`; a bare `0` is allowed.
impl FromStr for Span {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Span, UnitError> {
        let error = || UnitError {
            what: "a duration",
            found: text.to_owned(),
            allowed: "a number with ms, s, m, h or d, as 250ms, 90s, 35m, 1h30m or 8d",
        };
        let mut rest = text.trim();
        if rest == "0" {
            return Ok(Span::ZERO);
        }
        if rest.is_empty() {
            return Err(error());
        }
        let mut total = 0f64;
        while !rest.is_empty() {
            let (number, tail) = split_number(rest).ok_or_else(error)?;
            let end = tail
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(tail.len());
            let unit_us = match &tail[..end] {
                "us" => 1.0,
                "ms" => 1e3,
                "s" => 1e6,
                "m" | "min" => 60e6,
                "h" => 3600e6,
                "d" => 86_400e6,
                _ => return Err(error()),
            };
            total += number * unit_us;
            rest = tail[end..].trim_start();
        }
        if total > 1e15 {
            return Err(error());
        }
        Ok(Span(total.round() as i64))
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

/// Written as `128B`, `4KiB`, `2GB`; decimal and binary prefixes are told apart.
impl FromStr for ByteSize {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<ByteSize, UnitError> {
        let error = || UnitError {
            what: "a size",
            found: text.to_owned(),
            allowed: "a number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, as 128B, 4KiB or 2GB",
        };
        let (number, unit) = split_number(text.trim()).ok_or_else(error)?;
        let factor = match unit {
            "" | "B" => 1f64,
            "kB" | "KB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            "TB" => 1e12,
            "KiB" => 1024.0,
            "MiB" => 1024f64.powi(2),
            "GiB" => 1024f64.powi(3),
            "TiB" => 1024f64.powi(4),
            _ => return Err(error()),
        };
        Ok(ByteSize((number * factor).round() as u64))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, u64); 4] = [
            ("TiB", 1 << 40),
            ("GiB", 1 << 30),
            ("MiB", 1 << 20),
            ("KiB", 1 << 10),
        ];
        for (name, factor) in UNITS {
            if self.0 >= factor {
                let tenths = u128::from(self.0) * 10 / u128::from(factor);
                return match tenths % 10 {
                    0 => write!(f, "{} {name}", tenths / 10),
                    t => write!(f, "{}.{t} {name}", tenths / 10),
                };
            }
        }
        write!(f, "{} B", self.0)
    }
}

/// A share between 0 and 1, held in millionths so that `of` is exact and the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fraction(u32);

impl Fraction {
    /// The whole.
    pub const ONE: Fraction = Fraction(1_000_000);

    /// One half.
    pub const HALF: Fraction = Fraction(500_000);

    /// In millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// A fraction of `parts` millionths; `None` above one.
    pub const fn from_millionths(parts: u32) -> Option<Fraction> {
        if parts <= 1_000_000 {
            Some(Fraction(parts))
        } else {
            None
        }
    }

    /// `value` rounded to the millionth; `None` outside 0 to 1.
    pub fn from_f64(value: f64) -> Option<Fraction> {
        (0.0..=1.0)
            .contains(&value)
            .then(|| Fraction((value * 1e6).round() as u32))
    }

    /// As a number between 0 and 1.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// In millionths.
    pub fn as_millionths(self) -> u32 {
        self.0
    }

    /// How many of `n` things this fraction is, rounded to the nearest.
    pub fn share_of(self, n: u64) -> u64 {
        ((u128::from(n) * u128::from(self.0) + 500_000) / 1_000_000) as u64
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.as_f64() * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, s) in [
            ("90s", 90),
            ("35m", 2100),
            ("1h30m", 5400),
            ("8d", 691_200),
            ("1h 5m", 3900),
            ("0", 0),
        ] {
            assert_eq!(text.parse::<Span>().unwrap(), Span::from_secs(s), "{text}");
        }
        assert_eq!("250ms".parse::<Span>().unwrap(), Span::from_millis(250));
        for text in ["", "5", "m", "5 minutes", "-5m", "1e3s", "5m5", "99999999d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn spans_are_shown_without_false_precision() {
        let shown = |us| Span::from_us(us).to_string();
        assert_eq!(shown(0), "0s");
        assert_eq!(shown(999), "999us");
        assert_eq!(shown(250_000), "250ms");
        assert_eq!(shown(12_500_000), "12.5s");
        assert_eq!(shown(60_000_000), "1m");
        assert_eq!(shown(245_000_000), "4m 05s");
        assert_eq!(shown(3_723_000_000), "1h 02m 03s");
        assert_eq!(shown(-90_000_000), "-1m 30s");
        assert_eq!(shown(691_200_000_000), "8d");
        assert_eq!(shown(678_885_000_000), "7d 20h 34m");
    }

    #[test]
    fn sizes_tell_binary_from_decimal() {
        assert_eq!("4KiB".parse::<ByteSize>().unwrap().0, 4096);
        assert_eq!("2GB".parse::<ByteSize>().unwrap().0, 2_000_000_000);
        assert!("4 kilo".parse::<ByteSize>().is_err());
        assert_eq!(ByteSize(1536).to_string(), "1.5 KiB");
    }

    #[test]
    fn a_fraction_of_a_count_is_exact() {
        let f = Fraction::from_f64(0.6).unwrap();
        assert_eq!(f.share_of(500), 300);
        assert_eq!(Fraction::from_f64(0.05).unwrap().share_of(570), 29);
        assert_eq!(Fraction::ONE.share_of(7), 7);
        assert!(Fraction::from_f64(1.2).is_none());
    }
}
