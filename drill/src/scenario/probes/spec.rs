//! What a probe says of itself.

use super::route::Route;
use crate::scenario::checks::ProbeCheck;
use crate::scenario::{CountOf, Scenario, Verify};

/// What a probe says of itself.
pub(crate) trait ProbeSpec {
    /// Checks it against the other parts of the scenario: that it can be green.
    fn check(&self, check: &mut ProbeCheck<'_, '_, '_, '_>) {
        if let Reads::Sample(sample) = self.reads() {
            check.sample(sample.store, sample.prefix, sample.pass.of);
        }
    }

    /// Fills in what other parts of the scenario say.
    ///
    /// # Errors
    /// What of it cannot be filled.
    fn fill(&mut self, _: &Scenario) -> Result<(), Unfilled> {
        Ok(())
    }

    /// Goes the way that its request takes.
    fn route<'a>(&'a self, route: &mut Route<'a, '_>);

    /// The names by which its client finds the service.
    fn names(&self) -> Vec<&str>;

    /// What it reads of keyed stores.
    fn reads(&self) -> Reads<'_>;

    /// The rule that its message takes, if it sends one.
    fn rule(&self) -> Option<&str> {
        None
    }
}

/// What a probe reads of keyed stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads<'a> {
    /// A sample of the acknowledged values of a store.
    Sample(Sample<'a>),
    /// Values that it may come across, whichever client wrote them.
    Anything,
    /// What it has written itself, and nothing that was there before.
    ItsOwn,
}

/// A sample of a store's acknowledged values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<'a> {
    /// The label of the store.
    pub store: &'a str,
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// How many must read well, of how many.
    pub pass: CountOf,
    /// The operation by which it reads each, by AWS's name.
    pub operation: &'static str,
    /// Whether values are compared with what was written.
    pub verify: Verify,
}

/// Why a probe could not be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unfilled {
    /// What stands there.
    pub(crate) found: String,
    /// What may stand there.
    pub(crate) allowed: String,
    /// Whether it matters only if everything else could be read.
    pub(crate) if_whole: bool,
}
