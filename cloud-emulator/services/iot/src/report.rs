//! What a broker process tells its parent: one JSON object per line on its standard output.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// One line from the broker process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line {
    /// Each listener answered a CONNECT, and the edge accepts.
    Ready {
        /// Where devices connect to.
        address: SocketAddr,
    },
    /// The counters, after they changed.
    Counts(Counts),
    /// Something went wrong, or is well again.
    Trouble(Trouble),
    /// An order was carried out, or not.
    Done {
        /// Its number.
        number: u64,
        /// Why not, in words.
        error: Option<String>,
    },
    /// It cannot start, or cannot go on; the process ends.
    Failed {
        /// In words.
        reason: String,
    },
    /// It stopped as it was asked to.
    Stopped,
}

/// What the broker counted since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Connections at this moment.
    pub connected: u64,
    /// Connections that were let in.
    pub accepted: u64,
    /// Connections that were closed because of a quota, that of all or that of their client id.
    pub throttled: u64,
    /// Connections that were closed because there were too many.
    pub turned_away: u64,
    /// Connections that were refused: with a CONNACK, or closed since they were not MQTT.
    pub refused: u64,
    /// Connections that the edge ended: taken over by another, silent for too long, or reset by a fault.
    pub cut_off: u64,
    /// The rules, in the order of the configuration.
    pub rules: Vec<RuleCounts>,
}

/// What one rule counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCounts {
    /// Its name.
    pub rule: String,
    /// Messages that it received.
    pub received: u64,
    /// Those among them that are no telemetry: they are forwarded, and have no marks.
    pub unmarked: u64,
    /// Messages that the broker took and dropped before the rule saw them: it did not keep up.
    pub missed: u64,
    /// Messages that the target acknowledged.
    pub delivered: u64,
    /// Messages that were dropped because too many waited for the target, or it can never take them.
    pub dropped: u64,
    /// Uploads that failed, and were or will be tried again.
    pub failed_uploads: u64,
}

impl RuleCounts {
    /// What a rule has counted that has just begun.
    pub(super) fn none(rule: &str) -> RuleCounts {
        RuleCounts {
            rule: rule.to_owned(),
            ..RuleCounts::default()
        }
    }

    /// Messages in open batches, and in closed ones that the target has not yet acknowledged.
    pub fn waiting(&self) -> u64 {
        self.received.saturating_sub(self.delivered + self.dropped)
    }
}

/// An event to report at once to the user who runs the drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trouble {
    /// A rule did not keep up: the broker dropped messages before the rule saw them.
    Missed {
        /// The rule's name.
        rule: String,
        /// How many messages.
        messages: u64,
    },
    /// Messages were dropped because too many waited for the target, or because it can never take them.
    Dropped {
        /// The rule's name.
        rule: String,
        /// How many messages.
        messages: u64,
    },
    /// A target does not take what a rule brings; told once, until it does.
    Refused {
        /// The rule's name.
        rule: String,
        /// AWS's error code and message.
        error: String,
    },
    /// A target takes again what a rule brings.
    Resumed {
        /// The rule's name.
        rule: String,
    },
    /// The file of marks cannot be written: where messages died will not be known.
    MarksLost {
        /// What the system said.
        error: String,
    },
}

/// Where the parts of a broker process leave their lines; they are few, and never wait.
#[derive(Clone, Debug)]
pub(super) struct Reporter(UnboundedSender<Line>);

impl Reporter {
    /// A reporter, and the lines that it is given.
    pub(super) fn new() -> (Reporter, UnboundedReceiver<Line>) {
        let (sender, lines) = unbounded_channel();
        (Reporter(sender), lines)
    }

    /// Something went wrong, or is well again.
    pub(super) fn trouble(&self, trouble: Trouble) {
        self.say(Line::Trouble(trouble));
    }

    /// Says a line. It goes nowhere once the process is about to end.
    pub(super) fn say(&self, line: Line) {
        let _ = self.0.send(line);
    }
}

/// Writes one line to standard output.
///
/// # Errors
/// The reader is gone.
pub(super) fn print(line: &Line) -> io::Result<()> {
    let text = serde_json::to_string(line)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
