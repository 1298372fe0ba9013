//! The conductor: runs a drill from stand-up to teardown.
//!
//! ```text
//!           ┌─ writers ──────────┐                       ┌─► journal.jsonl
//!           ├─ fleet ────────────┤                       ├─► ledger.bin
//! stand up ─┼─ probes ─► phase ──┼─► audit A ─► audit B ─┴─► audit.bin
//!           ├─ faults ───────────┤      (decided by the drill phase)
//!           └─ detection ─► runbook
//! ```
//!
//! It does what the scenario says and writes down what happened. Whether that was good enough is decided
//! afterwards, from the three records alone.

pub(crate) mod access;
mod accuracy;
mod active_faults;
mod auditor;
mod changes;
mod changes_recorder;
pub(crate) mod clients;
mod conduct;
pub(crate) mod context;
mod count;
mod counter;
mod course;
pub(crate) mod devices;
mod ending;
mod exercise;
mod follow;
pub(crate) mod host;
mod injection;
mod injects;
mod isolation;
mod load;
mod observed;
mod parts;
mod people;
pub(crate) mod probes;
mod prompt;
pub(crate) mod protection;
pub(crate) mod readiness;
mod request;
mod run_records;
pub(crate) mod runbook;
pub(crate) mod settings;
mod signal;
pub(crate) mod spec;
mod stand_up;
pub(crate) mod store;
mod watches;
mod write_barrier;
pub(crate) mod write_tracker;
mod writers;

pub(crate) use self::accuracy::Accuracy;
pub(crate) use self::conduct::conduct;
pub(crate) use self::isolation::{isolation, weaknesses};
pub(crate) use self::readiness::machine::checks as machine_checks;
pub(crate) use self::readiness::ready;
pub(crate) use self::request::{FILES, FILES_PER_DEVICE, Request, prepare};
pub(crate) use self::runbook::shell::Secrets;
pub(crate) use self::runbook::shell::prepare as prepare_scripts;
pub(crate) use self::runbook::shell::prepare_isolation;
