//! The critical path of a drill: detection, the steps that decided when services were back, and the verification thereafter.
//!
//! ```text
//!  fault ──detection──► declare ──► assess ──► restore ──verification──► green
//! ```
//!
//! It is a pure function of the scenario and the report, so that recorded reports have one, too. It leads to the step that
//! closed the incident that was open longest; where no step closed any, to the step that ended last.

use super::graph::{DETECTION, Graph};
use crate::report::{Incident, Report, Seconds, Step};
use crate::scenario::Scenario;
use crate::units::DrillTime;

/// The name of the part of a critical path from the end of its last step until services were green.
pub const VERIFICATION: &str = "verification";

/// A part of a critical path: what lies between its beginning and that of the next part.
#[derive(Clone, Debug, PartialEq)]
pub struct CriticalPart {
    /// `detection`, the id of a step, or `verification`.
    pub name: String,
    /// When it began, in seconds of drill time.
    pub start_s: Seconds,
    /// When it ended.
    pub end_s: Seconds,
}

/// The critical path of a judged drill of `scenario`; empty if nothing was detected and no step ran.
pub fn critical_path(scenario: &Scenario, report: &Report) -> Vec<CriticalPart> {
    let of = |id: &str| report.steps.iter().find(|step| step.id == id);
    let detect = report
        .phases
        .iter()
        .find(|phase| phase.name == super::phases::DETECT);
    let ran = |step: &crate::scenario::Step| interval(of(&step.id)?);
    let graph = Graph::new(&scenario.runbook, ran, detect.is_some());
    let closed = closing(report);
    let leads_to = closed.and_then(|(_, step)| Some(step).filter(|step| of(step).is_some()));
    let Some(last) = leads_to.or(graph.last()) else {
        return detection(report).into_iter().collect();
    };
    let steps = graph.path_to(last).into_iter().filter_map(|id| {
        let step = of(id)?;
        Some(CriticalPart {
            name: id.to_owned(),
            start_s: step.start_s?,
            end_s: step.end_s?,
        })
    });
    let mut path: Vec<CriticalPart> = detection(report).into_iter().chain(steps).collect();
    if let (Some((incident, _)), Some(part)) = (closed, path.last()) {
        let start_s = part.end_s;
        let green = incident.end_s.filter(|end| *end > start_s);
        path.extend(green.map(|end_s| CriticalPart {
            name: VERIFICATION.to_owned(),
            start_s,
            end_s,
        }));
    }
    path
}

fn detection(report: &Report) -> Option<CriticalPart> {
    let phase = report
        .phases
        .iter()
        .find(|phase| phase.name == super::phases::DETECT)?;
    Some(CriticalPart {
        name: DETECTION.to_owned(),
        start_s: phase.start_s,
        end_s: phase.end_s?,
    })
}

/// The incident that lasted longest of those that a step closed, and that step.
fn closing(report: &Report) -> Option<(&Incident, &str)> {
    let length = |incident: &Incident| incident.until_s - incident.start_s;
    let closed = report
        .incidents
        .iter()
        .filter_map(|incident| Some((incident, incident.step.as_deref()?)));
    closed.max_by(|a, b| length(a.0).total_cmp(&length(b.0)))
}

fn interval(step: &Step) -> Option<(DrillTime, DrillTime)> {
    let at = |seconds: Seconds| DrillTime::from_us((seconds * 1e6).round() as i64);
    Some((at(step.start_s?), at(step.end_s?)))
}
