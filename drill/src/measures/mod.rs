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
mod foreign;
mod frame;
mod graph;
mod incidents;
mod injection;
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
use crate::report::{Judged, Report};
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
    let data = data::count_writes(&case, &incidents, recording);
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
        ..frame::frame(&case)
    };
    Judged {
        report,
        charts,
        session_loss: session_loss.flatten(),
    }
}
