//! The AWS that drills break: S3 behind a gateway per region, replication, and a broker with rules.
//!
//! ```text
//!   SDKs, CLIs ──► gateway ──► s3 (versioned store) ──changes──► replication ──► s3 of the other region
//!   devices ──MQTT──► iot: edge ─► rumqttd ─► rules ──client──► gateway
//!                     └──── a process of its own ────┘
//! ```
//!
//! `cloud` assembles all of that as a scenario says it. `containers` stands up LocalStack instead of our own services.

#![forbid(unsafe_code)]

pub mod backend;
pub mod client;
pub mod cloud;
pub mod containers;
pub mod faults;
pub mod functions;
pub mod gateway;
pub mod iot;
pub mod iot_data;
pub mod lambda;
pub mod names;
mod random;
pub mod remote;
pub mod replication;
pub mod s3;
mod starter;
pub mod sts;
