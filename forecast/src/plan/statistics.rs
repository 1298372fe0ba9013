//! Statistics over many runs.

use super::study::{Cell, Distribution, Quantile};

/// The quantiles of a distribution, in percent.
const QUANTILES: [u32; 8] = [5, 25, 50, 75, 90, 95, 99, 100];

/// At most so many cells in a histogram.
const CELLS: usize = 60;

/// The 97.5 % quantile of the standard normal distribution: that of a confidence of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// Microseconds in seconds.
pub(super) fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// Values in microseconds; `None` lies beyond all of them.
pub(super) fn distribution(values: &[Option<i64>]) -> Distribution {
    let mut known: Vec<i64> = values.iter().flatten().copied().collect();
    known.sort_unstable();
    let all = values.len();
    let quantile = |percent: u32| Quantile {
        percent,
        value_s: rank(all, percent)
            .and_then(|at| known.get(at))
            .map(|us| seconds(*us)),
    };
    Distribution {
        known: known.len() as u64,
        beyond: (all - known.len()) as u64,
        quantiles: QUANTILES.map(quantile).to_vec(),
        mean_s: mean(&known),
        histogram: histogram(&known),
    }
}

fn mean(known: &[i64]) -> Option<f64> {
    let sum: i128 = known.iter().map(|us| i128::from(*us)).sum();
    (!known.is_empty()).then(|| sum as f64 / known.len() as f64 / 1e6)
}

/// The place of a quantile among `all` sorted values: the smallest value that so many percent do not exceed.
fn rank(all: usize, percent: u32) -> Option<usize> {
    (all * percent as usize)
        .div_ceil(100)
        .max(1)
        .checked_sub(1)
        .filter(|at| *at < all)
}

/// One quantile of values, of which `None` lies beyond all others.
pub(super) fn quantile(values: &[Option<i64>], percent: u32) -> Option<i64> {
    let mut sorted: Vec<i64> = values.iter().map(|value| value.unwrap_or(i64::MAX)).collect();
    sorted.sort_unstable();
    let value = sorted[rank(sorted.len(), percent)?];
    (value < i64::MAX).then_some(value)
}

/// Cells of a width that people count in.
fn histogram(known: &[i64]) -> Vec<Cell> {
    let (Some(least), Some(most)) = (known.first(), known.last()) else {
        return Vec::new();
    };
    let (least, most) = (seconds(*least), seconds(*most));
    let width = width(most - least);
    let from = (least / width).floor() * width;
    let cells = (((most - from) / width).floor() as usize + 1).min(CELLS + 1);
    let mut counts = vec![0u64; cells];
    for us in known {
        let at = ((seconds(*us) - from) / width).floor() as usize;
        counts[at.min(cells - 1)] += 1;
    }
    let bound = |n: usize| from + width * n as f64;
    let cell = |(n, runs): (usize, u64)| Cell {
        from_s: bound(n),
        to_s: bound(n + 1),
        runs,
    };
    counts.into_iter().enumerate().map(cell).collect()
}

/// The width of the cells into which a span of seconds is cut.
fn width(span: f64) -> f64 {
    const WIDTHS: [f64; 20] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_200.0, 1_800.0, 3_600.0,
        7_200.0, 14_400.0, 21_600.0, 43_200.0, 86_400.0,
    ];
    let fits = |width: &&f64| span / **width < CELLS as f64;
    let days = || (span / 86_400.0 / CELLS as f64).ceil() * 86_400.0;
    WIDTHS.iter().find(fits).copied().unwrap_or_else(days)
}

/// The interval in which the chance lies of which `hits` of `all` runs were seen, with a confidence of 95 %, by Wilson's
/// score (Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927).
pub(super) fn wilson(hits: u64, all: u64) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (all as f64, hits as f64 / all as f64);
    let z2 = Z * Z;
    let middle = share + z2 / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z2 / n;
    let low = if hits == 0 { 0.0 } else { (middle - half) / whole };
    let high = if hits == all { 1.0 } else { (middle + half) / whole };
    (low.max(0.0), high.min(1.0))
}

/// Spearman's rank correlation of two series; values that are equal share their mean rank. None where one of them is always
/// the same.
pub(super) fn spearman(a: &[Option<i64>], b: &[Option<i64>]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let n = a.len() as f64;
    let mean = (n + 1.0) / 2.0;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(&b) {
        ab += (a - mean) * (b - mean);
        aa += (a - mean).powi(2);
        bb += (b - mean).powi(2);
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

/// The ranks of values from 1 on, equal ones at their mean; `None` lies beyond all others.
fn ranks(values: &[Option<i64>]) -> Vec<f64> {
    let value = |at: usize| values[at].unwrap_or(i64::MAX);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|at| value(*at));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let mut to = from + 1;
        while to < order.len() && value(order[to]) == value(order[from]) {
            to += 1;
        }
        let rank = (from + 1 + to) as f64 / 2.0;
        for at in &order[from..to] {
            ranks[*at] = rank;
        }
        from = to;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(values: &[i64]) -> Vec<Option<i64>> {
        values.iter().map(|s| Some(s * 1_000_000)).collect()
    }

    #[test]
    fn quantiles_are_values_that_were_seen_and_what_lies_beyond_counts_as_longest() {
        let mut values = known(&(1..=98).rev().collect::<Vec<_>>());
        values.extend([None, None]);
        let found = distribution(&values);
        assert_eq!((found.known, found.beyond), (98, 2));
        let of = |percent| {
            found
                .quantiles
                .iter()
                .find(|one| one.percent == percent)
                .unwrap()
                .value_s
        };
        assert_eq!(
            (of(5), of(50), of(95), of(99), of(100)),
            (Some(5.0), Some(50.0), Some(95.0), None, None)
        );
        assert_eq!(found.mean_s, Some(49.5));
        assert_eq!(found.histogram.iter().map(|cell| cell.runs).sum::<u64>(), 98);
        assert_eq!(quantile(&values, 98), Some(98_000_000));
        assert_eq!(quantile(&values, 99), None);
    }

    #[test]
    fn a_histogram_has_each_value_once_and_no_more_than_its_cells() {
        for values in [
            vec![7],
            vec![0, 59],
            vec![3, 1_000_000],
            vec![86_399, 86_400],
            vec![0, 400 * 86_400],
        ] {
            let found = distribution(&known(&values)).histogram;
            assert_eq!(
                found.iter().map(|cell| cell.runs).sum::<u64>(),
                values.len() as u64
            );
            assert!(found.len() <= CELLS + 1, "{}", found.len());
            let (first, last) = (found.first().unwrap(), found.last().unwrap());
            assert!(first.from_s <= values[0] as f64 && *values.last().unwrap() as f64 <= last.to_s);
        }
        assert!(distribution(&[None]).histogram.is_empty());
        assert!(distribution(&[]).histogram.is_empty());
    }

    #[test]
    fn intervals_are_those_of_wilson() {
        let near = |found: (f64, f64), low: f64, high: f64| {
            assert!(
                (found.0 - low).abs() < 5e-4 && (found.1 - high).abs() < 5e-4,
                "{found:?}"
            );
        };
        // Brown, Cai and DasGupta, "Interval estimation for a binomial proportion" (2001), and R's
        // binom::binom.confint(method = "wilson").
        near(wilson(15, 50), 0.1910, 0.4375);
        near(wilson(0, 10), 0.0, 0.2775);
        near(wilson(10, 10), 0.7225, 1.0);
        near(wilson(7_130, 10_000), 0.7041, 0.7218);
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn rank_correlation_is_that_of_the_ranks() {
        let a = known(&[1, 2, 3, 4, 5]);
        assert_eq!(spearman(&a, &known(&[10, 20, 30, 40, 1_000])), Some(1.0));
        assert_eq!(spearman(&a, &known(&[5, 4, 3, 2, 1])), Some(-1.0));
        assert_eq!(spearman(&a, &known(&[3, 3, 3, 3, 3])), None);
        // 1 - 6 × Σd² ÷ (n × (n² - 1)), with d = 0, 1, -1, 1, -1.
        let found = spearman(&a, &known(&[1, 3, 2, 5, 4])).unwrap();
        assert!((found - 0.8).abs() < 1e-12, "{found}");
        // What never came back is longer than all that did.
        let mut never = known(&[1, 2, 3, 4]);
        never.push(None);
        assert_eq!(spearman(&a, &never), Some(1.0));
    }
}
