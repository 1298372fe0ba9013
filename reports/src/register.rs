//! The findings of all drills, as a list for people and for programs.

use std::fmt::Write as _;

use drill::register::{Followed, State};
use drill::report::Severity;
use drill::text::clean;
use serde_json::{Value, json};

use crate::terminal::wrap;

/// A list of findings for so many columns, under a heading for each state; notes that no register has come last.
pub fn text(followed: &[Followed], width: usize) -> String {
    let (notes, others): (Vec<&Followed>, Vec<&Followed>) =
        followed.iter().partition(|one| is_mere_note(one));
    let mut text = String::new();
    for group in others.chunk_by(|a, b| a.state == b.state) {
        list(&mut text, heading(group[0].state), group, width);
    }
    if !notes.is_empty() {
        list(&mut text, "Notes, which ask for nothing", &notes, width);
    }
    clean(&text)
}

/// Whether it is a note that no register has: it is told, and asks for nothing.
fn is_mere_note(one: &Followed) -> bool {
    one.entry.is_none() && one.severity == Some(Severity::Note)
}

fn list(text: &mut String, heading: &str, findings: &[&Followed], width: usize) {
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{gap}{heading} ({})", findings.len());
    for one in findings {
        finding(text, one, width);
    }
}

fn heading(state: State) -> &'static str {
    match state {
        State::Reopened => "Reopened: closed once, and found again",
        State::New => "New: in no register",
        State::Open => "Open",
        State::Retested => "Retested: a later drill did not find it again; to be closed",
        State::Accepted => "Accepted",
        State::Closed => "Closed",
    }
}

/// `F-001  critical  owner Kim  due 2026-12-31, OVERDUE`, the text, and the runs.
fn finding(text: &mut String, one: &Followed, width: usize) {
    let entry = one.entry.as_ref();
    let mut head = vec![entry.map_or("-", |entry| &entry.id).to_owned()];
    head.extend(one.severity.map(|severity| severity_name(severity).to_owned()));
    if let Some(entry) = entry {
        head.push(match &entry.owner {
            Some(owner) => format!("owner {owner}"),
            None if one.state.is_open() => "no owner".to_owned(),
            None => String::new(),
        });
        head.push(match (&entry.due, one.overdue) {
            (Some(due), true) => format!("due {due}, OVERDUE"),
            (Some(due), false) => format!("due {due}"),
            (None, _) if one.state.is_open() => "no due date".to_owned(),
            (None, _) => String::new(),
        });
        head.extend(entry.closed_on.as_ref().map(|day| format!("closed on {day}")));
    }
    head.retain(|part| !part.is_empty());
    let _ = writeln!(text, "  {}", head.join("  "));
    for line in wrap(&one.text, width.saturating_sub(4).max(20)) {
        let _ = writeln!(text, "    {line}");
    }
    if let Some(remedy) = entry.and_then(|entry| entry.remedy.as_ref()) {
        for line in wrap(
            &format!("Remedy: {}", remedy.trim_end()),
            width.saturating_sub(4).max(20),
        ) {
            let _ = writeln!(text, "    {line}");
        }
    }
    let mut runs = Vec::new();
    runs.extend(one.first_seen.as_ref().map(|run| format!("first seen in {run}")));
    let last = one
        .last_seen
        .as_ref()
        .filter(|last| one.first_seen.as_ref() != Some(last));
    runs.extend(last.map(|run| format!("last seen in {run}")));
    runs.extend(
        one.retested_by
            .as_ref()
            .map(|run| format!("not found again by {run}")),
    );
    if !runs.is_empty() {
        let _ = writeln!(text, "    {}", runs.join(", "));
    }
    let _ = writeln!(text, "    {}", one.key);
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The same for programs.
pub fn json(followed: &[Followed]) -> String {
    let all: Vec<Value> = followed.iter().map(value).collect();
    let text = serde_json::to_string_pretty(&json!({"schema": 1, "findings": all}));
    text.unwrap_or_default() + "\n"
}

fn value(one: &Followed) -> Value {
    let entry = one.entry.as_ref();
    let of = |field: fn(&drill::register::Entry) -> Option<String>| entry.and_then(field);
    json!({
        "id": of(|entry| Some(entry.id.clone())),
        "key": one.key,
        "scenario": one.scenario,
        "state": one.state.name(),
        "severity": one.severity,
        "text": one.text,
        "step": one.step,
        "service": one.service,
        "fault": one.fault,
        "owner": of(|entry| entry.owner.clone()),
        "due": of(|entry| entry.due.as_ref().map(ToString::to_string)),
        "overdue": one.overdue,
        "remedy": of(|entry| entry.remedy.clone()),
        "status": entry.map(|entry| entry.status),
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        "retested_by": one.retested_by,
        "closed_on": of(|entry| entry.closed_on.as_ref().map(ToString::to_string)),
        "note": of(|entry| entry.note.clone()),
    })
}
