//! What the register holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::report::Severity;

/// What `findings.yaml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingsRegister {
    /// In the order of the file.
    pub entries: Vec<Entry>,
}

impl FindingsRegister {
    /// The entry of this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The entry of this id.
    pub fn by_id(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}

/// One finding in the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `F-001`.
    pub id: String,
    /// Which finding it is, from drill to drill: see [`key`](super::key).
    pub key: String,
    /// The scenario whose drills find it.
    pub scenario: Option<String>,
    /// What it says, in the words of a drill or of its owner.
    pub text: Option<String>,
    /// How much it matters.
    pub severity: Option<Severity>,
    /// The step that it is about.
    pub step: Option<String>,
    /// The service that it is about.
    pub service: Option<String>,
    /// The fault that it is about.
    pub fault: Option<String>,
    /// Who sees to it.
    pub owner: Option<String>,
    /// By when.
    pub due: Option<Day>,
    /// What is to be done.
    pub remedy: Option<String>,
    /// What became of it.
    pub status: Status,
    /// The first run that found it.
    pub first_seen: Option<String>,
    /// The last run that found it.
    pub last_seen: Option<String>,
    /// When that run began: RFC 3339, UTC. Files of earlier versions do not have it.
    pub last_seen_at: Option<String>,
    /// The run that exercised it again and did not find it.
    pub retested_by: Option<String>,
    /// When it was closed; there whenever `status` is `closed`.
    pub closed_on: Option<Day>,
    /// Whatever else is to be remembered.
    pub note: Option<String>,
    /// Where it stands in the file.
    pub line: u32,
}

/// What became of a finding, as people decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is to be seen to.
    #[default]
    Open,
    /// It stays, and its risk is accepted.
    Accepted,
    /// It is done.
    Closed,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 3] = [Status::Open, Status::Accepted, Status::Closed];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Accepted => "accepted",
            Status::Closed => "closed",
        }
    }
}

/// A date of the calendar, `2026-12-31`: as text it sorts by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(String);

impl Day {
    /// The date that is written as `2026-12-31`; none if there is no such date.
    pub fn parse(text: &str) -> Option<Day> {
        let date: jiff::civil::Date = text.parse().ok()?;
        let day = date.to_string();
        (day == text).then_some(Day(day))
    }

    /// The date in UTC at so many microseconds after the Unix epoch.
    pub fn of_wall(us: i64) -> Day {
        let at = jiff::Timestamp::from_microsecond(us).unwrap_or_default();
        Day(at.strftime("%Y-%m-%d").to_string())
    }

    /// The date of a time in RFC 3339, as reports have it.
    pub fn of_date_time(text: &str) -> Option<Day> {
        Day::parse(text.get(..10)?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
