//! The course of the drill: time, objectives, probes, faults, detection, runbook.

use drill::journal::{Health, Purpose};
use drill::scenario::{Fault, Scenario};
use runtime::clock::Phase;
use runtime::wall;

use super::super::counts::{
    HEALTHS, InjectedFault, JournalCounts, OUTCOMES, health_word, outcome_word, purpose_word,
};
use super::super::page::Page;
use crate::conductor::context::Drill;

/// Microseconds of a second.
const SECOND_US: f64 = 1e6;

pub(super) fn time(page: &mut Page, drill: &Drill, counts: &JournalCounts) {
    let (clock, scenario) = (&drill.host.clock, &drill.spec.scenario);
    let seed = drill.spec.seed.to_string();
    let cloud = counts.cloud.as_deref().unwrap_or_default();
    page.gauge("firedrill_drill_info", "What is drilled, with what; always 1.")
        .put(
            &[
                ("scenario", &scenario.name),
                ("system", &scenario.system),
                ("seed", &seed),
                ("cloud", cloud),
            ],
            1.0,
        );
    if clock.phase() == Phase::Frozen {
        return;
    }
    let zero_us = clock.calendar_us_at(drill::units::DrillTime::ZERO);
    let passed_us = wall::now_us().saturating_sub(zero_us).max(0);
    page.gauge(
        "firedrill_drill_start_time_seconds",
        "Drill 0, in Unix time: the cloud answered.",
    )
    .put(&[], zero_us as f64 / SECOND_US);
    page.gauge("firedrill_wall_time_seconds", "Wall time since drill 0.")
        .put(&[], passed_us as f64 / SECOND_US);
    page.gauge(
        "firedrill_drill_time_seconds",
        "Drill time since drill 0, the time base of every duration below.",
    )
    .put(&[], clock.now().as_secs_f64());
    page.gauge(
        "firedrill_clock_rate_ratio",
        "Drill seconds per wall second, now; 0 once the drill is over.",
    )
    .put(&[], clock.rate());
    page.gauge(
        "firedrill_clock_rate_ceiling_ratio",
        "Drill seconds per wall second, at most.",
    )
    .put(&[], drill.spec.speed);
    page.gauge(
        "firedrill_clock_lateness_max_seconds",
        "The wall time by which a timer of the drill was late, at most.",
    )
    .put(&[], clock.accounts().lag_ms_max / 1e3);
}

pub(super) fn objectives(page: &mut Page, drill: &Drill) {
    let objectives = &drill.spec.scenario.objectives;
    let mut targets = page.gauge(
        "firedrill_objective_target_seconds",
        "What is to be achieved, in drill time: RTO, RPO and MTD of each service, and the failback of the drill (*).",
    );
    for service in &objectives.services {
        let mtd = Some(service.mtd.unwrap_or(objectives.mtd));
        for (metric, target) in [("rto", service.rto), ("rpo", service.rpo), ("mtd", mtd)] {
            if let Some(target) = target {
                let labels = [("service", &*service.name), ("objective", metric)];
                targets.put(&labels, target.as_secs_f64());
            }
        }
    }
    if let Some(failback) = &objectives.failback {
        let labels = [("service", "*"), ("objective", "failback")];
        targets.put(&labels, failback.rto.as_secs_f64());
    }
    let mut open = page.gauge(
        "firedrill_open_incident_age_seconds",
        "Drill time since the first red result of a service that is red now. The report counts from the fault.",
    );
    let now = drill.host.clock.now();
    for (service, red_since) in drill.observed.phase.lock().services_down() {
        if let Some(since) = red_since {
            open.put(&[("service", &service)], (now - since).as_secs_f64());
        }
    }
}

pub(super) fn probes(page: &mut Page, drill: &Drill, counts: &JournalCounts) {
    let mut healthy = page.gauge(
        "firedrill_probe_healthy",
        "What a probe finds, debounced: 1 green, 0 red. Absent while nothing is known.",
    );
    for (probe, health) in drill.observed.phase.lock().states() {
        match health {
            Some(Health::Green) => healthy.put(&[("probe", probe)], 1.0),
            Some(Health::Red) => healthy.put(&[("probe", probe)], 0.0),
            Some(Health::Unknown) | None => {}
        }
    }
    let mut rounds = page.counter(
        "firedrill_probe_rounds_total",
        "Rounds of a probe that ended, by their purpose and result. Unknown: this machine was late.",
    );
    for (probe, purpose) in purposes(&drill.spec.scenario) {
        for health in HEALTHS {
            let labels = [
                ("probe", probe),
                ("purpose", purpose_word(purpose)),
                ("result", health_word(health)),
            ];
            rounds.count(&labels, counts.rounds_of(probe, purpose, health));
        }
    }
}

/// Every probe with what it is asked for.
fn purposes(scenario: &Scenario) -> impl Iterator<Item = (&str, Purpose)> {
    let health = scenario
        .probes
        .iter()
        .map(|probe| (probe.name.as_str(), Purpose::Health));
    let detection = scenario.detection.iter();
    health.chain(detection.map(|detection| (detection.probe.as_str(), Purpose::Detection)))
}

pub(super) fn faults(page: &mut Page, drill: &Drill, counts: &JournalCounts) {
    let faults = &drill.spec.scenario.faults;
    let mut injected = page.gauge(
        "firedrill_fault_injected",
        "Whether a fault has been injected: 1; 0 while it is still to come, and where its injection failed.",
    );
    for fault in faults {
        let has = counts.faults.get(&fault.id).is_some_and(InjectedFault::touched);
        injected.put(&labels(fault), f64::from(u8::from(has)));
    }
    let mut active = page.gauge(
        "firedrill_fault_active",
        "Whether a fault that lasts (an outage, errors, a pause) holds: 1 from its injection to its end. \
         Faults that damage data are over at once.",
    );
    for fault in faults.iter().filter(|fault| lasts(&drill.spec.scenario, fault)) {
        let holds = counts
            .faults
            .get(&fault.id)
            .is_some_and(|of| of.touched() && !of.ended);
        active.put(&labels(fault), f64::from(u8::from(holds)));
    }
    let mut targets = page.gauge(
        "firedrill_fault_targets",
        "How many things a fault touched (objects, functions, brokers, rules for requests).",
    );
    for fault in faults {
        if let Some(of) = counts.faults.get(&fault.id) {
            targets.count(&labels(fault), of.targets);
        }
    }
    let mut proven = page.gauge(
        "firedrill_fault_proven",
        "Whether the fault was verified: 1 or 0. Absent until its verification has ended.",
    );
    for fault in faults {
        if let Some(said) = counts.faults.get(&fault.id).and_then(|of| of.proven) {
            proven.put(&labels(fault), f64::from(u8::from(said)));
        }
    }
}

fn labels(fault: &Fault) -> [(&'static str, &str); 2] {
    [("fault", &fault.id), ("action", fault.action.name())]
}

/// Whether a fault does anything that goes on until something ends it.
fn lasts(scenario: &Scenario, fault: &Fault) -> bool {
    let impacts = fault.action.impacts(scenario);
    fault.for_.is_some() || impacts.iter().any(|impact| impact.effect.lasts())
}

pub(super) fn recovery(page: &mut Page, drill: &Drill, counts: &JournalCounts) {
    if drill.spec.scenario.detection.is_some() {
        page.gauge(
            "firedrill_detected",
            "Whether the monitoring has fired: 1, or 0 while it has not.",
        )
        .put(&[], f64::from(u8::from(counts.detected)));
    }
    let mut steps = page.gauge(
        "firedrill_runbook_steps",
        "Steps of the runbook by what has become of them.",
    );
    let running = counts.running.len() as u64;
    let ended: u64 = counts.ended.values().sum();
    let all = drill.spec.scenario.runbook.len() as u64;
    steps.count(&[("state", "waiting")], all.saturating_sub(running + ended));
    steps.count(&[("state", "running")], running);
    for outcome in OUTCOMES.map(outcome_word) {
        let count = counts.ended.get(outcome).copied().unwrap_or_default();
        steps.count(&[("state", outcome)], count);
    }
}
