//! What an action of the runbook says of itself.

use crate::resource::ResourceId;
use crate::scenario::checks::StepCheck;
use crate::scenario::{Scenario, Step};

/// What an action of the runbook says of itself. The defaults are those of an action that only takes its time.
pub(crate) trait ActionSpec {
    /// Fills in what other parts of the scenario say.
    fn fill(&mut self, _: &Scenario) {}

    /// Checks it against the other parts of the scenario.
    fn check(&self, _: &mut StepCheck<'_, '_, '_, '_>) {}

    /// The label of the keyed store whose values it brings back, if it does.
    fn restores(&self) -> Option<&str> {
        None
    }

    /// What it may change.
    fn touches<'a>(&'a self, scenario: &'a Scenario) -> Touches<'a> {
        match self.restores() {
            Some(store) => Touches::Only(scenario.cloud.store_in_all_regions(store)),
            None => Touches::NOTHING,
        }
    }

    /// Whether it only reads: what a walkthrough takes beside a cloud that works.
    fn only_reads(&self) -> bool {
        false
    }

    /// Whether it does anything here; otherwise it only takes its time.
    fn works(&self) -> bool {
        true
    }

    /// The label of the keyed store whose values it goes through, so that its time grows with them.
    fn goes_through(&self) -> Option<&str> {
        self.restores()
    }

    /// Whether it is of a kind that brings services back.
    fn puts_right(&self) -> bool {
        self.restores().is_some()
    }

    /// Where it looks for damage, if it does.
    fn searches(&self) -> Option<Search<'_>> {
        None
    }

    /// What it copies from one store to another, if it does.
    fn copies(&self) -> Option<Copies<'_>> {
        None
    }

    /// The names that it moves, and the label of the region that they point to then.
    fn moves<'a>(&'a self, _: &'a Scenario) -> Option<Move<'a>> {
        None
    }

    /// Whether it makes this resource, if it is not there.
    fn deploys(&self, _: ResourceId<'_>) -> bool {
        false
    }

    /// Why AWS refuses it with this error code, in plain words, where the action matters.
    fn refusal(&self, _code: &str) -> Option<&'static str> {
        None
    }

    /// What did not happen because the step failed, in a sentence.
    fn not_achieved(&self, step: &Step) -> String;
}

/// What a step may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touches<'a> {
    /// These, or nothing.
    Only(Vec<ResourceId<'a>>),
    /// Unknown: the user's own commands.
    Anything,
}

impl Touches<'_> {
    /// Nothing at all.
    pub const NOTHING: Touches<'static> = Touches::Only(Vec::new());
}

/// A search for damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search<'a> {
    /// The label of the keyed store.
    pub store: &'a str,
    /// Whether it reads values, not a listing alone.
    pub reads_values: bool,
}

/// Values of one store that are copied to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies<'a> {
    /// Where they come from.
    pub from: StoreLocation<'a>,
    /// Where they go.
    pub to: StoreLocation<'a>,
    /// Whether what the source does not have is deleted.
    pub deletes: bool,
    /// What of a value that is in both is compared.
    pub compares: Compared,
}

/// A keyed store in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLocation<'a> {
    /// Its label.
    pub store: &'a str,
    /// The label of the region.
    pub region: &'a str,
}

/// By what a copy tells whether two values are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Their sizes and dates: of two that differ in content alone neither is copied.
    SizesAndDates,
    /// The values themselves.
    Values,
}

/// Names that point to another region from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move<'a> {
    /// The names.
    pub names: Vec<&'a str>,
    /// The label of the region.
    pub to: &'a str,
}
