//! The quantiles of a distribution.

use forecast::plan::study::Distribution;

/// A quantile; nothing where it lies beyond.
pub(super) fn quantile(figure: &Distribution, percent: u32) -> Option<f64> {
    let of = |quantile: &&forecast::plan::study::Quantile| quantile.percent == percent;
    figure
        .quantiles
        .iter()
        .find(of)?
        .value_s
        .filter(|value| value.is_finite())
}
