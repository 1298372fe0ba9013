//! DNS changes, notifications, functions and their events, and programs on devices, as text.

use drill::journal::{FunctionCounters, ProgramCounters};
use drill::report::{Message, Report};

use super::{count, span};

/// A step that moved names: when, which, and from where to where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moved<'a> {
    /// In seconds since drill 0.
    pub(crate) at_s: f64,
    /// The step.
    pub(crate) by: &'a str,
    /// The names.
    pub(crate) names: Vec<&'a str>,
    /// The label of the region that they pointed to.
    pub(crate) from: &'a str,
    /// The label of the region that they point to.
    pub(crate) to: &'a str,
}

impl Moved<'_> {
    /// `programs, iot: from primary to backup at 55m (step failover)`.
    pub(crate) fn sentence(&self) -> String {
        format!(
            "{}: from {} to {} at {} (step {})",
            self.names.join(", "),
            self.from,
            self.to,
            span(self.at_s),
            self.by
        )
    }
}

/// The moves in order of time; names that one step moved within a minute on the same way stand together.
pub(crate) fn moves(report: &Report) -> Vec<Moved<'_>> {
    let mut all: Vec<Moved<'_>> = Vec::new();
    for name in &report.names {
        all.extend(name.moves.iter().map(|moved| Moved {
            at_s: moved.at_s,
            by: &moved.by,
            names: vec![&name.name],
            from: &moved.from,
            to: &moved.to,
        }));
    }
    all.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    let mut together: Vec<Moved<'_>> = Vec::new();
    for moved in all {
        let same = |last: &&mut Moved<'_>| {
            (last.by, last.from, last.to) == (moved.by, moved.from, moved.to) && moved.at_s - last.at_s < 60.0
        };
        match together.last_mut().filter(same) {
            Some(last) => last.names.extend(moved.names),
            None => together.push(moved),
        }
    }
    together
}

/// `notified at 47m, 3m before the deadline`.
pub(crate) fn notified(message: &Message) -> String {
    match (message.at_s, message.due_s) {
        (Some(at), Some(due)) if at <= due => {
            format!("notified at {}, {} before the deadline", span(at), span(due - at))
        }
        (Some(at), Some(due)) => format!("notified at {}, {} too late", span(at), span(at - due)),
        (Some(at), None) => format!("notified at {}", span(at)),
        (None, _) => "not notified".to_owned(),
    }
}

/// A sign for whether people were told in time that needs no colour.
pub(crate) fn notification_sign(message: &Message) -> &'static str {
    match (message.in_time, message.at_s) {
        (Some(true), _) => "✔",
        (Some(false), _) => "✘",
        (None, Some(_)) => "·",
        (None, None) => "–",
    }
}

/// What the columns of [`events`] are called.
pub(crate) const EVENTS: [&str; 7] = [
    "Accepted",
    "Delivered",
    "Failed",
    "Throttled",
    "To destination",
    "Dropped",
    "Waiting",
];

/// What became of a function's events.
pub(crate) fn events(function: &FunctionCounters) -> [String; 7] {
    [
        function.accepted,
        function.delivered,
        function.failed,
        function.throttled,
        function.to_destination,
        function.dropped,
        function.waiting,
    ]
    .map(count)
}

/// The columns of [`program`].
pub(crate) const PROGRAM: [&str; 5] = ["Received", "Digest right", "Ran", "Failed", "Skipped"];

/// What became of a program, in devices.
pub(crate) fn program(program: &ProgramCounters) -> [String; 5] {
    [
        program.received,
        program.checked,
        program.ran,
        program.failed,
        program.skipped,
    ]
    .map(count)
}
