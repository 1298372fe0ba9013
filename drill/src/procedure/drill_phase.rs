//! The drill_phase: when a drill may break things, when it audits, and when it ends.
//!
//! A pure state machine over what the running drill sees: probe results, the injected faults, detection,
//! the runbook's end. It decides what happens next, not what was achieved; that is judged afterwards, from
//! the records ([`crate::measures`]).
//!
//! ```text
//! steady? ──► faults ──► red … green for stable_for ──► audit A ──► [return home] ──► green for observe_for ──► end
//! ```

use std::collections::{BTreeMap, VecDeque};

use crate::journal::{EndReason, Health};
use crate::scenario::{Scenario, ServiceObjective};
use crate::units::{DrillTime, Span};

/// Why faults may not be injected yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSteady {
    /// This probe is not green.
    #[error("probe {0} is not green")]
    NotGreen(String),
    /// A probe has not been green for long enough.
    #[error("probe {probe} has been green for {held} only, {hold} are asked for")]
    GreenTooShortly {
        /// The probe.
        probe: String,
        /// For how long it has been green.
        held: Span,
        /// For how long it should have been.
        hold: Span,
    },
    /// Detection has fired.
    #[error("the monitoring fired before anything was broken")]
    Detected,
}

/// What the drill should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Every incident is confirmed closed: audit A is due.
    Audit,
    /// The drill is over.
    End(EndReason),
}

/// The debounced health of one probe.
#[derive(Clone, Debug)]
struct DebouncedHealth {
    debounce: u32,
    state: Option<Health>,
    since: DrillTime,
    candidate: Option<(Health, DrillTime, u32)>,
    /// Results that told anything before the first fault, and how many of them were red.
    steady: (u64, u64),
    /// Results since the service was last seen to turn green, while it is: when, and whether they were red.
    greens: VecDeque<(DrillTime, bool)>,
    /// How many of them were red.
    reds: u64,
}

impl DebouncedHealth {
    /// A result; `broken` once the first fault has been injected.
    fn record(&mut self, at: DrillTime, health: Health, broken: bool) {
        if health != Health::Unknown {
            let red = health == Health::Red;
            if !broken {
                self.steady.0 += 1;
                self.steady.1 += u64::from(red);
            }
            self.greens.push_back((at, red));
            self.reds += u64::from(red);
        }
        self.turn(at, health);
        match self.state {
            Some(Health::Green) => self.settle(broken),
            _ if health == Health::Green => {}
            _ => {
                self.greens.clear();
                self.reds = 0;
            }
        }
    }

    /// Forgets the oldest result.
    fn forget(&mut self) -> Option<bool> {
        let (_, red) = self.greens.pop_front()?;
        self.reds -= u64::from(red);
        Some(red)
    }

    /// Forgets what lies before the green from which on no more single results are red than in the steady state, by more
    /// than one: as long as more are, the service is not back.
    fn settle(&mut self, broken: bool) {
        while self.greens.front().is_some_and(|(at, _)| *at < self.since) {
            self.forget();
        }
        while broken && !self.is_stable() {
            // Up to a red one and with it; then what is red still.
            while self.forget().is_some_and(|red| !red) {}
            while self.greens.front().is_some_and(|(_, red)| *red) {
                self.forget();
            }
        }
    }

    /// No more of the results are red than in the steady state, by more than one.
    fn is_stable(&self) -> bool {
        let (known, usual) = self.steady;
        u128::from(self.reds.saturating_sub(1)) * u128::from(known.max(1))
            <= u128::from(usual) * self.greens.len() as u128
    }

    fn turn(&mut self, at: DrillTime, health: Health) {
        if health == Health::Unknown || self.state == Some(health) {
            self.candidate = self.candidate.filter(|_| health == Health::Unknown);
            return;
        }
        let (first, count) = match self.candidate {
            Some((candidate, first, count)) if candidate == health => (first, count + 1),
            _ => (at, 1),
        };
        self.candidate = Some((health, first, count));
        if count >= self.debounce {
            (self.state, self.since, self.candidate) = (Some(health), first, None);
        }
    }

    fn green_since(&self) -> Option<DrillTime> {
        let green = self.state == Some(Health::Green) && self.candidate.is_none();
        let first = self.greens.front().map(|(at, _)| *at);
        green.then(|| first.unwrap_or(self.since).max(self.since))
    }
}

/// A service, with how long it may be down.
#[derive(Clone, Debug)]
struct Service {
    name: String,
    probe: String,
    rto: Option<Span>,
    /// The maximum tolerable downtime, less the work that people still do once systems are back.
    mtd: Span,
    /// Red time of incidents that are over.
    was_red: Span,
}

/// What a running drill knows of its own progress.
#[derive(Clone, Debug)]
pub struct DrillPhase {
    probes: BTreeMap<String, DebouncedHealth>,
    /// The services, whose health ends the drill.
    services: Vec<Service>,
    steady_hold: Span,
    stable_for: Span,
    observe_for: Span,
    give_up: Span,
    /// When the first service went red.
    down_since: Option<DrillTime>,
    /// When faults are injected, in order.
    injections: Vec<DrillTime>,
    first_fault: Option<DrillTime>,
    last_fault: Option<DrillTime>,
    detects: bool,
    detected: bool,
    /// When the last step ended that does not belong to the return home.
    recovery_done: Option<DrillTime>,
    /// When the last step ended; what it did must be seen to hold.
    steps_done: Option<DrillTime>,
    audited: bool,
    /// An exercise without faults: it ends with its steps, whatever services do.
    exercise: bool,
    /// Everything that people are told in it was told.
    all_told: bool,
}

impl DrillPhase {
    /// Nothing has been seen yet of a drill of this scenario.
    pub fn new(scenario: &Scenario) -> DrillPhase {
        let mut injections: Vec<DrillTime> = scenario
            .faults
            .iter()
            .filter_map(|fault| Some(DrillTime::ZERO + fault.at.clock()?))
            .collect();
        injections.sort();
        let health = |debounce| DebouncedHealth {
            debounce,
            state: None,
            since: DrillTime::ZERO,
            candidate: None,
            steady: (0, 0),
            greens: VecDeque::new(),
            reds: 0,
        };
        let no_steps = scenario.runbook.is_empty().then_some(DrillTime::ZERO);
        DrillPhase {
            probes: scenario
                .probes
                .iter()
                .map(|probe| (probe.name.clone(), health(probe.debounce)))
                .collect(),
            services: scenario
                .objectives
                .services
                .iter()
                .map(|service| Service::new(scenario, service))
                .collect(),
            steady_hold: scenario.steady_hold,
            stable_for: scenario.stable_for,
            observe_for: scenario.observe_for,
            give_up: scenario.give_up,
            first_fault: injections.first().copied(),
            last_fault: injections.last().copied(),
            injections,
            down_since: None,
            detects: scenario.detection.is_some(),
            detected: false,
            recovery_done: no_steps,
            steps_done: no_steps,
            audited: false,
            exercise: scenario.exercise.is_without_faults() && scenario.faults.is_empty(),
            all_told: false,
        }
    }

    /// An exercise without faults begins: `give_up` counts from here.
    pub fn exercise_began(&mut self, at: DrillTime) {
        self.first_fault = Some(at);
    }

    /// Everything that people are told in the course of an exercise was told.
    pub fn all_told(&mut self) {
        self.all_told = true;
    }

    /// Faults that have a time of their own are injected so much later than the scenario says.
    pub fn delay_injections(&mut self, by: Span) {
        let later = |at: &mut DrillTime| *at += by;
        self.injections.iter_mut().for_each(later);
        self.first_fault.iter_mut().for_each(later);
        self.last_fault.iter_mut().for_each(later);
    }

    /// The drill does not give up before it has gone on for so long after the first fault.
    pub fn go_on_for(&mut self, at_least: Span) {
        self.give_up = self.give_up.max(at_least);
    }

    /// A probe's result, dated at its end. Gives the state, if it is another one now.
    pub fn probe(&mut self, name: &str, at: DrillTime, health: Health) -> Option<Health> {
        let broken = self.injected(at);
        let probe_health = self.probes.get_mut(name)?;
        let (before, since) = (probe_health.state, probe_health.since);
        probe_health.record(at, health, broken);
        let turned = probe_health.state.filter(|_| probe_health.state != before)?;
        let (red, turned_at) = (probe_health.since.since(since), probe_health.since);
        if before == Some(Health::Red) {
            let affected = self.services.iter_mut().filter(|service| service.probe == name);
            affected.for_each(|service| service.was_red += red);
        }
        if turned == Health::Red && self.services.iter().any(|service| service.probe == name) {
            self.down_since.get_or_insert(turned_at);
        }
        Some(turned)
    }

    /// The monitoring has fired.
    pub fn detected(&mut self) {
        self.detected = true;
    }

    /// Every service, and since when it has been red if it is.
    pub fn services_down(&self) -> Vec<(String, Option<DrillTime>)> {
        let red_since = |service: &Service| {
            let probe_health = self.probes.get(&service.probe)?;
            (probe_health.state == Some(Health::Red)).then_some(probe_health.since)
        };
        let services = self.services.iter();
        services
            .map(|service| (service.name.clone(), red_since(service)))
            .collect()
    }

    /// When the first service went red.
    pub fn down_since(&self) -> Option<DrillTime> {
        self.down_since
    }

    /// A fault in the course of a step is injected at `at`; the drill does not end before.
    pub fn fault_at(&mut self, at: DrillTime) {
        let place = self.injections.partition_point(|injection| *injection <= at);
        self.injections.insert(place, at);
        self.last_fault = self.last_fault.max(Some(at));
    }

    /// Every step of the runbook has ended but those of the return home, the last at `now`.
    pub fn recovery_done(&mut self, now: DrillTime) {
        self.recovery_done.get_or_insert(now);
    }

    /// Every step of the runbook has ended, the last at `now`.
    pub fn steps_done(&mut self, now: DrillTime) {
        self.recovery_done(now);
        self.steps_done = Some(now);
    }

    /// Audit A is complete.
    pub fn audited(&mut self) {
        self.audited = true;
    }

    /// Whether audit A is complete.
    pub fn is_audited(&self) -> bool {
        self.audited
    }

    /// Whether a fault has been injected by `now`.
    pub fn injected(&self, now: DrillTime) -> bool {
        self.first_fault.is_some_and(|first| now >= first)
    }

    /// The state of each probe, for people.
    pub fn states(&self) -> impl Iterator<Item = (&str, Option<Health>)> {
        self.probes
            .iter()
            .map(|(name, probe_health)| (name.as_str(), probe_health.state))
    }

    /// Whether faults may be injected at `now`.
    ///
    /// # Errors
    /// If the state before the faults is not steady.
    pub fn steady(&self, now: DrillTime) -> Result<(), NotSteady> {
        for (name, probe_health) in &self.probes {
            match probe_health.green_since() {
                None => return Err(NotSteady::NotGreen(name.clone())),
                Some(since) if now.since(since) < self.steady_hold => {
                    return Err(NotSteady::GreenTooShortly {
                        probe: name.clone(),
                        held: now.since(since),
                        hold: self.steady_hold,
                    });
                }
                Some(_) => {}
            }
        }
        if self.detected {
            Err(NotSteady::Detected)
        } else {
            Ok(())
        }
    }

    /// For how long all services have been green since the last fault, and the last step if those that are
    /// to be seen to hold have ended: green before that says nothing of what it did.
    fn green_for(&self, now: DrillTime) -> Option<Span> {
        let from = self.last_fault.max(self.acted()).unwrap_or(DrillTime::ZERO);
        if now < from {
            return None;
        }
        let mut since = from;
        for service in &self.services {
            since = since.max(self.probes.get(&service.probe)?.green_since()?);
        }
        Some(now.since(since))
    }

    /// When the last of the steps ended that the drill waits for now: before audit A those that recover,
    /// thereafter all.
    fn acted(&self) -> Option<DrillTime> {
        if self.audited {
            self.steps_done
        } else {
            self.recovery_done
        }
    }

    /// Whether the drill has gone on for as long as it may.
    pub fn gave_up(&self, now: DrillTime) -> bool {
        self.first_fault.is_some_and(|first| now >= first + self.give_up)
    }

    /// Whether some service is red, and each that is has missed its RTO and its MTD: nothing that happens
    /// later could change what is known. As an end of red counts once it has held for `stable_for`, so
    /// does a miss: a drill that ended sooner would leave it within the error of the clock.
    fn all_missed(&self, now: DrillTime) -> bool {
        let mut open = 0;
        for service in &self.services {
            let Some(probe_health) = self.probes.get(&service.probe) else {
                continue;
            };
            if probe_health.state != Some(Health::Red) {
                continue;
            }
            open += 1;
            let nth = self
                .injections
                .partition_point(|injection| *injection <= probe_health.since);
            let from = nth
                .checked_sub(1)
                .map_or(probe_health.since, |nth| self.injections[nth]);
            let down = now.since(from);
            let missed = |red: Span, target: Span| red > target + self.stable_for;
            let rto_missed = service.rto.is_none_or(|rto| missed(down, rto));
            if !rto_missed || !missed(service.was_red + down, service.mtd) {
                return false;
            }
        }
        open > 0
    }

    /// An exercise ends when its steps have ended and people were told everything, or gives up.
    fn decide_exercise(&self, now: DrillTime) -> Option<Decision> {
        self.first_fault?;
        if self.gave_up(now) {
            return Some(Decision::End(EndReason::GaveUp));
        }
        let done = self.steps_done.is_some() && self.all_told;
        done.then_some(Decision::End(EndReason::ExerciseDone))
    }

    /// What is due now.
    pub fn decide(&self, now: DrillTime) -> Option<Decision> {
        if self.exercise {
            return self.decide_exercise(now);
        }
        let green_for = self.green_for(now);
        let observed = green_for.is_some_and(|span| span >= self.observe_for);
        if self.first_fault.is_none() {
            let over = now.since(DrillTime::ZERO) >= self.steady_hold + self.observe_for;
            return over.then_some(Decision::End(EndReason::NoFaults));
        }
        if self.gave_up(now) {
            return Some(Decision::End(EndReason::GaveUp));
        }
        if self.detects && !self.detected && observed {
            return Some(Decision::End(EndReason::NotDetected));
        }
        if !self.audited && green_for.is_some_and(|span| span >= self.stable_for) {
            // While steps are still to come the disaster is not over, and without detection nothing says
            // yet that there was an incident: wait for the full time.
            let confirmed = if self.detected {
                self.recovery_done.is_some()
            } else {
                !self.detects || observed
            };
            return confirmed.then_some(Decision::Audit);
        }
        if self.acted().is_some() && self.all_missed(now) {
            return Some(Decision::End(EndReason::AllMissed));
        }
        (self.steps_done.is_some() && self.audited && observed).then_some(Decision::End(EndReason::Recovered))
    }
}

impl Service {
    fn new(scenario: &Scenario, objective: &ServiceObjective) -> Service {
        let objectives = &scenario.objectives;
        Service {
            name: objective.name.clone(),
            probe: objective.probe.clone(),
            rto: objective.rto,
            mtd: objective.mtd.unwrap_or(objectives.mtd).min(objectives.mtd) - objectives.wrt,
            was_red: Span::ZERO,
        }
    }
}

#[cfg(test)]
mod tests;
