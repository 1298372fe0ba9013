//! The statistics of few noisy repeats: an exact test, its correction for several tests, and the size of an effect.
//!
//! No distribution is assumed. The Mann-Whitney test asks whether values of one sample tend to be larger than those of
//! another; its p-value is the share of all ways to deal the pooled values out to the two samples that would show at least as
//! much, which is exact for any number of repeats and with ties. (Mann and Whitney, "On a test of whether one of two random
//! variables is stochastically larger than the other", 1947; as a permutation test of the rank sum it stays exact with ties.)

mod effect;
mod holm;
mod mann_whitney;

pub use effect::{median, shift};
pub use holm::holm;
pub use mann_whitney::{greater, least_p, repeats_needed};
