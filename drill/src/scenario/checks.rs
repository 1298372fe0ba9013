//! A scenario under examination: by the checks of its parts, and by what its faults and steps say of themselves.

use std::collections::BTreeSet;

use super::decode::Context;
use super::diagnostic::Warning;
use super::keys::holds_prefix;
use super::{Scenario, Step};
use crate::resource::ResourceId;

/// A scenario under examination.
pub(crate) struct Checks<'s, 'c, 'f> {
    pub(crate) scenario: &'s Scenario,
    /// Whether every part of the file could be read. What it means may be wrong in several places, of which each
    /// is told.
    pub(super) whole: bool,
    pub(crate) context: &'c mut Context<'f>,
    pub(super) warnings: Vec<Warning>,
}

impl Checks<'_, '_, '_> {
    pub(crate) fn error(&mut self, path: &str, found: String, allowed: &str) {
        self.error_with(path, found, allowed, None);
    }

    pub(crate) fn error_with(&mut self, path: &str, found: String, allowed: &str, hint: Option<String>) {
        let mark = self.context.mark_of(path);
        self.context.error(mark, path.to_owned(), found, allowed, hint);
    }

    pub(crate) fn warn(&mut self, path: &str, text: String) {
        self.warnings.push(Warning {
            file: self.context.file().to_owned(),
            mark: self.context.mark_of(path),
            path: path.to_owned(),
            text,
        });
    }

    /// Whether something stands in the file at this path, be it right or wrong.
    pub(crate) fn given(&self, path: &str) -> bool {
        self.context.given(path)
    }

    /// Whether every part of the file could be read.
    pub(crate) fn whole(&self) -> bool {
        self.whole
    }

    /// Whether step `id` has ended when `step` begins; a step that could not be read is taken to have.
    pub(crate) fn comes_before(&self, id: &str, step: &Step) -> bool {
        self.scenario.step(id).is_none() || !self.whole() || self.scenario.comes_before(id, step)
    }

    /// The path of the `n`-th fault, and whether it is a repetition of the one that stands there.
    pub(crate) fn fault_path(&self, n: usize) -> (String, bool) {
        let faults = &self.scenario.faults;
        let line = faults[n].line;
        let lines: BTreeSet<u32> = faults[..n].iter().map(|fault| fault.line).collect();
        let repeated = lines.contains(&line);
        let place = lines.len() - usize::from(repeated);
        (self.context.item_path("faults", place), repeated)
    }
}

/// One fault under examination, by its own action.
pub(crate) struct FaultCheck<'a, 's, 'c, 'f> {
    pub(super) checks: &'a mut Checks<'s, 'c, 'f>,
    pub(super) path: String,
}

impl<'s> FaultCheck<'_, 's, '_, '_> {
    /// The scenario.
    pub(crate) fn scenario(&self) -> &'s Scenario {
        self.checks.scenario
    }

    /// Whether every part of the file could be read.
    pub(crate) fn whole(&self) -> bool {
        self.checks.whole()
    }

    /// Notes an error in a field.
    pub(crate) fn error(&mut self, field: &str, found: String, allowed: &str) {
        self.checks
            .error(&format!("{}.{field}", self.path), found, allowed);
    }

    /// Notes a warning about a field.
    pub(crate) fn warn(&mut self, field: &str, text: String) {
        self.checks.warn(&format!("{}.{field}", self.path), text);
    }

    /// Whether a step makes this resource.
    pub(crate) fn is_deployed(&self, resource: ResourceId<'_>) -> bool {
        let mut steps = self.checks.scenario.runbook.iter();
        steps.any(|step| step.action.deploys(resource))
    }
}

/// One probe under examination, by its own kind.
pub(crate) struct ProbeCheck<'a, 's, 'c, 'f> {
    pub(super) checks: &'a mut Checks<'s, 'c, 'f>,
    pub(super) path: String,
}

impl<'s> ProbeCheck<'_, 's, '_, '_> {
    /// The scenario.
    pub(crate) fn scenario(&self) -> &'s Scenario {
        self.checks.scenario
    }

    /// Notes a warning about a field.
    pub(crate) fn warn(&mut self, field: &str, text: String) {
        self.checks.warn(&format!("{}.{field}", self.path), text);
    }

    /// Warns of a sample of `least` values, of keys that begin with `prefix`, for which `store` has too few.
    pub(crate) fn sample(&mut self, store: &str, prefix: &str, least: u32) {
        let scenario = self.scenario();
        let Some(store) = scenario.cloud.store(store) else {
            return;
        };
        let (noun, label) = (store.kind.noun, store.label);
        if !prefix.is_empty() && !holds_prefix(scenario, label, prefix) {
            let text = format!("no key of {noun} {label} begins with {prefix:?}, so that it stays red");
            self.warn("prefix", text);
        }
        let count = store.inventory.map_or(0, |inventory| inventory.count);
        let is_written = scenario.writers.iter().any(|writer| writer.store == label);
        if count < u64::from(least) && !is_written {
            let text =
                format!("{noun} {label} holds {count} objects, fewer than the sample, so that it stays red");
            self.warn("sample", text);
        }
    }
}

/// One step under examination, by its own action.
pub(crate) struct StepCheck<'a, 's, 'c, 'f> {
    pub(crate) checks: &'a mut Checks<'s, 'c, 'f>,
    pub(crate) step: &'s Step,
    pub(super) path: String,
}

impl<'s> StepCheck<'_, 's, '_, '_> {
    /// The path of one of the step's fields, or with "" of the step itself.
    fn path(&self, field: &str) -> String {
        match field {
            "" => self.path.clone(),
            field => format!("{}.{field}", self.path),
        }
    }

    /// Notes an error in a field.
    pub(crate) fn error(&mut self, field: &str, found: String, allowed: &str) {
        self.checks.error(&self.path(field), found, allowed);
    }

    /// Notes a warning about a field.
    pub(crate) fn warn(&mut self, field: &str, text: String) {
        self.checks.warn(&self.path(field), text);
    }

    /// Whether a field is in the file.
    pub(crate) fn given(&self, field: &str) -> bool {
        self.checks.given(&self.path(field))
    }

    /// The scenario.
    pub(crate) fn scenario(&self) -> &'s Scenario {
        self.checks.scenario
    }

    /// Whether every part of the file could be read.
    pub(crate) fn whole(&self) -> bool {
        self.checks.whole()
    }

    /// A URL that the drill may post to: loopback, or allowed by `safety.allow_hosts`.
    pub(crate) fn endpoint(&mut self, field: &str, url: &str) {
        let safety = &self.checks.scenario.safety;
        if let Err(allowed) = safety.permits(url) {
            self.error(field, format!("{url:?}"), &allowed.to_string());
        }
    }

    /// Whether step `id` has ended when this one begins; a step that could not be read is taken to have.
    pub(crate) fn comes_after(&self, id: &str) -> bool {
        self.checks.comes_before(id, self.step)
    }
}
