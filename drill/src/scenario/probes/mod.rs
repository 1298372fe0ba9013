//! What a probe can do. Services register theirs; here is what all have in common.

mod route;
mod spec;

use super::chosen::{ProbeKind, place};
use super::registry::Entry;
use crate::services::SERVICES;

pub use route::Pointing;
pub(crate) use route::Route;
pub(crate) use spec::{ProbeSpec, Unfilled};
pub use spec::{Reads, Sample};

/// Every probe, as `do:` chooses it.
pub(crate) fn registered() -> impl Iterator<Item = &'static Entry<place::Probe, dyn ProbeSpec>> {
    SERVICES.iter().flat_map(|service| service.probes())
}

impl ProbeKind {
    /// What it says of itself.
    pub(crate) fn spec(&self) -> Option<&dyn ProbeSpec> {
        registered().find_map(|entry| (entry.spec)(self.as_any()))
    }

    /// Likewise, to be filled in.
    pub(crate) fn spec_mut(&mut self) -> Option<&mut (dyn ProbeSpec + 'static)> {
        let entry = registered().find(|entry| (entry.spec)(self.as_any()).is_some())?;
        (entry.spec_mut)(self.as_any_mut())
    }

    /// The names by which its client finds the service.
    pub fn names(&self) -> Vec<&str> {
        self.spec().map_or(Vec::new(), ProbeSpec::names)
    }

    /// What it reads of keyed stores.
    pub fn reads(&self) -> Reads<'_> {
        self.spec().map_or(Reads::ItsOwn, ProbeSpec::reads)
    }

    /// The sample of values that it reads, if it reads one.
    pub fn sample(&self) -> Option<Sample<'_>> {
        match self.reads() {
            Reads::Sample(sample) => Some(sample),
            Reads::Anything | Reads::ItsOwn => None,
        }
    }

    /// The rule that its message takes, if it sends one.
    pub fn rule(&self) -> Option<&str> {
        self.spec().and_then(ProbeSpec::rule)
    }
}
