//! How much: a significant difference may be too small to matter.

/// The median; of an even number the mean of the two in the middle. 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// By how much values of `now` are larger than those of `before`: the median of all differences between one of each, which
/// outliers move little (Hodges and Lehmann, "Estimates of location based on rank tests", 1963).
pub fn shift(now: &[f64], before: &[f64]) -> f64 {
    let differences = now
        .iter()
        .flat_map(|now| before.iter().map(move |before| now - before));
    median(&differences.collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_shifts() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(shift(&[13.0, 11.0, 12.0], &[1.0, 2.0, 3.0]), 10.0);
        // One outlier of each moves it little.
        assert_eq!(shift(&[13.0, 11.0, 12.0, 900.0, 12.0], &[1.0, 2.0, 3.0]), 10.0);
    }
}
