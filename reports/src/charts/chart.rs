//! A chart: a drawing with its legend.

use maud::Markup;

/// A drawing and what its signs mean.
pub(crate) struct Chart {
    /// The picture.
    pub(crate) drawing: Markup,
    /// Samples with their meaning.
    pub(crate) legend: Vec<(Markup, &'static str)>,
}
