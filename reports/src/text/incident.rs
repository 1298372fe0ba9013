//! Text of incidents: how long they lasted, what closed them, and why results were red.

use drill::report::{ClosedBy, Incident, Reason};

use super::numbers::{share, span};

/// How long an incident lasted, or at least did.
pub(crate) fn incident_length(incident: &Incident) -> String {
    let length = span(incident.until_s - incident.start_s);
    match incident.end_s {
        Some(_) => length,
        None => format!("at least {length}"),
    }
}

/// What closed an incident: `step restore`, `the fault's own end`.
pub(crate) fn closed_by(incident: &Incident) -> String {
    let step = incident.step.as_deref();
    match (incident.closed_by, step) {
        (Some(ClosedBy::Step), Some(step)) => format!("step {step}"),
        (Some(ClosedBy::Step), None) => "a step of the runbook".to_owned(),
        (Some(ClosedBy::FaultEnd), _) => "the fault's own end".to_owned(),
        (Some(ClosedBy::Itself), _) => "no step: it recovered by itself".to_owned(),
        (Some(ClosedBy::Ambiguous), step) => format!(
            "the fault's own end or step {}: cannot be determined",
            step.unwrap_or("?")
        ),
        (None, _) if incident.unstable_from_s.is_some() => "unstable after recovery: still open".to_owned(),
        (None, _) => "still open".to_owned(),
    }
}

/// When and why a service was red: `delivery was red from 35m to 52m, closed by step restore: 57 × NoSuchKey`.
pub(crate) fn incident(incident: &Incident) -> String {
    let until = match incident.end_s {
        Some(end) => format!("to {}", span(end)),
        None => "to the end".to_owned(),
    };
    let mut text = format!(
        "{} was red from {} {until}, closed by {}",
        incident.service,
        span(incident.start_s),
        closed_by(incident)
    );
    if incident.end_s.is_none() {
        text = format!(
            "{} was red from {} {until} ({})",
            incident.service,
            span(incident.start_s),
            closed_by(incident)
        );
    }
    let reasons: Vec<String> = incident.reasons.iter().take(3).map(reason).collect();
    if !reasons.is_empty() {
        text.push_str(&format!(": {}", reasons.join("; ")));
    }
    if let Some(red) = incident.red_after_close.filter(|red| *red > 0.0) {
        text.push_str(&format!(". After it {} of the results were red", share(red, 1.0)));
    }
    text
}

/// Why results were red: `57 × objects/000012: NoSuchKey`.
pub(crate) fn reason(reason: &Reason) -> String {
    format!("{} × {}", reason.count, reason.text)
}
