//! The embedded cloud: our own store.

use std::sync::Arc;

use cloud_emulator::s3::{Store, StoreOptions};
use drill::units::{ByteSize, Span};

use super::RunningTarget;
use super::assembly::{self, Parts};
use crate::lab::{CLASSIC, HOME};

/// How long copies take.
const LAG: Span = Span::from_us(20_000);

pub(super) fn stand_up(checks: &[String]) -> Result<Option<RunningTarget>, String> {
    assembly::stand_up(checks, LAG, |parts| store(&parts).into(), Box::new(())).map(Some)
}

fn store(parts: &Parts) -> Arc<Store> {
    let calendar = parts.clock.clone();
    Store::new(StoreOptions {
        regions: [HOME, CLASSIC].map(String::from).to_vec(),
        seed: 1,
        memory: ByteSize(1 << 30),
        largest_body: ByteSize(256 << 20),
        calendar: Arc::new(move || calendar.calendar_us()),
        observer: Some(parts.replicator.observer()),
    })
}
