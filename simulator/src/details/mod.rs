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

mod added;
mod earlier;
mod flags;
mod given;
mod recorded;
mod register;
mod time;

pub(crate) use added::add;
pub(crate) use flags::DetailFlags;
pub(crate) use given::{Resolved, note_of_file_beside, resolve};
pub(crate) use recorded::{json, of_run};
