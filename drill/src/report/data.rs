//! What became of the writes of a data set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::verdicts::Seconds;

/// What became of the writes of one data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataSet {
    /// Its name in the objectives.
    pub name: String,
    /// `acknowledged` or `produced`.
    pub counted_from: String,
    /// stable + delayed + lost + corrupted + stale.
    pub counted: u64,
    /// Of the writes produced before the cut, how many were acknowledged.
    pub acknowledged: u64,
    /// Readable, in time, as written.
    pub stable: u64,
    /// Readable, but more than `late_after` after it was produced.
    pub delayed: u64,
    /// Not there.
    pub lost: u64,
    /// There with other bytes.
    pub corrupted: u64,
    /// An older version is there.
    pub stale: u64,
    /// There more than once.
    pub duplicated: u64,
    /// Deleted, and there again.
    pub resurrected: u64,
    /// Never acknowledged, but there.
    pub recovered: u64,
    /// No client wrote it.
    pub unexpected: u64,
    /// Written over, or deleted, before it could be lost: not counted.
    pub superseded: u64,
    /// The audit could not read them, or did not: not counted, and the figures are inconclusive.
    #[serde(default)]
    pub unknown: u64,
    /// Where the lost ones died; adds up to `lost`.
    pub lost_by_hop: BTreeMap<String, u64>,
    /// The recovery point that was achieved.
    pub rpa_s: Option<Seconds>,
    /// If no older write survived: it is at least this.
    pub rpa_at_least_s: Option<Seconds>,
    /// The part of it before the fault.
    pub rpa_before_fault_s: Seconds,
    /// The part after it.
    pub rpa_after_fault_s: Seconds,
    /// When the oldest lost, corrupted or stale write was produced (seconds since drill 0).
    pub oldest_lost_s: Option<Seconds>,
    /// When the newest was.
    pub newest_lost_s: Option<Seconds>,
    /// How exactly a write is dated.
    pub resolution_s: Seconds,
    /// Age of the delayed at the time when they became readable: p50, p90, p99, max.
    pub delay_s: BTreeMap<String, Seconds>,
    /// Of the lost, corrupted and stale, those that stood as written in the store of the other region, where no client
    /// looked.
    #[serde(default)]
    pub elsewhere: u64,
    /// Lost in audit A, there in audit B.
    pub recovered_later: u64,
    /// There in audit A, or written after it, and lost in audit B.
    pub lost_in_failback: u64,
    /// Readable more than `late_after` after they were produced for no reason but that this machine was late: they are
    /// among the stable.
    pub late_here: u64,
    /// Who destroyed the lost, corrupted and stale: adds up to them.
    pub lost_by_cause: Vec<LostByCause>,
    /// The events in whose course writes were destroyed, the worst first; `rpa_s` is that of the first.
    pub disruptions: Vec<Disruption>,
}

/// How many writes one cause destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostByCause {
    /// `fault loss`, `step lose`, or who else in words; `unknown` where nothing tells.
    pub cause: String,
    /// How many.
    pub count: u64,
}

/// An event in whose course writes were destroyed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disruption {
    /// The fault that dates it.
    pub fault: Option<String>,
    /// The step that was it, outside any incident.
    pub step: Option<String>,
    /// Another client that did, as text.
    pub other: Option<String>,
    /// When it was injected; `null` if nothing tells.
    pub at_s: Option<Seconds>,
    /// How many writes it cost, those that were gone again at the end included.
    pub damaged: u64,
    /// Its recovery point.
    pub rpa_s: Option<Seconds>,
    /// If that is not known exactly: it is at least this.
    pub rpa_at_least_s: Option<Seconds>,
}
