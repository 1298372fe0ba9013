//! The gateway beside and before its services: routing, signatures, verdicts, doors, silence, meters.

mod bench;
mod forwarding;
mod meters;
mod outages;
mod services;
mod signatures;
mod verdicts;
