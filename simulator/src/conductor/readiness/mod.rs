//! Readiness: whether what the plan relies on is there, looked at while nothing is broken.
//!
//! ```text
//!   cloud, in the steady state ──► what services check, probes               services/*, probes.rs ──┐
//!   this machine              ──► scripts, sandbox, secrets, webhooks        machine.rs, webhooks ──┼──► checks
//!   the scenario's figures    ──► RPO resolution, quota against the storm    figures.rs ────────────┘
//! ```
//!
//! A drill looks shortly before its first fault, and journals what it found; `firedrill ready` looks without a drill. It
//! decides no verdict. Nothing is changed by looking: configurations and listings are read, as the audit reads them, and no
//! message is sent.

mod check;
mod figures;
pub(crate) mod machine;
mod probes;
mod ready;
mod run;
mod webhooks;

pub(crate) use self::check::check;
pub(crate) use self::ready::ready;
pub(super) use self::run::before_faults;
