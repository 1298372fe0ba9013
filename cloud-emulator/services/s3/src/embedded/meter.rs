//! Bounded memory: every body and every version is charged before it is held.
//!
//! A charge travels with the bytes that it pays for and is given back when the last reader drops them, so
//! the meter can neither forget nor refund twice. What does not fit is refused with an S3 error.
//!
//! ```text
//! PutObject ──► MemoryMeter::charge(declared length) ──► buffer ──► Charged ──► Bytes in the bucket, in replies
//!                             └► 503 when the limit is reached          └► refunded when the last clone drops
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// What a version costs besides body and key: its entry, its share of the tree, its allocations.
pub(crate) const VERSION_OVERHEAD: u64 = 256;

/// The bytes that a store may hold, and holds.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limit: u64,
    used: AtomicU64,
}

/// The store's memory limit would be exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory {
    pub(crate) limit: u64,
}

impl MemoryMeter {
    pub(crate) fn new(limit: u64) -> Arc<MemoryMeter> {
        Arc::new(MemoryMeter {
            limit,
            used: AtomicU64::new(0),
        })
    }

    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn reserve(&self, bytes: u64) -> Result<(), OutOfMemory> {
        let limit = self.limit;
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= limit);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .map(drop)
            .map_err(|_| OutOfMemory { limit })
    }

    /// Reserves `bytes` until the charge is dropped.
    pub(crate) fn charge(self: &Arc<Self>, bytes: u64) -> Result<Charge, OutOfMemory> {
        self.reserve(bytes)?;
        Ok(Charge {
            bytes,
            meter: self.clone(),
        })
    }

    /// A copy of `data` that is charged for as long as it is held.
    pub(crate) fn copy(self: &Arc<Self>, data: &[u8]) -> Result<Bytes, OutOfMemory> {
        Ok(self.charge(data.len() as u64)?.hold(data.to_vec()))
    }
}

/// Bytes reserved in a [`MemoryMeter`]; dropping it gives them back.
#[derive(Debug)]
pub(crate) struct Charge {
    bytes: u64,
    meter: Arc<MemoryMeter>,
}

impl Charge {
    /// Reserves `bytes` more.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), OutOfMemory> {
        self.meter.reserve(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The charge is kept for `data` and given back with its last clone. `data` is shrunk to its length.
    pub(crate) fn hold(mut self, data: Vec<u8>) -> Bytes {
        let data = data.into_boxed_slice();
        let surplus = self.bytes.saturating_sub(data.len() as u64);
        self.bytes -= surplus;
        self.meter.used.fetch_sub(surplus, Ordering::Relaxed);
        Bytes::from_owner(Charged { data, _charge: self })
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.meter.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

struct Charged {
    data: Box<[u8]>,
    _charge: Charge,
}

impl AsRef<[u8]> for Charged {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_charged_until_the_last_clone_is_gone() {
        let meter = MemoryMeter::new(100);
        let held = meter.copy(&[1; 60]).unwrap();
        let slice = held.slice(10..20);
        assert_eq!(meter.used(), 60);
        assert_eq!(meter.copy(&[2; 41]).unwrap_err(), OutOfMemory { limit: 100 });
        drop(held);
        assert_eq!(meter.used(), 60);
        drop(slice);
        assert_eq!(meter.used(), 0);
    }

    #[test]
    fn a_surplus_is_given_back() {
        let meter = MemoryMeter::new(100);
        let mut charge = meter.charge(50).unwrap();
        charge.grow(20).unwrap();
        assert!(charge.grow(40).is_err());
        let held = charge.hold(vec![0; 30]);
        assert_eq!((meter.used(), held.len()), (30, 30));
    }
}
