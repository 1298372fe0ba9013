//! The runbook: the recovery procedure, as the scenario says it.
//!
//! ```text
//!   detection ──► steps whose `after` have ended ──► take: modelled time, work, again, in time or not
//!                          ▲                           │
//!                          └────────── its end ────────┘
//! ```
//!
//! A step is its modelled time (what people or real systems would take), then the work that is done here,
//! under guards that hold the clock. Steps run side by side where the scenario says so; the one with which
//! the return home begins waits for audit A. What is an action of one service is in the room of that service
//! ([`crate::services`]); here are those of no service.

mod action;
mod check;
mod context;
mod damage;
mod end;
mod execute;
mod follow;
mod keys;
mod notify;
mod outcomes;
mod perform;
mod scales;
pub(crate) mod shell;
mod stack_deploy;
mod steps;
pub(crate) mod toll;

pub(crate) use self::action::RunbookAction;
pub(crate) use self::context::StepContext;
pub(crate) use self::damage::{Damage, DamageKind};
pub(crate) use self::end::not_started;
pub(crate) use self::follow::follow;
pub(crate) use self::outcomes::KeyOutcomes;
pub(crate) use self::steps::{StepState, Steps};
