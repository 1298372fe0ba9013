//! The devices, and those that they stand for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::verdicts::Seconds;
use crate::units::Span;

/// The fleet as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// Devices.
    pub devices: u64,
    /// The most that were connected at once.
    pub connected_peak: u64,
    /// The fault that disconnected devices; of several, that after which their return took longest.
    pub disconnected_by: Option<String>,
    /// When it was injected.
    pub disconnected_at_s: Option<Seconds>,
    /// For 50, 90, 99 and 100 % of those connected at that fault: when they were back, from it;
    /// `null` where they were not, absent where none was ever gone.
    pub reconnected_s: BTreeMap<String, Option<Seconds>>,
    /// Connections attempted.
    pub connect_attempts: u64,
    /// The most of them in a drill second, over 10 drill seconds.
    pub connect_attempts_per_s_peak: f64,
    /// Messages that died in outboxes.
    pub outbox_dropped: u64,
    /// What the number of devices that the scenario says this fleet stands for would do: modelled, never measured. Absent
    /// where the scenario names none, or no fault took sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<StandsFor>,
}

/// What a larger fleet would do after the fault that disconnected this one: modelled, by the same policy, the same quota and
/// the same time without an endpoint. All times are counted from the fault, as in [`Fleet::reconnected_s`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StandsFor {
    /// So many devices.
    pub devices: u64,
    /// The quota: connections that the endpoint accepts per second.
    pub connects_per_second: u64,
    /// From the fault until a broker to which devices are sent accepted the first; `null` if none did while the fleet was
    /// observed, and then nothing is modelled.
    pub closed_for_s: Option<Seconds>,
    /// The model of the fleet that was drilled: when 50, 90, 99 and 100 % are back, to compare with
    /// [`Fleet::reconnected_s`]; `null` where they never are.
    pub modelled_here_s: BTreeMap<String, Option<Seconds>>,
    /// The model of `devices`: when 50, 90, 99 and 100 % are back; `null` where they never are, or not in the time that is
    /// modelled.
    pub modelled_s: BTreeMap<String, Option<Seconds>>,
    /// By how much `modelled_here_s` is off what was measured, at most, at 50, 90 and 99 %: as a share of the shorter of
    /// both, each counted from `closed_for_s` on, since before it nothing is modelled. What is modelled of `devices` after
    /// `closed_for_s` is exact to this share of it. `null` where one of them came back and the other did not.
    pub validation_error: Option<f64>,
    /// No policy could have all of `devices` back before, with this quota.
    pub floor_s: Option<Seconds>,
    /// Connections that `devices` would attempt.
    pub attempts: Option<u64>,
    /// The most of them in a second.
    pub attempts_per_s_peak: Option<u64>,
    /// In words.
    pub text: String,
}

/// How the fleet lost its sessions by a fault, and from when on it could have new ones: what a model of the same storm
/// begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLoss {
    /// Devices with a session at the fault.
    pub devices: u64,
    /// From the fault to the first loss of a session.
    pub begins_after: Span,
    /// From the first loss to the last.
    pub over: Span,
    /// From the fault until a broker to which devices are sent accepted the first; none while the fleet was observed.
    pub opens_after: Option<Span>,
    /// Devices learn of it so much later, in the mean: half of the TTL with which they keep the answer of a resolver, where
    /// a name was moved.
    pub learnt_after: Span,
    /// For so long after the fault the fleet was observed.
    pub observed_for: Span,
}
