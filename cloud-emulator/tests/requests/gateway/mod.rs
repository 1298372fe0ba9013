//! The gateway beside and before its services: routing, signatures, verdicts, listeners, outages, usage.

mod bench;
mod forwarding;
mod meters;
mod outages;
mod services;
mod signatures;
mod verdicts;
