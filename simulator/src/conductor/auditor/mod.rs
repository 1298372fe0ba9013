//! The auditor: reads everything back through the public API and writes down what is there.
//!
//! It works with keys of its own, through the endpoint that consumers use at that time, and knows the
//! ledger's keys but nothing of the fault or the runbook. Comparing is not its business: that is
//! [`drill::measures`], afterwards.
//!
//! An audit has a cut: writes produced before it are judged. It waits until those are settled, reading
//! what telemetry has arrived meanwhile, or until `drain_timeout` is over.

mod audit;
mod compare;
mod keyed;
mod reading;
mod stream;

pub(super) use self::audit::audit;
