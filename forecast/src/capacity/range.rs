//! Numbers as a sweep takes them: `500`, `100,200,500`, `10k..10M`, `100..1000:100`, `10k..10M*7`.

use std::fmt;

/// No sweep has more values of one kind.
pub const MOST: u64 = 1_000;

/// What is wrong with a range; the text says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeError(String);

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RangeError {}

const ALLOWED: &str = "a number (500, 10k, 1.5M), numbers with commas, or a range: 10k..10M in steps of 1, 2 and 5, 100..1000:100 in \
                       steps of 100, 10k..10M*7 for seven values at equal ratios";

fn refuse<T>(text: &str, why: impl fmt::Display) -> Result<T, RangeError> {
    Err(RangeError(format!("{text:?}: {why}; allowed: {ALLOWED}")))
}

/// The values of `text`, each at least 1, in its order and once each.
///
/// # Errors
/// If it is none, or names more than [`MOST`] values, which are counted before any is made.
pub fn numbers(text: &str) -> Result<Vec<u64>, RangeError> {
    let mut values = Vec::new();
    for part in text.split(',') {
        let found = match part.split_once("..") {
            Some((from, to)) => range(part.trim(), from, to)?,
            None => vec![number(part)?],
        };
        for value in found {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if values.len() as u64 > MOST {
            return refuse(text, format!("more than {MOST} values"));
        }
    }
    Ok(values)
}

/// `500`, `10k`, `1.5M`, `1G`: decimal multiples.
fn number(text: &str) -> Result<u64, RangeError> {
    let text = text.trim();
    let (digits, factor) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&text[..at], 1e3),
        Some((at, 'M')) => (&text[..at], 1e6),
        Some((at, 'G')) => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '_');
    let value = digits.replace('_', "").parse::<f64>().ok().filter(|_| plain);
    match value.map(|value| value * factor) {
        Some(value) if (1.0..1e13).contains(&value) && (value - value.round()).abs() < 1e-6 => {
            Ok(value.round() as u64)
        }
        Some(_) => refuse(text, "it is no whole number from 1 on"),
        None => refuse(text, "it is no number"),
    }
}

fn range(text: &str, from: &str, to: &str) -> Result<Vec<u64>, RangeError> {
    let low = number(from)?;
    let (to, how) = match to.find([':', '*']) {
        Some(at) => (&to[..at], Some((to.as_bytes()[at], number(&to[at + 1..])?))),
        None => (to, None),
    };
    let high = number(to)?;
    if high < low {
        return refuse(text, "its end is below its beginning");
    }
    match how {
        None => Ok(in_ones_twos_and_fives(low, high)),
        Some((b':', step)) => {
            let count = (high - low) / step + 1;
            if count > MOST {
                return refuse(text, format!("these are {count} values, and {MOST} are the most"));
            }
            Ok((0..count).map(|n| low + n * step).collect())
        }
        Some((_, count)) if count > MOST => {
            refuse(text, format!("these are {count} values, and {MOST} are the most"))
        }
        Some((_, count)) => Ok(at_equal_ratios(low, high, count)),
    }
}

/// Both ends, and what lies between of 1, 2, 5, 10, 20, 50, ….
fn in_ones_twos_and_fives(low: u64, high: u64) -> Vec<u64> {
    let powers = (0..19).map(|n| 10u64.pow(n));
    let round = powers.flat_map(|power| [1, 2, 5].map(|times| power.saturating_mul(times)));
    let between = round.filter(|value| (low + 1..high).contains(value));
    let mut values: Vec<u64> = std::iter::once(low).chain(between).collect();
    if high > low {
        values.push(high);
    }
    values
}

fn at_equal_ratios(low: u64, high: u64, count: u64) -> Vec<u64> {
    let ratio = high as f64 / low as f64;
    let last = count.saturating_sub(1).max(1) as f64;
    let mut values: Vec<u64> = (0..count)
        .map(|n| (low as f64 * ratio.powf(n as f64 / last)).round() as u64)
        .collect();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lists_and_ranges_are_read() {
        let read = |text| numbers(text).unwrap();
        assert_eq!(read("500"), [500]);
        assert_eq!(read("10k, 1.5M,1G"), [10_000, 1_500_000, 1_000_000_000]);
        assert_eq!(read("10k..100k"), [10_000, 20_000, 50_000, 100_000]);
        assert_eq!(read("300..3000"), [300, 500, 1000, 2000, 3000]);
        assert_eq!(read("100..500:200"), [100, 300, 500]);
        assert_eq!(read("1k..1M*4"), [1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(read("7..7"), [7]);
        assert_eq!(read("5,5,1..5"), [5, 1, 2]);
    }

    #[test]
    fn what_is_none_is_told_with_what_is_allowed() {
        for text in [
            "",
            "x",
            "0",
            "1.5",
            "-3",
            "10..5",
            "1..",
            "k",
            "1e5",
            "5k..x",
            "1..9:0",
            "99999999999999",
        ] {
            let error = numbers(text).unwrap_err().to_string();
            assert!(error.contains("allowed: a number"), "{text}: {error}");
        }
    }

    #[test]
    fn a_range_that_explodes_is_counted_and_not_made() {
        let error = numbers("1..1G:1").unwrap_err().to_string();
        assert!(
            error.contains("these are 1000000000 values, and 1000 are the most"),
            "{error}"
        );
        let error = numbers("1..1G*5000").unwrap_err().to_string();
        assert!(error.contains("these are 5000 values"), "{error}");
    }
}
