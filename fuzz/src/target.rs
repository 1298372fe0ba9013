//! What a target is.

use proptest::strategy::BoxedStrategy;

/// Something that reads bytes, and what it must hold to.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its share of the cases of a run over all targets, in percent.
    pub weight: u64,
    /// Reads bytes, checks the result, and returns its kind. It panics where a property does not hold.
    pub check: fn(&[u8]) -> &'static str,
    /// Makes inputs.
    pub inputs: fn() -> BoxedStrategy<Vec<u8>>,
}
