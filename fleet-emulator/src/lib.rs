//! Virtual devices: ESP32 firmware as state machines, by the thousand, on real MQTT connections.
//!
//! ```text
//!                    Input ──►┌────────┐──► Action
//!   timer (drill clock) ─────►│ Device │────► connect, send, close ──► Link ──► Connection ──► broker
//!   CONNACK, PUBACK, … ──────►└────────┘────► notes ──► Meters      ──► counters for the journal
//!                             pure: profile,        ├─► EpochLedger ──► ledger.bin
//!                             outbox, backoff       └─► Governor    ──► limit of the drill's rate
//!
//!   attempt ──► Discover: which endpoint?      message ──► ProgramInbox: programs received, a sample of them run
//! ```
//!
//! A device is pure ([`device`]); one small task drives it (`driver`). The fleet knows what load it will
//! bring, and keeps the drill slow enough for this machine to follow (`demand`, `capacity`, `progress`,
//! `governor`). What was
//! produced, acknowledged and dropped stands in epochs (`epochs`). Chance comes from draws that bear the
//! device's number, so a larger fleet leaves each device's life as it was.

#![forbid(unsafe_code)]

mod canary;
mod capacity;
mod demand;
pub mod device;
mod dial;
mod discovery;
mod driver;
mod epochs;
mod fleet;
mod governor;
mod link;
mod meters;
mod mqtt_names;
mod outbox;
mod programs;
mod progress;
mod schedule;
mod shared_dial;
mod wire;

pub use drill::firmware::{Overrides, Profile};
pub use drill::scenario::Discovery;

pub use canary::{CANARY_CLIENT, CANARY_TOPIC, Canary};
pub use device::DeviceInput;
pub use dial::{Boxed, Dial, TcpDial};
pub use discovery::{Discover, OneEndpoint, Resolved};
pub use fleet::{Fleet, FleetConfig, TURN_LIMIT};
pub use governor::{OnSaturated, Saturated};
pub use mqtt_names::{client_id, topic};
pub use outbox::Publish;
pub use programs::{
    Interpreter, PROGRAM_TOPIC, ProgramCounts, ProgramError, ProgramLimits, Programs, RunProgram,
};
pub use wire::ConnectionError;
