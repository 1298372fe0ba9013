//! The folder of all runs: which drills it has, and what they reported.
//!
//! ```text
//!  runs/<scenario>/<time>-<seed>/report.json ──┐
//!  runs/history.jsonl ─────────────────────────┴──► Runs: the newest last
//! ```
//!
//! A run is a folder with a `report.json` of Firedrill's, wherever it lies below; links (`latest`) are not followed, and a copy is
//! the same run. Nothing is believed of a report that the records beside it do not give: each run is judged again. What cannot
//! be read is told on stderr and left out. Where a run's folder was moved away, its line in `history.jsonl` is left.

mod all;
mod index;
mod judged;
mod run;

pub(crate) use self::all::{Runs, RunsFolder};
pub(crate) use self::index::remember;
pub(crate) use self::run::{Changed, Run};
