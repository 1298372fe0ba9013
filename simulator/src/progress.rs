//! Live progress on stderr: a status line on a terminal, plain lines elsewhere.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

use drill::journal::{FleetCounters, Health};
use drill::text::one_line;
use drill::units::DrillTime;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::Mutex;
use runtime::wall::{self, Mono};

use crate::output;

/// How often a status is written where it cannot be drawn over the last one, in wall time.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// Where a running drill tells what it does.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    doing: Mutex<String>,
    last_plain: Mutex<Mono>,
    /// What a person is being asked, if one is.
    asking: Mutex<Option<Asking>>,
}

/// A prompt that is open. On a terminal nothing else is drawn meanwhile: it would garble what is being typed.
#[derive(Debug, Default)]
struct Asking {
    mark: String,
    /// What happened since it was shown, and is told with the next answer.
    held: Vec<String>,
}

/// What a drill looks like at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) now: DrillTime,
    pub(crate) rate: f64,
    /// What keeps the rate from being higher.
    pub(crate) limit: String,
    pub(crate) fleet: Option<FleetCounters>,
    pub(crate) probes: Vec<(String, Option<Health>)>,
}

impl Progress {
    /// On stderr, as it is.
    pub(crate) fn new() -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress {
            bar,
            doing: Mutex::default(),
            last_plain: Mutex::new(wall::mono()),
            asking: Mutex::default(),
        }
    }

    /// A person is shown this, and asked for an answer behind `mark`. What happens meanwhile is told with the next answer
    /// (on a terminal; elsewhere at once).
    pub(crate) fn ask(&self, text: &str, mark: &str) {
        let mut asking = self.asking.lock();
        let held = match asking.take() {
            Some(open) => open.held,
            None => {
                self.hide();
                Vec::new()
            }
        };
        held.iter().for_each(output::note);
        output::note(text);
        output::prompt(mark);
        if self.bar.is_none() {
            output::note("");
        }
        *asking = Some(Asking {
            mark: mark.to_owned(),
            held: Vec::new(),
        });
    }

    /// No person is asked any more.
    pub(crate) fn end_prompt(&self) {
        let Some(open) = self.asking.lock().take() else {
            return;
        };
        open.held.iter().for_each(output::note);
        if let Some(bar) = &self.bar {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
    }

    /// A line for the person who has just answered.
    pub(crate) fn reply(&self, text: &str) {
        match (self.asking.lock().is_some(), &self.bar) {
            (false, Some(bar)) => bar.println(one_line(text)),
            _ => output::note(one_line(text)),
        }
    }

    /// Something that people have to see at once, also where one is being asked.
    pub(crate) fn announce(&self, at: DrillTime, text: &str) {
        let asking = self.asking.lock();
        let line = format!("[{:>11}] {text}", at.to_string());
        match (&*asking, &self.bar) {
            (Some(open), Some(_)) => {
                output::note(format_args!("\n{line}"));
                output::prompt(&open.mark);
            }
            (None, Some(bar)) => bar.suspend(|| output::note(&line)),
            (_, None) => output::note(line),
        }
    }

    /// Takes the status line away.
    fn hide(&self) {
        if let Some(bar) = &self.bar {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            output::clear_line();
        }
    }

    /// Something happened: a line that stays.
    pub(crate) fn say(&self, at: DrillTime, text: &str) {
        let line = one_line(&format!("[{:>11}] {text}", at.to_string()));
        if self.bar.is_some()
            && let Some(open) = &mut *self.asking.lock()
        {
            open.held.push(line);
            return;
        }
        match &self.bar {
            Some(bar) => bar.println(line),
            None => output::note(line),
        }
    }

    /// What goes on from now on.
    pub(crate) fn doing(&self, what: &str) {
        what.clone_into(&mut self.doing.lock());
    }

    /// Where the drill stands.
    pub(crate) fn status(&self, status: &Status) {
        let text = self.describe(status);
        match &self.bar {
            Some(bar) => bar.set_message(one_line(&text)),
            None => {
                let mut last = self.last_plain.lock();
                let now = wall::mono();
                if now.since(*last) >= PLAIN_EVERY {
                    *last = now;
                    output::note(text);
                }
            }
        }
    }

    /// Nothing more will come.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn describe(&self, status: &Status) -> String {
        let mut text = format!(
            "[{:>11}] {} · {:.0}x ({})",
            status.now.to_string(),
            self.doing.lock(),
            status.rate,
            status.limit
        );
        if let Some(fleet) = &status.fleet {
            let _ = write!(text, " · {}/{} devices up", fleet.connected, fleet.devices);
        }
        for (name, health) in &status.probes {
            let word = match health {
                Some(Health::Green) => "green",
                Some(Health::Red) => "RED",
                Some(Health::Unknown) | None => "unknown",
            };
            let _ = write!(text, " · {name} {word}");
        }
        text
    }
}
