//! Counters that go into the journal every 10 drill seconds.

use serde::{Deserialize, Serialize};

/// Counters of the fleet; all but `connected` only ever grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetCounters {
    /// Devices that exist.
    pub devices: u64,
    /// Devices with an MQTT session right now.
    pub connected: u64,
    /// Connections that were attempted.
    pub connect_attempts: u64,
    /// Connections that were refused, reset or timed out.
    pub connect_failures: u64,
    /// Telemetry messages that were produced.
    pub produced: u64,
    /// Publishes that were sent, repetitions included.
    pub published: u64,
    /// Messages that the broker acknowledged.
    pub acknowledged: u64,
    /// Messages that died in an outbox.
    pub dropped: u64,
}

/// Counters of a function in one region, cumulative since drill 0; `waiting` alone may fall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCounters {
    /// The label of the function.
    pub function: String,
    /// The label of the region.
    pub region: String,
    /// Asynchronous events that were accepted.
    pub accepted: u64,
    /// Events with which the function ended well.
    pub delivered: u64,
    /// Invocations that ended with an error.
    pub failed: u64,
    /// Invocations that were throttled.
    pub throttled: u64,
    /// Events that failed for good and went to the on-failure destination.
    pub to_destination: u64,
    /// Events that failed for good and went nowhere.
    pub dropped: u64,
    /// Events that are waiting to be tried, or tried again.
    pub waiting: u64,
}

/// What became of one program that was announced to devices, in devices, cumulative since drill 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramCounters {
    /// The program's id.
    pub program: String,
    /// Devices that received it.
    pub received: u64,
    /// Of the sample, those that found its digest right.
    pub checked: u64,
    /// Of these, those on which it ran to its end; always 0 in a build that runs no programs.
    pub ran: u64,
    /// Of the sample, those that found its digest wrong, or on which it did not run well.
    pub failed: u64,
    /// Of the sample, those on which it was to run, and did not, since more were waiting than can.
    pub skipped: u64,
}
