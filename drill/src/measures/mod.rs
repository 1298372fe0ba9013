//! What was achieved: recovery times, data losses and the verdict, as a pure function of what a run left.
//!
//! ```text
//!  journal ──► timeline ──► case ──► incidents ──► objectives ──► verdict ──┐
//!                            │           │             ▲                    ├──► Report, Charts
//!  ledger, audit ────────────┴─► data ───┼─────────────┘                    │
//!                                        └──► phases, flips, findings ──────┘
//! ```
//!
//! Nothing here reads a clock or a file: the same records give the same report, to the byte. Where is what?
//!
//! | question | module |
//! |---|---|
//! | when was a service down, and what closed it | `incidents`, `health`, `closing` |
//! | what became of the writes, and what is the RPA | `data` |
//! | what a service or a data set rests on, and where | `paths` |
//! | when devices were back, and when they could be | `fleet`, `session_loss` |
//! | measured, modelled or observed | `provenance` |
//! | met or missed | `objectives`, `verdict` |
//! | what the cloud, not the plan, may have decided | `emulator`, `late` |
//! | what would change that | `flips` |
//! | what was gone through without faults | `exercise` |
//! | what would change that, and what decided when services were back | `flips`, `critical`, on the `graph` of steps |

mod basis;
mod case;
mod charts;
mod closing;
mod commands;
mod critical;
mod data;
mod effects;
mod emulator;
mod exercise;
mod findings;
mod fleet;
mod flips;
mod graph;
mod incidents;
mod late;
mod objectives;
mod paths;
mod phases;
mod provenance;
mod recording;
mod session_loss;
mod tables;
mod timeline;
mod verdict;

pub use critical::{CriticalPart, VERIFICATION, critical_path};
pub use recording::{Recording, RecordingError};

use self::case::Case;
use self::findings::Evidence;
use crate::audit::AuditRecord;
use crate::report::{Clock, Judged, Report, SCHEMA, ScenarioSummary, Seconds};
use crate::scenario::Scenario;

/// Judges a run of `scenario` by the three records that it left.
///
/// It never fails: what is missing from the records makes the verdict inconclusive, and a run that did not
/// reach its end is reported as far as it came.
pub fn judge(scenario: &Scenario, recording: &Recording) -> Judged {
    let case = Case::new(scenario, recording);
    if let Some(kind) = case.exercise() {
        return exercise::judge(&case, kind, recording);
    }
    let incidents = incidents::find(&case);
    let data = data::tally(&case, &incidents, recording);
    let mut assessed = objectives::assess(&case, &incidents, &data);
    let reached = verdict::reach(&case, &data, &mut assessed);
    let (fleet, session_loss) = fleet::fleet(&case).unzip();
    let of_emulator = emulator::mark(&case, &mut assessed);
    let mut findings = findings::findings(&Evidence {
        case: &case,
        incidents: &incidents,
        data: &data,
        fleet: fleet.as_ref(),
        compared: recording
            .audit
            .iter()
            .filter(|record| matches!(record, AuditRecord::Compared { .. }))
            .collect(),
    });
    findings.extend(of_emulator);
    findings.extend(late::findings(&case, &data));
    findings.sort_by_key(|finding| finding.severity);
    let phases = phases::phases(&case, &incidents, fleet.as_ref());
    let flips = flips::flips(&case, &incidents, &assessed);
    let charts = charts::charts(&case, &incidents);
    let report = Report {
        verdict: reached.verdict,
        basis: basis::basis(&case, &incidents, reached.verdict),
        protections: objectives::protections(&case),
        reasons: reached.reasons,
        objectives: assessed.into_iter().map(|assessed| assessed.objective).collect(),
        incidents: tables::incidents(&incidents),
        phases,
        steps: tables::steps(&case),
        faults: tables::faults(&case),
        data: data.iter().map(data::Data::report).collect(),
        names: tables::names(&case),
        functions: case.timeline.functions.values().copied().cloned().collect(),
        programs: case.timeline.programs.values().copied().cloned().collect(),
        messages: tables::messages(&case),
        fleet,
        findings,
        flips,
        seal: recording.seal.clone(),
        ..frame(&case)
    };
    Judged {
        report,
        charts,
        session_loss: session_loss.flatten(),
    }
}

/// What a report says of the run itself.
fn frame(case: &Case<'_>) -> Report {
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
