//! A bucket that is copied from.

use drill::scenario::Lag;
use drill::units::Span;

/// The lag of a bucket that no scenario describes: AWS says that most copies take minutes at most, and
/// offers 15 minutes for 99.99 % of them at a price.
pub const DEFAULT_LAG: Lag = Lag {
    p50: Span::from_secs(20),
    p99: Span::from_mins(10),
};

/// A bucket that is copied from, as the scenario describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its label, which stands in the paths of its draws.
    pub label: String,
    /// How long copies take.
    pub lag: Lag,
}
