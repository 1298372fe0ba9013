//! A run beside the scenario that it drilled: which faults were injected, what was declared when.

use super::effects::{self, PutBack};
use super::injection::Injection;
use super::recording::Recording;
use super::timeline::{FaultRun, StepRun, Timeline};
use crate::journal::StepOutcome;
use crate::ledger::{Change, LedgerRecord};
use crate::scenario::{Durations, Exercise, Fault, Human, Reference, Scenario, Step};
use crate::units::{DrillTime, Span};

/// The scenario and the journal, joined.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) timeline: Timeline<'a>,
    /// The faults that were injected, in order of time, then of the file.
    pub(crate) injections: Vec<Injection<'a>>,
    /// What others than producers and faults changed, in order of time.
    pub(crate) changes: Vec<&'a Change>,
    /// What each of them put back; `None` of keys that no producer wrote.
    pub(crate) effects: Vec<Option<PutBack>>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(scenario: &'a Scenario, recording: &'a Recording) -> Case<'a> {
        let mut timeline = Timeline::new(&recording.journal);
        if recording.lacks_seal {
            timeline.unsealed = timeline.finished.take();
        }
        let injection = |fault: &'a Fault| {
            let at = timeline.faults.get(fault.id.as_str())?.injected?;
            Some(Injection { fault, at })
        };
        let mut injections: Vec<Injection<'a>> = scenario.faults.iter().filter_map(injection).collect();
        injections.sort_by_key(|injection| injection.at);
        let change = |record: &'a LedgerRecord| match record {
            LedgerRecord::Change(change) => Some(change),
            _ => None,
        };
        let mut changes: Vec<&Change> = recording.ledger.iter().filter_map(change).collect();
        changes.sort_by_key(|change| change.at);
        let effects = effects::put_back(scenario, &timeline, &injections, &changes, &recording.ledger);
        Case {
            scenario,
            timeline,
            injections,
            changes,
            effects,
        }
    }

    /// Which values of modelled durations the plan has: what the run was told, or else the scenario says.
    pub(crate) fn durations(&self) -> Durations {
        let told = self
            .timeline
            .started
            .as_ref()
            .and_then(|started| started.durations);
        told.unwrap_or(self.scenario.clock.durations)
    }

    /// When the first fault was injected.
    pub(crate) fn first_injection(&self) -> Option<DrillTime> {
        self.injections.first().map(|injection| injection.at)
    }

    /// When services set out for home, if they did.
    pub(crate) fn failback_began(&self) -> Option<DrillTime> {
        let failback = self.scenario.objectives.failback.as_ref()?;
        self.step_run(self.scenario.step(&failback.from)?)?.start
    }

    /// What is known of a fault.
    pub(crate) fn fault_run(&self, fault: &Fault) -> Option<&FaultRun<'a>> {
        self.timeline.faults.get(fault.id.as_str())
    }

    /// What is known of a step.
    pub(crate) fn step_run(&self, step: &Step) -> Option<&StepRun<'a>> {
        self.timeline.steps.get(step.id.as_str())
    }

    /// The kind of the exercise, if it was one without faults.
    pub(crate) fn exercise(&self) -> Option<Exercise> {
        self.timeline
            .started
            .as_ref()
            .and_then(|started| started.exercise)
    }

    /// When the disaster was declared: the end of step `declare`, unless people did not do it; in a runbook without one,
    /// detection.
    pub(crate) fn declared(&self) -> Option<DrillTime> {
        match self.scenario.declaration() {
            Some(step) => self.end_of(step).filter(|_| !self.was_not_done_by_people(step)),
            None => self.timeline.detected.or(self.timeline.exercise_began),
        }
    }

    /// Whether people were to do it and did not: it was skipped, or everybody had left.
    fn was_not_done_by_people(&self, step: &Step) -> bool {
        let end = self.step_run(step).and_then(|run| run.ended);
        let outcome = end.map(|(_, end)| end.outcome);
        let human = step.action.is::<Human>();
        outcome.is_some_and(|outcome| outcome == StepOutcome::Skipped || (human && outcome.is_not_done()))
    }

    /// The steps that people were to perform and did not.
    pub(crate) fn not_performed(&self) -> Vec<&'a Step> {
        // One that a modelled drill gave up at its timeout was no person's to perform.
        let modelled = |step: &&Step| {
            let end = self.step_run(step).and_then(|run| run.ended);
            end.is_some_and(|(_, end)| end.modelled > Span::ZERO)
        };
        let steps = self.scenario.runbook.iter();
        steps
            .filter(|step| self.was_not_done_by_people(step) && !modelled(step))
            .collect()
    }

    /// `Ada skipped step inform`, `step debrief was not performed (InputEnded)`.
    pub(crate) fn how_not_performed(&self, step: &Step) -> String {
        let end = self.step_run(step).and_then(|run| run.ended).map(|(_, end)| end);
        if let Some(performed) = end.and_then(|end| end.performed.as_ref()) {
            return format!("{} skipped step {}", performed.by, step.id);
        }
        let code = end.and_then(|end| end.error.as_ref());
        let code = code.map_or(String::new(), |error| format!(" ({})", error.code));
        format!("step {} was not performed{code}", step.id)
    }

    fn end_of(&self, step: &Step) -> Option<DrillTime> {
        self.step_run(step)?.interval().map(|(_, end)| end)
    }

    /// The instant that a window counts from, if it came.
    pub(crate) fn instant_of(&self, reference: &Reference) -> Option<DrillTime> {
        match reference {
            Reference::Fault => self.first_injection().or(self.timeline.exercise_began),
            Reference::Detection => self.timeline.detected.or(self.timeline.exercise_began),
            Reference::Declaration => self.declared(),
            Reference::Step(id) => self.end_of(self.scenario.runbook.iter().find(|step| step.id == *id)?),
        }
    }

    /// When the window for a step's end closes: the instant, and the window's two ends.
    pub(crate) fn window(&self, step: &Step) -> Option<(DrillTime, DrillTime)> {
        let within = step.within.as_ref()?;
        let from = self.instant_of(&within.counted_from)?;
        Some((from + within.from, from + within.to))
    }

    /// The health interval of a probe and how late we were: what a bound of a recovery is exact to.
    pub(crate) fn interval(&self, probe: &str) -> Span {
        self.scenario.probe(probe).map_or(Span::ZERO, |probe| probe.every)
    }
}
