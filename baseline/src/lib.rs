//! Whether a recovery procedure became slower or costlier: what earlier drills took, and the comparison with those of now.
//!
//! ```text
//!   reports of earlier drills ──► observe ──► Baseline ◄──► baseline.json
//!                                                │
//!   reports of drills of now ──► observe ──► Baseline ──┴──► compare ──► Comparison for each scenario
//!                                                             │
//!                                              figures first, then times (statistics)
//! ```
//!
//! Two kinds of figures are told apart. What a procedure *asks for* (API calls, bytes, retries, calls that wait for others,
//! modelled time, losses, the critical path) does not depend on the machine and is compared first. What its work *takes* here
//! (measured time) is noisy, and is compared as distributions, between the same machine and itself alone.
//!
//! Nothing here does I/O. The crate depends on `drill` alone.

#![forbid(unsafe_code)]

mod compare;
mod figures;
mod format;
mod observe;
mod settings;
pub mod statistics;
mod timing;

pub use compare::{Comparison, Gone, compare, not_drilled, repeats_needed};
pub use figures::{Difference, Direction, Figure, Subject};
pub use format::{
    Baseline, BaselineError, Losses, MOST_REPEATS, Machine, ObjectiveFigures, Range, Recorded, SCHEMA,
    StepFigures,
};
pub use observe::{Context, observe};
pub use settings::Settings;
pub use timing::{Call, Timing};
