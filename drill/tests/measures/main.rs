//! What is measured, on hand-made runs whose outcome is known.

mod emulator;
mod expectation;
mod failover;
mod findings;
mod late_copies;
mod objects;
mod oracle;
mod people;
mod properties;
mod services;
mod support;
mod telemetry;
mod verdict;
