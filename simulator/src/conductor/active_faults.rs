//! The faults that have been injected, and those that are in force.

use std::collections::BTreeMap;

use cloud_emulator::faults::ActiveFault;
use drill::journal::{Event, FaultEnd};
use drill::resource::ResourceId;
use drill::scenario::{Fault, Scenario};
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;

use super::host::Host;

/// What is in force, by the faults' ids.
#[derive(Default)]
pub(crate) struct ActiveFaults {
    active: Mutex<Vec<(String, ActiveFault)>>,
    /// The faults that have been injected, and when they ended.
    injected: Mutex<BTreeMap<String, Option<DrillTime>>>,
}

impl ActiveFaults {
    /// A fault has been injected.
    pub(super) fn injected(&self, fault: &str) {
        self.injected.lock().insert(fault.to_owned(), None);
    }

    /// A fault is over at `at`.
    pub(super) fn ended(&self, host: &Host, at: DrillTime, fault: String, by: FaultEnd) {
        self.injected.lock().insert(fault.clone(), Some(at));
        host.emit_at(at, Event::FaultEnded { fault, by });
    }

    /// A fault that stays until something ends it.
    pub(crate) fn keep(&self, fault: &str, broken: ActiveFault) {
        if broken.is_active() {
            self.active.lock().push((fault.to_owned(), broken));
        }
    }

    /// A step may have ended faults: those that are no longer in force are over.
    pub(crate) fn ended_by_step(&self, host: &Host) {
        let mut active = self.active.lock();
        let over = active
            .extract_if(.., |(_, broken)| !broken.is_active())
            .collect::<Vec<_>>();
        drop(active);
        for (fault, _) in over {
            self.ended(host, host.clock.now(), fault, FaultEnd::Step);
        }
    }

    /// Removes every fault that is still in force.
    pub(crate) fn remove_all(&self, host: &Host) {
        for (fault, broken) in std::mem::take(&mut *self.active.lock()) {
            drop(broken);
            self.ended(host, host.clock.now(), fault, FaultEnd::Teardown);
        }
    }

    /// The fault that affected one of these resources at an instant, and may be why what makes so many calls one after the other had
    /// not been answered within `timeout` then: faults that only delay calls, by less than that, are no reason.
    pub(crate) fn affecting<'s>(
        &self,
        scenario: &'s Scenario,
        path: &[ResourceId<'_>],
        at: DrillTime,
        calls: u32,
        timeout: Span,
    ) -> Option<&'s str> {
        let injected = self.injected.lock();
        let faults = scenario.faults.iter();
        let was_active = |ended: &Option<DrillTime>| ended.is_none_or(|ended| ended > at);
        let active = faults.filter(|fault| injected.get(&fault.id).is_some_and(was_active));
        let impacts = |fault: &&Fault| {
            let impacts = fault.action.impacts(scenario);
            impacts.iter().any(|impact| {
                impact.effect.lasts() && impact.effect.turns_red() && path.contains(&impact.resource)
            })
        };
        let affecting: Vec<&Fault> = active.filter(impacts).collect();
        let delays = affecting.iter().map(|fault| fault.action.delays());
        let delay: Option<Span> = delays
            .map(|delay| delay.map(|delay| delay.p99))
            .try_fold(Span::ZERO, |sum, delay| Some(sum + delay?));
        let explains = delay.is_none_or(|delay| delay.times(i64::from(calls)) >= timeout);
        let fault = affecting
            .into_iter()
            .find(|fault| delay.is_some() || fault.action.delays().is_none());
        fault.filter(|_| explains).map(|fault| fault.id.as_str())
    }
}
