//! What became of each finding over all runs: still there, retested, closed, back again.
//!
//! A later drill *retests* a finding only if it came to its end, proved the same faults, exercised the same step, service or
//! data again ([`exercised`]), and did not find it. A drill that did not get that far says nothing about it; nor can anything be
//! retested that is known by a text alone, since another text may say the same.

use super::exercised::exercised;
use super::key::{Tracked, tracked};
use super::{Day, Entry, FindingsRegister, Status};
use crate::report::{Report, Severity};

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It was closed, and a later drill found it again.
    Reopened,
    /// It is in no register yet.
    New,
    /// It is in the register, and to be seen to.
    Open,
    /// A later drill exercised it and did not find it; it is not closed yet.
    Retested,
    /// Its risk is accepted.
    Accepted,
    /// It is done.
    Closed,
}

impl State {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            State::Reopened => "reopened",
            State::New => "new",
            State::Open => "open",
            State::Retested => "retested",
            State::Accepted => "accepted",
            State::Closed => "closed",
        }
    }

    /// Whether it needs action.
    pub fn is_open(self) -> bool {
        matches!(self, State::Reopened | State::New | State::Open)
    }
}

/// A finding over all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Its key.
    pub key: String,
    /// The scenario whose drills find it.
    pub scenario: String,
    /// How much it matters: as the last run that found it says, else the register.
    pub severity: Option<Severity>,
    /// What the last run that found it says; else the register.
    pub text: String,
    /// Step, service and fault that it is about, of the last run that found it; else of the register.
    pub step: Option<String>,
    /// See `step`.
    pub service: Option<String>,
    /// See `step`.
    pub fault: Option<String>,
    /// Its entry in the register.
    pub entry: Option<Entry>,
    /// Where it stands.
    pub state: State,
    /// The first run that found it.
    pub first_seen: Option<String>,
    /// The last run that found it.
    pub last_seen: Option<String>,
    /// When that run began: RFC 3339, UTC; none if only a register of an earlier version knows it.
    pub last_seen_at: Option<String>,
    /// The first run after that which exercised it and did not find it.
    pub retested_by: Option<String>,
    /// Whether its due date is over and it is still to be seen to.
    pub overdue: bool,
}

/// Follows each finding of the register and of these runs (their ids and reports, the newest last) up to this day: the worst
/// state first, then by severity, in the order of the register, what is new last.
pub fn follow(register: &FindingsRegister, runs: &[(&str, &Report)], today: &Day) -> Vec<Followed> {
    let seen: Vec<Vec<Tracked>> = runs.iter().map(|(_, report)| found(report)).collect();
    let mut keys: Vec<&str> = register.entries.iter().map(|entry| entry.key.as_str()).collect();
    for one in seen.iter().flatten() {
        if !keys.contains(&one.key.as_str()) {
            keys.push(&one.key);
        }
    }
    let mut all: Vec<Followed> = keys
        .iter()
        .map(|key| one(key, register.entry(key), runs, &seen, today))
        .collect();
    all.sort_by_key(|followed| (followed.state, followed.severity));
    all
}

/// What a drill found of the plan. One that was interrupted, or in which nothing broke that was to break, found something of
/// itself at most.
pub fn found(report: &Report) -> Vec<Tracked> {
    let injected = report
        .faults
        .iter()
        .any(|fault| fault.proven && fault.start_s.is_some());
    if report.complete && (injected || report.faults.is_empty()) {
        tracked(report)
    } else {
        Vec::new()
    }
}

fn one(
    key: &str,
    entry: Option<&Entry>,
    runs: &[(&str, &Report)],
    seen: &[Vec<Tracked>],
    today: &Day,
) -> Followed {
    let found = |n: usize| seen[n].iter().find(|one| one.key == key);
    let first = (0..runs.len()).find(|n| found(*n).is_some());
    let last = (0..runs.len()).rfind(|n| found(*n).is_some());
    let id = |n: usize| runs[n].0.to_owned();
    let known = |field: fn(&Entry) -> &Option<String>| entry.and_then(|entry| field(entry).clone());
    // What the register remembers of runs that are not here any more is older than those that are.
    let first_seen = known(|entry| &entry.first_seen).or_else(|| first.map(id));
    let last_seen = last.map(id).or_else(|| known(|entry| &entry.last_seen));
    let last_seen_at = match last {
        Some(last) => Some(runs[last].1.started_at.clone()),
        None => known(|entry| &entry.last_seen_at),
    };
    let after = last.map_or_else(|| after_known(entry, runs), |last| last + 1);
    let found_in = last.map(|last| runs[last].1);
    let retested = (after..runs.len()).find(|n| exercised(key, found_in, runs[*n].1));
    // That of the register counts unless it was found again since, or that run is here and exercised something else.
    let remembered = known(|entry| &entry.retested_by).filter(|by| {
        let at = runs.iter().position(|(id, _)| id == by);
        at.map_or(last.is_none(), |at| {
            at >= after && exercised(key, found_in, runs[at].1)
        })
    });
    let retested_by = remembered.or_else(|| retested.map(id));
    let state = state(entry, runs, last, retested_by.is_some(), today);
    let shown = last.and_then(found);
    let field = |of: fn(&Tracked) -> &Option<String>, known: Option<String>| {
        shown.map_or(known, |shown| of(shown).clone())
    };
    let scenario = entry.and_then(|entry| entry.scenario.clone());
    Followed {
        scenario: scenario.unwrap_or_else(|| key.split('/').next().unwrap_or_default().to_owned()),
        severity: shown
            .map(|shown| shown.severity)
            .or(entry.and_then(|entry| entry.severity)),
        text: shown
            .map(|shown| shown.text.clone())
            .or_else(|| known(|entry| &entry.text))
            .unwrap_or_default(),
        step: field(|shown| &shown.step, known(|entry| &entry.step)),
        service: field(|shown| &shown.service, known(|entry| &entry.service)),
        fault: field(|shown| &shown.fault, known(|entry| &entry.fault)),
        overdue: state.is_open()
            && entry.is_some_and(|entry| entry.due.as_ref().is_some_and(|due| due < today)),
        key: key.to_owned(),
        entry: entry.cloned(),
        state,
        first_seen,
        last_seen,
        last_seen_at,
        retested_by,
    }
}

/// The first run that can be later than what the register remembers of a finding that no run here has: those after the time
/// or the run that it names; otherwise all, since run folders are moved away from the oldest on.
fn after_known(entry: Option<&Entry>, runs: &[(&str, &Report)]) -> usize {
    if let Some(at) = entry.and_then(|entry| entry.last_seen_at.as_ref()) {
        let later = runs.iter().position(|(_, report)| report.started_at > *at);
        return later.unwrap_or(runs.len());
    }
    let last = entry.and_then(|entry| entry.last_seen.as_deref().or(entry.first_seen.as_deref()));
    let at = last.and_then(|last| runs.iter().position(|(id, _)| *id == last));
    at.map_or(0, |at| at + 1)
}

fn state(
    entry: Option<&Entry>,
    runs: &[(&str, &Report)],
    last: Option<usize>,
    retested: bool,
    today: &Day,
) -> State {
    let Some(entry) = entry else {
        return if retested { State::Retested } else { State::New };
    };
    match entry.status {
        Status::Accepted => State::Accepted,
        Status::Closed if last.is_some_and(|last| since_closed(entry, runs, last, today)) => State::Reopened,
        Status::Closed => State::Closed,
        Status::Open if retested => State::Retested,
        Status::Open => State::Open,
    }
}

/// Whether a run that found it is later than that with which a finding was closed, or the same; where no run is named, or it
/// is not here, whether it is later than the day. What is to be closed in the future is not closed yet.
fn since_closed(entry: &Entry, runs: &[(&str, &Report)], run: usize, today: &Day) -> bool {
    if entry.closed_on.as_ref().is_some_and(|day| day > today) {
        return true;
    }
    let closing = entry.retested_by.as_deref();
    let closing = closing.and_then(|by| runs.iter().position(|(id, _)| *id == by));
    match closing {
        Some(closing) => run >= closing,
        None => {
            let began = &runs[run].1.started_at;
            let day = Day::of_date_time(began);
            // On the day itself, if the register does not know of it.
            let is_news = entry.last_seen_at.as_ref().is_some_and(|known| began > known);
            day.zip(entry.closed_on.clone())
                .is_some_and(|(day, closed)| day > closed || (day == closed && is_news))
        }
    }
}
