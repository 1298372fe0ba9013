//! The samplers of `drill::draw` beside those of `rand_distr`, by the two-sample test of Kolmogorov and Smirnov.
//!
//! Seeds are fixed on both sides, so a test gives the same result each time.

use drill::draw::Draws;
use drill::units::Span;
use rand::SeedableRng;
use rand::distr::{Distribution, Uniform};
use rand_chacha::ChaCha8Rng;
use rand_distr::LogNormal;

/// Draws on each side.
const DRAWS: usize = 20_000;
/// The 99 % quantile of the standard normal distribution.
const Z_99: f64 = 2.326_347_874_040_841;

/// The greatest distance between the two empirical distributions, as a multiple of what samples of one distribution
/// exceed with a probability of 0.001: 1.95·√(2/n) (Smirnov's asymptotic limit).
fn distance(mut ours: Vec<f64>, mut theirs: Vec<f64>) -> f64 {
    ours.sort_by(f64::total_cmp);
    theirs.sort_by(f64::total_cmp);
    let below = |sample: &[f64], x: f64| sample.partition_point(|y| *y <= x) as f64 / sample.len() as f64;
    let places = ours.iter().chain(&theirs);
    let gap = places.map(|x| (below(&ours, *x) - below(&theirs, *x)).abs());
    gap.fold(0.0, f64::max) / (1.95 * (2.0 / DRAWS as f64).sqrt())
}

fn ours(sample: impl Fn(&Draws, u64) -> f64) -> Vec<f64> {
    let draws = Draws::new(17, "beside rand_distr");
    (0..DRAWS as u64).map(|n| sample(&draws, n)).collect()
}

fn theirs(distribution: impl Distribution<f64>) -> Vec<f64> {
    let stream = ChaCha8Rng::seed_from_u64(23);
    distribution.sample_iter(stream).take(DRAWS).collect()
}

/// The log-normal whose median and 99th percentile these are, in microseconds, cut off as ours is.
fn lognormal(p50: Span, p99: Span, cut: Span) -> Vec<f64> {
    let (median, high) = (p50.as_us() as f64, p99.as_us() as f64);
    let shape = (high / median).ln() / Z_99;
    let drawn = theirs(LogNormal::new(median.ln(), shape).unwrap());
    drawn.into_iter().map(|us| us.min(cut.as_us() as f64)).collect()
}

#[test]
fn a_lognormal_span_is_distributed_as_rand_distr_has_it() {
    let (p50, p99) = (Span::from_secs(20), Span::from_secs(600));
    let drawn = ours(|draws, n| draws.lognormal(n, p50, p99).as_us() as f64);
    let found = distance(drawn, lognormal(p50, p99, p99.times(10)));
    assert!(found < 1.0, "{found}");
}

#[test]
fn the_95th_percentile_is_not_taken_for_the_99th() {
    let (p50, high) = (Span::from_secs(60), Span::from_secs(240));
    let beside = || lognormal(p50, high, high.times(10));
    let by_99 = ours(|draws, n| draws.lognormal(n, p50, high).as_us() as f64);
    let by_95 = ours(|draws, n| draws.lognormal_p95(n, p50, high).as_us() as f64);
    assert!(distance(by_99, beside()) < 1.0);
    // The comparison tells a distribution that is wider by the ratio of the two quantiles, 1.4.
    assert!(distance(by_95, beside()) > 2.0);
}

#[test]
fn spans_and_whole_numbers_are_uniform_as_rand_has_them() {
    let (low, high) = (Span::from_millis(5), Span::from_millis(25));
    let (first, last) = (low.as_us() as f64, high.as_us() as f64);
    let spans = ours(|draws, n| draws.span(n, low, high).as_us() as f64);
    let found = distance(spans, theirs(Uniform::new_inclusive(first, last).unwrap()));
    assert!(found < 1.0, "{found}");

    let dice = ours(|draws, n| draws.between(n, 1, 6) as f64);
    let thrown = Uniform::new_inclusive(1u64, 6).unwrap().map(|eyes| eyes as f64);
    let found = distance(dice, theirs(thrown));
    assert!(found < 1.0, "{found}");
}
