//! The details of a drill that no record tells: who took part, which plan was drilled in which version, what was in scope,
//! and what earlier drills of the scenario came to.
//!
//! ```text
//!  drill.yaml, flags ──► Given ──┐
//!  the plan's file   ──► sha256 ─┼─► Details ──► details.json (its hash stands in the journal) ──► Report.details
//!  earlier runs      ──► figures ┘                  ▲
//!  said after the drill ──► additions.json ─────────┘ merged; each item says when it was added
//! ```
//!
//! They are resolved once, before the drill begins, so that a report is a function of what lies in the folder of its run.
//! Nothing here reads a file: `simulator/src/details/` does.

mod change;
mod earlier;
mod given;
mod merge;
mod tables;
mod types;

pub use change::{Hunk, Line, PlanChange, Sign};
pub use given::{Given, GivenPlan, PersonError, read};
pub use merge::AlreadySaid;
pub use types::{
    Details, EarlierDrill, EarlierFigure, LastDrill, Owner, Person, PlanScenario, RecoveryPlan, RegisterCopy,
    RegisteredFinding, SCHEMA, Scope,
};
