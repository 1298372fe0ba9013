//! What is measured, on hand-made runs whose outcome is known.

mod consistency;
mod disruptions;
mod emulator;
mod expectation;
mod failover;
mod findings;
mod late_copies;
mod lookup;
mod objects;
mod oracle;
mod people;
mod properties;
mod protections;
mod service_objectives;
mod services;
mod support;
mod telemetry;
mod telemetry_functions;
mod verdict;
