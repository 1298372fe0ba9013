//! What a probe asks, and what one round of it sees.

use std::collections::BTreeMap;

use async_trait::async_trait;
use drill::draw::Draws;
use drill::journal::Health;
use drill::units::{DrillTime, Span};

use crate::conductor::context::Drill;
use crate::conductor::spec::DrillSpec;

/// A kind of probe. Implemented by what the scenario says of it; one line in `services/mod.rs` registers it.
#[async_trait]
pub(crate) trait ServiceProbe: Sync {
    /// The names by which it finds what it asks.
    fn names(&self) -> Vec<&str>;

    /// How many calls a round makes one after the other, at most, until it has its answer.
    fn sequential_calls(&self) -> u32;

    /// Whether it waits for something to come through: it holds no clock meanwhile.
    fn waits(&self) -> bool {
        false
    }

    /// How long a round waits for what is modelled, where nothing is broken.
    fn modelled_wait(&self, _: &DrillSpec) -> Span {
        Span::ZERO
    }

    /// One round.
    async fn run_once(&self, round: &ProbeRound<'_>) -> ProbeResult;
}

/// A round of a probe.
pub(crate) struct ProbeRound<'a> {
    pub(crate) drill: &'a Drill,
    /// By which the resolver knows the probe.
    pub(crate) client: &'a str,
    pub(crate) draws: &'a Draws,
    /// Its number, from 0.
    pub(crate) number: u64,
    pub(crate) began: DrillTime,
}

/// What one round saw.
#[derive(Clone, Debug)]
pub(crate) struct ProbeResult {
    pub(crate) passed: u32,
    pub(crate) sampled: u32,
    pub(crate) green: bool,
    pub(crate) detail: Option<String>,
    /// The labels of the regions that it was answered from, by the names that it resolved.
    pub(crate) via: Via,
}

/// Regions by names.
pub(crate) type Via = BTreeMap<String, String>;

impl ProbeResult {
    /// Nothing could be sampled, or the first question had no answer.
    pub(crate) fn red(detail: String) -> ProbeResult {
        ProbeResult {
            passed: 0,
            sampled: 0,
            green: false,
            detail: Some(detail),
            via: Via::new(),
        }
    }

    pub(super) fn health(&self) -> Health {
        if self.green { Health::Green } else { Health::Red }
    }

    /// It went this way.
    pub(crate) fn by(self, via: Via) -> ProbeResult {
        ProbeResult { via, ..self }
    }
}
