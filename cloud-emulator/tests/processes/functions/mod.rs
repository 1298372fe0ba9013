//! Our own functions as processes, between a Runtime API of this test and an embedded S3 behind its gateway.
//!
//! ```text
//!   test ──event──► RuntimeApi ◄──next, answer── function (a process) ──► gateway ─► store
//!                                                        └───────────────► IotData
//! ```

mod aws_cli;
mod bench;
mod ends;
mod ingest;
mod iot_listener;
mod process;
mod publisher;
mod runtime_api;
mod speed;
