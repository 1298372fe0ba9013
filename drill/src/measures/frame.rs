//! What a report says of the run itself.

use super::case::Case;
use super::tables;
use crate::report::{Clock, Report, SCHEMA, ScenarioSummary, Seconds};

/// What a report says of the run itself.
pub(super) fn frame(case: &Case<'_>) -> Report {
    let timeline = &case.timeline;
    let started = timeline.started.as_ref();
    let (first, last) = timeline.wall_us;
    let scenario = case.scenario;
    Report {
        schema: SCHEMA,
        scenario: ScenarioSummary {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            system: scenario.system.clone(),
            source: scenario.source.clone(),
            sha256: started.map_or("", |started| started.scenario_sha256).to_owned(),
        },
        seed: started.map_or_else(|| scenario.seed_or(None), |started| started.seed),
        cloud: started.map_or("", |started| started.cloud).to_owned(),
        routes: tables::routes(case),
        speed: started.map_or_else(
            || f64::from(scenario.clock.highest_rate()),
            |started| started.speed,
        ),
        speed_is_auto: started.is_some_and(|started| started.speed_is_auto),
        durations: case.durations(),
        started_at: date(first),
        finished_at: date(last),
        wall_seconds: wall_seconds(first, last),
        drill_seconds: timeline.last.as_secs_f64(),
        seal: None,
        complete: timeline.complete(),
        lacks_seal: timeline.unsealed.is_some(),
        verdict: crate::report::Verdict::Inconclusive,
        exercise: None,
        readiness: timeline.readiness.to_vec(),
        code: timeline.code.to_vec(),
        basis: crate::report::Basis::default(),
        protections: Vec::new(),
        reasons: Vec::new(),
        objectives: Vec::new(),
        incidents: Vec::new(),
        phases: Vec::new(),
        steps: Vec::new(),
        faults: Vec::new(),
        data: Vec::new(),
        names: Vec::new(),
        functions: Vec::new(),
        programs: Vec::new(),
        messages: Vec::new(),
        injects: tables::injects(case),
        notes: tables::notes(case),
        fleet: None,
        findings: Vec::new(),
        flips: Vec::new(),
        clock: timeline
            .clock
            .as_ref()
            .map_or_else(Clock::default, |clock| Clock {
                lag_ms_p99: clock.lag_ms_p99,
                lag_ms_max: clock.lag_ms_max,
                rates: clock.rates.to_vec(),
                limits: clock.limits.to_vec(),
            }),
        details: None,
    }
}

/// Unix microseconds as RFC 3339 in UTC, to the second.
fn date(us: i64) -> String {
    let second = jiff::Timestamp::from_second(us.div_euclid(1_000_000));
    second.map(|date| date.to_string()).unwrap_or_default()
}

/// The wall time between two dates, to the millisecond.
fn wall_seconds(from_us: i64, to_us: i64) -> Seconds {
    to_us.saturating_sub(from_us).max(0).div_euclid(1_000) as f64 / 1_000.0
}
