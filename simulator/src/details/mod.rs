//! The details of a drill: read from what the user names, resolved before the drill begins, kept in the folder of the run.
//!
//! ```text
//!  --details drill.yaml ─┐
//!  --plan, --participant ┼─ given.rs ──► Details ──► details.json, recovery-plan ──┐
//!  earlier runs ─────────┘ earlier.rs                                               ├─ recorded.rs ──► Report.details
//!  report RUN --approved-by … ───────► additions.json ─────────────────────────────┘
//! ```
//!
//! The hash of `details.json` stands in the first line of the journal, and the hash of the plan in `details.json`, so that
//! neither can be changed after the drill without being found. What is said after the drill stands in `additions.json`,
//! which nothing seals; the report says of each item when it was added.

mod earlier;
mod flags;
mod given;
mod recorded;
mod register;

pub(crate) use flags::DetailFlags;
pub(crate) use given::{Resolved, note_of_file_beside, resolve};
pub(crate) use recorded::{add, json, of_run};

/// The details with which a drill began.
pub(crate) const FILE: &str = "details.json";
/// What was said after it.
pub(crate) const ADDITIONS: &str = "additions.json";
/// A copy of the plan's file as it was when the drill began.
pub(crate) const PLAN_COPY: &str = "recovery-plan";

/// The wall time, as RFC 3339 in UTC to the second.
fn now() -> String {
    let second = jiff::Timestamp::from_second(runtime::wall::now_us().div_euclid(1_000_000));
    second.map(|now| now.to_string()).unwrap_or_default()
}
