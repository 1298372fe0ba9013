//! What is there and what comes: inventories, writers, devices, and the bytes of objects.

use serde::{Deserialize, Serialize};

use super::deletes::Deletes;
use crate::draw::Draws;
use crate::ledger::WriteKind;
use crate::scenario::{KeyedStore, Scenario, SizeRange, Writer};
use crate::units::{DrillTime, Fraction, Span};

/// What a bucket holds at drill 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBucket {
    /// Its label.
    pub label: String,
    /// Its objects, by key.
    pub objects: Vec<PlannedObject>,
}

/// An object that is there at drill 0, in the replica, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedObject {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written, before drill 0.
    pub written_at: DrillTime,
}

impl PlannedBucket {
    /// The inventory of `store`, spread over its history.
    pub(super) fn new(seed: u64, store: KeyedStore<'_>) -> Self {
        let draws = |what: &str| Draws::new(seed, &format!("bucket/{}/{what}", store.label));
        let (sizes, ages) = (draws("size"), draws("age"));
        let objects = store.inventory.into_iter().flat_map(|inventory| {
            let (sizes, ages) = (&sizes, &ages);
            (0..inventory.count).map(move |n| PlannedObject {
                key: inventory.key(n),
                size: size(sizes, n, inventory.size),
                written_at: DrillTime::ZERO - ages.span(n, Span::from_us(1), inventory.history),
            })
        });
        PlannedBucket {
            label: store.label.to_owned(),
            objects: objects.collect(),
        }
    }
}

/// The schedule of a writer: its `n`-th write is due at `offset + n × every`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWriter {
    /// Its name, with which its keys begin.
    pub name: String,
    /// The label of its bucket.
    pub bucket: String,
    /// When its first write is due, from drill 0; less than `every`.
    pub offset: Span,
    /// The time from one write to the next.
    pub every: Span,
    /// Over how many keys it goes in turn; without it each write has a key of its own.
    pub keys: Option<u64>,
    /// How many of its writes are deletes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletes: Option<Fraction>,
    /// How large its objects are.
    pub size: SizeRange,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedWrite {
    /// When it is due.
    pub due: DrillTime,
    /// Whether it stores a body, or deletes what was stored before.
    pub kind: WriteKind,
    /// The key that it writes.
    pub key: String,
    /// What it writes; nothing for a delete.
    pub body: Vec<u8>,
}

impl PlannedWriter {
    pub(super) fn new(seed: u64, writer: &Writer) -> Self {
        let draws = Draws::new(seed, &format!("writer/{}/offset", writer.name));
        PlannedWriter {
            name: writer.name.clone(),
            bucket: writer.store.clone(),
            offset: draws.span(0, Span::ZERO, writer.every - Span::from_us(1)),
            every: writer.every,
            keys: writer.keys,
            deletes: writer.deletes,
            size: writer.size,
        }
    }

    /// When the `n`-th write is due.
    pub fn due(&self, n: u64) -> DrillTime {
        let periods = i64::try_from(n).unwrap_or(i64::MAX);
        DrillTime::ZERO + self.offset + self.every.times(periods)
    }

    /// How many writes are due before `at`.
    pub fn due_before(&self, at: DrillTime) -> u64 {
        let since_first = (at - (DrillTime::ZERO + self.offset)).as_us();
        match since_first {
            ..=0 => 0,
            us => us
                .unsigned_abs()
                .div_ceil(self.every.as_us().max(1).unsigned_abs()),
        }
    }

    /// The key of the `n`-th write, unless that is a delete.
    pub fn key(&self, n: u64) -> String {
        Writer::key_of(&self.name, self.keys, n)
    }

    /// Which of its writes are deletes, if any are.
    fn planned_deletes(&self, seed: u64) -> Option<Deletes> {
        Some(Deletes::new(seed, &self.name, self.keys, self.deletes?))
    }

    /// The keys that hold an object just before `at`, each by the number of the write that stored it, in order.
    pub(super) fn current_before(&self, seed: u64, at: DrillTime) -> Vec<u64> {
        let count = self.due_before(at);
        let distinct = self.keys.map_or(count, |keys| keys.min(count));
        match self.planned_deletes(seed) {
            None => (count - distinct..count).collect(),
            Some(deletes) => deletes.current(count),
        }
    }

    pub(super) fn write(&self, seed: u64, n: u64) -> PlannedWrite {
        if let Some(deleted) = self
            .planned_deletes(seed)
            .and_then(|deletes| deletes.deleted_by(n))
        {
            return PlannedWrite {
                due: self.due(n),
                kind: WriteKind::Delete,
                key: self.key(deleted),
                body: Vec::new(),
            };
        }
        let sizes = Draws::new(seed, &format!("writer/{}/size", self.name));
        let key = self.key(n);
        PlannedWrite {
            due: self.due(n),
            kind: WriteKind::Put,
            body: body(seed, &self.bucket, &key, n, size(&sizes, n, self.size)),
            key,
        }
    }
}

/// The bytes of write `n` (of its writer; 0 for the inventory) under `key`: no two writes are alike.
pub fn body(seed: u64, bucket: &str, key: &str, n: u64, size: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    Draws::new(seed, &format!("body/{bucket}/{key}/{n}")).fill(&mut bytes);
    bytes
}

fn size(draws: &Draws, n: u64, range: SizeRange) -> u64 {
    draws.between(n, range.min.0, range.max.0)
}

/// What a device draws before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDevice {
    /// When it is switched on, from drill 0.
    pub boot: Span,
    /// When its first telemetry message is due, from its boot; less than the period.
    pub phase: Span,
}

/// Devices are switched on over this time, and those of a large fleet in their order,
const BOOT_SPREAD: Span = Span::from_secs(30);
/// at this share (in hundredths) of the connects that the edge lets in.
const BOOT_SHARE: i64 = 80;

pub(super) fn devices(scenario: &Scenario, seed: u64) -> Vec<PlannedDevice> {
    let Some(fleet) = &scenario.fleet else {
        return Vec::new();
    };
    let quota = scenario.cloud.iot().map_or(500, |iot| iot.connects_per_second);
    let per_second = (i64::from(quota) * BOOT_SHARE / 100).max(1);
    let (boots, phases) = (Draws::new(seed, "device/boot"), Draws::new(seed, "device/phase"));
    let period = fleet
        .telemetry
        .map_or(Span::ZERO, |telemetry| telemetry.every - Span::from_us(1));
    (0..fleet.devices)
        .map(|device| PlannedDevice {
            boot: Span::from_secs(i64::from(device)).divided(per_second)
                + boots.span(u64::from(device), Span::ZERO, BOOT_SPREAD),
            phase: phases.span(u64::from(device), Span::ZERO, period),
        })
        .collect()
}
