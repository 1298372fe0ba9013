//! Fuzz targets for everything that reads what others wrote.
//!
//! ```text
//!   seeds (scenarios, requests, packets, zips, records) ──► generators (proptest) ──► bytes ──► target
//!                                                            seed, number of the case            │
//!                                   run: cases, kinds, longest case, peak memory ◄── kind, panic ┘
//! ```
//!
//! A [`Target`] takes any bytes. It must come to an end, in bounded memory, and what it answers has properties, which it
//! asserts; it says of which kind its answer was, so that one sees how deep the generators reach. A case follows from
//! the seed, the target and the number of the case alone, so that a failure is found again.
#![forbid(unsafe_code)]

pub mod mutate;
pub mod run;
pub mod targets;

/// What a target says of a wrong result that is put before its properties; it has to say something.
#[cfg(test)]
fn objection(to: impl FnOnce()) -> String {
    let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(to));
    let said = said.expect_err("a wrong result is taken for a right one");
    let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| said.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

use proptest::strategy::BoxedStrategy;

/// Something that reads bytes, and what it must hold to.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its share of the cases of a run over all targets, in percent.
    pub weight: u64,
    /// Reads bytes, checks what came of it, and says of which kind it was. It panics where a property does not hold.
    pub check: fn(&[u8]) -> &'static str,
    /// Makes inputs.
    pub inputs: fn() -> BoxedStrategy<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 5] = [
    targets::scenario::TARGET,
    targets::http::TARGET,
    targets::mqtt::TARGET,
    targets::zip::TARGET,
    targets::records::TARGET,
];
