//! What a step of the runbook can do. Services register their actions; those that are of no service stand here, a file each
//! and a line.

mod spec;

use super::chosen::{StepAction, place};
use super::registry::Entry;
use super::{Scenario, Step};
use crate::resource::ResourceId;
use crate::services::{SERVICES, dns};

pub(crate) use parallel::Branch;
pub use shell::Command;
pub(crate) use spec::ActionSpec;
pub use spec::{Compared, Copies, Move, Search, StoreLocation, Touches};

registry! {
    /// The actions of no service.
    const GENERAL: Action as ActionSpec {
        human::Human,
        wait::Wait,
        shell::Shell,
        parallel::Parallel,
        check::Check,
        notify::Notify,
        stack_deploy::StackDeploy,
    }
}

/// Every action, as `do:` chooses it.
pub(crate) fn registered() -> impl Iterator<Item = &'static Entry<place::Action, dyn ActionSpec>> {
    let of_services = SERVICES.iter().flat_map(|service| service.actions());
    GENERAL.iter().chain(dns::ACTIONS).chain(of_services)
}

impl StepAction {
    /// What it says of itself.
    pub(crate) fn spec(&self) -> Option<&dyn ActionSpec> {
        registered().find_map(|entry| (entry.spec)(self.as_any()))
    }

    /// Likewise, to be filled in.
    pub(crate) fn spec_mut(&mut self) -> Option<&mut (dyn ActionSpec + 'static)> {
        let entry = registered().find(|entry| (entry.spec)(self.as_any()).is_some())?;
        (entry.spec_mut)(self.as_any_mut())
    }

    /// The label of the keyed store whose values it brings back, if it does.
    pub fn restores(&self) -> Option<&str> {
        self.spec().and_then(ActionSpec::restores)
    }

    /// What it may change in this scenario, so that a service may be well again, or worse, for it.
    pub fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        self.spec()
            .map_or(Touches::NOTHING, |spec| spec.touches(scenario))
    }

    /// Whether it only reads: what a walkthrough takes beside a cloud that works.
    pub fn only_reads(&self) -> bool {
        self.spec().is_some_and(ActionSpec::only_reads)
    }

    /// Whether it does anything here; otherwise it only takes its time.
    pub fn works(&self) -> bool {
        self.spec().is_some_and(ActionSpec::works)
    }

    /// The label of the keyed store whose values it goes through, so that its time grows with them.
    pub fn goes_through(&self) -> Option<&str> {
        self.spec().and_then(ActionSpec::goes_through)
    }

    /// Whether it is of a kind that brings services back.
    pub fn puts_right(&self) -> bool {
        self.spec().is_some_and(ActionSpec::puts_right)
    }

    /// Where it looks for damage, if it does.
    pub fn searches(&self) -> Option<Search<'_>> {
        self.spec().and_then(ActionSpec::searches)
    }

    /// What it copies from one store to another, if it does.
    pub fn copies(&self) -> Option<Copies<'_>> {
        self.spec().and_then(ActionSpec::copies)
    }

    /// The names that it moves in this scenario, if it does.
    pub fn moves<'a>(&'a self, scenario: &'a Scenario) -> Option<Move<'a>> {
        self.spec().and_then(|spec| spec.moves(scenario))
    }

    /// Whether it makes this resource, if it is not there.
    pub fn deploys(&self, resource: ResourceId<'_>) -> bool {
        self.spec().is_some_and(|spec| spec.deploys(resource))
    }

    /// Why AWS refuses it with this error code, in plain words, where the action matters.
    pub(crate) fn refusal(&self, code: &str) -> Option<&'static str> {
        self.spec().and_then(|spec| spec.refusal(code))
    }
}

impl Step {
    /// What did not happen because it failed, in a sentence.
    pub(crate) fn not_achieved(&self) -> String {
        let spec = self.action.spec();
        spec.map_or(String::new(), |spec| spec.not_achieved(self))
    }
}
