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
mod target;
pub mod targets;

pub use target::Target;

/// What a target says of a wrong result that is put before its properties; it has to say something.
#[cfg(test)]
fn objection(to: impl FnOnce()) -> String {
    let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(to));
    let said = said.expect_err("a wrong result is taken for a right one");
    let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| said.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// All targets.
pub const TARGETS: [Target; 5] = [
    targets::scenario::TARGET,
    targets::http::TARGET,
    targets::mqtt::TARGET,
    targets::zip::TARGET,
    targets::records::TARGET,
];
