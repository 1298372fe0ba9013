//! The exact one-sided Mann-Whitney test, as a permutation test of the rank sum.

/// The probability that `now` would exceed `before` by at least as much as it does, were all values drawn alike: small where
/// values of `now` tend to be larger. 1 where one of the samples is empty.
///
/// Ties share the mean of their ranks. The distribution of the rank sum is counted, not approximated, in
/// O((n + m)² · n · (n + m)) steps for samples of n and m: microseconds for dozens of repeats.
pub fn greater(now: &[f64], before: &[f64]) -> f64 {
    if now.is_empty() || before.is_empty() {
        return 1.0;
    }
    let ranks = doubled_ranks(now, before);
    let observed: usize = ranks[..now.len()].iter().sum();
    let ways = ways_by_sum(&ranks, now.len());
    let all: f64 = ways.iter().sum();
    let at_least: f64 = ways.iter().skip(observed).sum();
    at_least / all
}

/// The smallest p-value that samples of these sizes can have: that of samples that do not overlap.
pub fn least_p(now: usize, before: usize) -> f64 {
    // The binomial coefficient, each factor of which is exact as long as the whole is.
    let (few, all) = (now.min(before), now + before);
    (0..few).fold(1.0, |p, n| p * (n + 1) as f64 / (all - n) as f64)
}

/// How many repeats on each side are needed for one of `tests` tests to be able to reach a p-value of `alpha` after Holm's
/// correction.
pub fn repeats_needed(tests: usize, alpha: f64) -> usize {
    let enough = |n: &usize| least_p(*n, *n) * tests.max(1) as f64 <= alpha;
    (1..=1_000).find(enough).unwrap_or(1_000)
}

/// Twice the rank of each value among all, those of `now` first: ties share the mean of their ranks, of which the double is
/// whole.
fn doubled_ranks(now: &[f64], before: &[f64]) -> Vec<usize> {
    let all: Vec<f64> = now.iter().chain(before).copied().collect();
    let rank = |value: &f64| {
        let below = all.iter().filter(|other| *other < value).count();
        let equal = all.iter().filter(|other| *other == value).count();
        2 * below + equal + 1
    };
    all.iter().map(rank).collect()
}

/// In how many ways `chosen` of the ranks have each sum. Counts beyond 2⁵³ lose their last digits, which changes a p-value by
/// less than its sixteenth digit.
fn ways_by_sum(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let most: usize = ranks.iter().sum();
    let mut ways = vec![vec![0.0; most + 1]; chosen + 1];
    ways[0][0] = 1.0;
    for rank in ranks {
        // From the most chosen down, so that no rank is taken twice.
        for taken in (1..=chosen).rev() {
            let (fewer, more) = ways.split_at_mut(taken);
            let from = &fewer[taken - 1];
            for sum in *rank..=most {
                more[0][sum] += from[sum - rank];
            }
        }
    }
    ways.swap_remove(chosen)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
    }

    /// As `scipy.stats.mannwhitneyu(now, before, alternative="greater", method="exact")` has them.
    #[test]
    fn p_values_are_those_of_scipy() {
        let cases: [(&[f64], &[f64], f64); 7] = [
            (&[3.1, 2.7, 4.4], &[1.0, 2.9, 2.0], 0.1),
            (
                &[19.0, 22.0, 16.0, 29.0, 24.0],
                &[20.0, 11.0, 17.0, 12.0],
                0.05555555555555555,
            ),
            (
                &[1.31, 1.29, 1.4, 1.35, 1.28],
                &[1.0, 1.02, 1.3, 0.98, 1.05],
                0.015873015873015872,
            ),
            (
                &[5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
                &[1.0, 2.0, 3.0, 4.0, 11.0],
                0.06277056277056277,
            ),
            (
                &[2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5],
                &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
                0.5188708350473056,
            ),
            (
                &[10.0, 1.0, 2.0],
                &[3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
                0.8095238095238096,
            ),
            (
                &[0.52, 0.61, 0.55, 0.58, 0.66, 0.71, 0.49, 0.63],
                &[0.50, 0.51, 0.48, 0.53, 0.47, 0.54, 0.46, 0.56],
                0.007381507381507382,
            ),
        ];
        for (now, before, p) in cases {
            close(greater(now, before), p);
        }
    }

    #[test]
    fn samples_that_do_not_overlap_have_the_least_p() {
        close(least_p(3, 3), 1.0 / 20.0);
        close(least_p(5, 5), 1.0 / 252.0);
        close(least_p(5, 10), 1.0 / 3003.0);
        close(least_p(1, 4), 1.0 / 5.0);
        close(greater(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0]), least_p(3, 3));
        close(greater(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 1.0);
    }

    #[test]
    fn ties_share_their_ranks() {
        // All equal: every deal shows as much.
        close(greater(&[1.0; 4], &[1.0; 4]), 1.0);
        // Of the six deals of {1, 1, 1, 2} in twos three have the 2 on this side.
        close(greater(&[1.0, 2.0], &[1.0, 1.0]), 0.5);
        close(greater(&[], &[1.0]), 1.0);
    }

    #[test]
    fn the_repeats_that_are_needed_suffice_and_one_less_does_not() {
        for (tests, alpha) in [(1, 0.05), (1, 0.01), (4, 0.01), (30, 0.01), (2, 0.05)] {
            let n = repeats_needed(tests, alpha);
            assert!(least_p(n, n) * tests as f64 <= alpha, "{tests} {alpha} {n}");
            assert!(
                least_p(n - 1, n - 1) * tests as f64 > alpha,
                "{tests} {alpha} {n}"
            );
        }
        assert_eq!((repeats_needed(1, 0.05), repeats_needed(1, 0.01)), (3, 5));
    }

    /// Every way to deal `all` out to a sample of `n` and the rest.
    fn deals(all: &[f64], n: usize) -> Vec<(Vec<f64>, Vec<f64>)> {
        let chosen = (0u32..1 << all.len()).filter(|chosen| chosen.count_ones() as usize == n);
        let deal = |chosen: u32| {
            let (now, before): (Vec<_>, Vec<_>) = (0..all.len()).partition(|at| chosen >> at & 1 == 1);
            let values = |places: Vec<usize>| places.into_iter().map(|at| all[at]).collect();
            (values(now), values(before))
        };
        chosen.map(deal).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        /// Whatever the values are, ties among them: of all deals of the same values, which are equally likely where nothing
        /// changed, at most a share of alpha has a p-value of alpha or less.
        #[test]
        fn false_positive_rate_is_at_most_alpha(
            all in prop::collection::vec(0u8..12, 4..9),
            n in 1usize..4,
            alpha in 0.001f64..1.0,
        ) {
            let all: Vec<f64> = all.into_iter().map(f64::from).collect();
            let deals = deals(&all, n);
            let called = deals.iter().filter(|(now, before)| greater(now, before) <= alpha).count();
            prop_assert!(called as f64 <= alpha * deals.len() as f64 + 1e-9);
        }

        /// A p-value is a share, and larger values of now never make it larger.
        #[test]
        fn more_is_never_less_significant(
            now in prop::collection::vec(0.0f64..10.0, 1..7),
            before in prop::collection::vec(0.0f64..10.0, 1..7),
            more in 0.0f64..5.0,
        ) {
            let p = greater(&now, &before);
            let shifted: Vec<f64> = now.iter().map(|value| value + more).collect();
            prop_assert!(p > 0.0 && p <= 1.0 + 1e-12);
            prop_assert!(greater(&shifted, &before) <= p + 1e-12);
        }
    }
}
