//! placeholder
pub mod backoff;
pub mod device;
pub mod outbox;
pub mod profile;
mod schedule;
