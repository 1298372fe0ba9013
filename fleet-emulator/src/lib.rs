//! placeholder
pub mod backoff;
pub mod device;
mod epochs;
pub mod outbox;
pub mod profile;
mod schedule;
