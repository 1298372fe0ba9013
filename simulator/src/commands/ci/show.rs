//! Progress of a suite on stderr: a line for each drill that runs on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use drill::text::one_line;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use reports::suite::Drill;

use super::item::Item;
use super::work::Work;
use crate::output;

/// The progress of all drills.
pub(super) struct Show {
    terminal: Option<(MultiProgress, ProgressBar)>,
    repeat: u32,
}

/// That of one drill. Clones are the same.
#[derive(Clone)]
pub(super) struct Shown {
    name: String,
    terminal: Option<(MultiProgress, ProgressBar, ProgressBar)>,
}

impl Show {
    pub(super) fn new(work: &Work) -> Show {
        let terminal = std::io::stderr().is_terminal().then(|| {
            let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            let count = ProgressBar::new(work.drills().len() as u64);
            if let Ok(style) = ProgressStyle::with_template("{pos} of {len} drills {wide_bar} {elapsed}") {
                count.set_style(style);
            }
            let count = all.add(count);
            count.enable_steady_tick(Duration::from_millis(500));
            (all, count)
        });
        Show {
            terminal,
            repeat: work.repeat,
        }
    }

    /// Shows the `n`-th drill of a scenario.
    pub(super) fn show_drill(&self, item: &Item, n: u32) -> Shown {
        let name = match self.repeat {
            1 => item.scenario.name.clone(),
            all => format!("{} {n}/{all}", item.scenario.name),
        };
        let terminal = self.terminal.as_ref().map(|(all, count)| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {wide_msg}") {
                bar.set_style(style);
            }
            let bar = all.insert_before(count, bar);
            bar.set_prefix(one_line(&name));
            bar.enable_steady_tick(Duration::from_millis(200));
            (all.clone(), bar, count.clone())
        });
        Shown { name, terminal }
    }

    /// Nothing more will come.
    pub(super) fn finish(&self) {
        if let Some((_, count)) = &self.terminal {
            count.finish_and_clear();
        }
    }
}

impl Shown {
    /// It begins.
    pub(super) fn begins(&self) {
        if self.terminal.is_none() {
            output::note(format_args!("{}: began", self.name));
        }
    }

    /// It has written a line to stderr.
    pub(super) fn says(&self, line: &str) {
        if let Some((_, bar, _)) = &self.terminal {
            bar.set_message(one_line(line));
        }
    }

    /// It has ended.
    pub(super) fn ended(&self, drill: &Drill) {
        let verdict = match &drill.result {
            Ok(report) => report.verdict.key().to_owned(),
            Err(none) => match none.exit {
                Some(code) => format!("no report (exit code {code})"),
                None => "no report (ended by a signal)".to_owned(),
            },
        };
        let line = one_line(&format!("{}: {verdict} after {:.1} s", self.name, drill.wall_s));
        match &self.terminal {
            Some((all, bar, count)) => {
                bar.finish_and_clear();
                count.inc(1);
                // A closed terminal does not end a suite.
                let _ = all.println(line);
            }
            None => output::note(line),
        }
    }
}
