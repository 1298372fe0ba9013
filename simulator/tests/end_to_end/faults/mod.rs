//! Every fault that a scenario can name turns a probe red while it stands, and its removal turns it green.
//!
//! ```text
//!   green … │ injected ── red ── over │ … green … │ injected ── red ── over │ … green
//!             └ bystanders stay green ┘
//! ```
//!
//! A drill has many faults one after the other; what its probes found is read from its journal. A [`Case`] says
//! which probes a fault turns red, and that the others stay green, so that a fault that breaks nothing, breaks
//! too much, or is never removed is told apart from one that does what it says.

mod coverage;
mod judge;
mod objects;
mod requests;
mod steps;

use drill::journal::{EndReason, Event, FaultEnd, Health, Purpose, StepOutcome};
use drill::units::{DrillTime, Span};

use self::judge::{Round, Window};
use crate::support::{Run, Scenario};

/// A bucket, a path of telemetry and a function, each with a probe, and no fault yet.
fn base() -> Scenario {
    Scenario::written(include_str!("base.yaml"))
}

/// A fault of a drill, and what is to be seen of it.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// Its id in the drill.
    id: &'static str,
    /// What it does, as a scenario says it.
    fault: &'static str,
    /// The step after which it shows, for one that breaks nothing by itself (names that do not move).
    shows_after: Option<&'static str>,
    /// What ends it.
    over: Over,
    /// The probes that it turns red.
    red: &'static [&'static str],
    /// Whether every round is red, or some of them.
    every_round: bool,
}

/// What ends a fault, or what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// Its own `for:`.
    Itself,
    /// This step ends it.
    Step(&'static str),
    /// It leaves damage that this step repairs, or this step leads around it.
    Repaired(&'static str),
}

impl Case {
    /// A fault that ends by itself, under which every round of these probes is red.
    const fn new(id: &'static str, fault: &'static str, red: &'static [&'static str]) -> Case {
        Case {
            id,
            fault,
            shows_after: None,
            over: Over::Itself,
            red,
            every_round: true,
        }
    }

    /// It affects only part of what it could: some rounds are red.
    const fn sometimes(mut self) -> Case {
        self.every_round = false;
        self
    }

    /// Something else ends it.
    const fn over(mut self, over: Over) -> Case {
        self.over = over;
        self
    }

    /// It shows once this step has ended.
    const fn shows_after(mut self, step: &'static str) -> Case {
        self.shows_after = Some(step);
        self
    }
}

/// A probe of a drill.
#[derive(Clone, Copy, Debug)]
struct ProbedService {
    name: &'static str,
    every: Span,
    /// How long what it asks may take to be back once nothing is broken any more.
    back_within: Span,
}

impl ProbedService {
    /// Asked every 15 seconds, and back with the next time.
    const fn directly(name: &'static str) -> ProbedService {
        let every = Span::from_secs(15);
        ProbedService {
            name,
            every,
            back_within: every,
        }
    }

    /// A broker starts, and a batch goes its way.
    const fn through_a_broker(name: &'static str) -> ProbedService {
        ProbedService {
            back_within: Span::from_mins(2),
            ..ProbedService::directly(name)
        }
    }
}

/// A drill with faults, after it has run.
struct Faulty {
    run: Run,
    probes: &'static [ProbedService],
}

impl Faulty {
    /// The drill went to its end, and every fault was proven and ended as it should.
    fn new(run: Run, probes: &'static [ProbedService]) -> Faulty {
        let faulty = Faulty { run, probes };
        let said = &faulty.run.ended.stderr;
        assert_eq!(faulty.run.finished(), Some(EndReason::Recovered), "{said}");
        for step in faulty.run.report().steps {
            assert_eq!(step.outcome, StepOutcome::Done, "{step:?}\n{said}");
        }
        faulty
    }

    /// Each probe is red when a fault is there that turns it red, and green otherwise.
    fn assert_follows(&self, cases: &[Case]) {
        let windows: Vec<Window> = (0..cases.len()).map(|nth| self.window(cases, nth)).collect();
        let mut wrong = Vec::new();
        for asked in self.probes {
            let (probe, rounds) = (asked.name, self.rounds(asked.name));
            let before = judge::green_before(&rounds, windows[0].injected);
            wrong.extend(
                before
                    .err()
                    .map(|why| format!("{probe}, before anything broke: {why}")),
            );
            for (case, window) in cases.iter().zip(&windows) {
                let found = if case.red.contains(&probe) {
                    judge::red_then_green(&rounds, window, asked, case.every_round)
                } else {
                    judge::green_throughout(&rounds, window)
                };
                wrong.extend(
                    found
                        .err()
                        .map(|why| format!("{probe}, {} ({}): {why}", case.id, case.fault)),
                );
            }
        }
        for case in cases {
            wrong.extend(self.life(case).err().map(|why| format!("{}: {why}", case.id)));
        }
        assert!(
            wrong.is_empty(),
            "{}\n{}",
            wrong.join("\n"),
            self.run.ended.stderr
        );
    }

    /// From when to when a fault is to be seen, and until when nothing else is.
    fn window(&self, cases: &[Case], nth: usize) -> Window {
        let case = &cases[nth];
        let (over, back) = match case.over {
            Over::Itself => {
                let (at, _) = self.fault_ended(case.id).expect("it ends by itself");
                (at, at)
            }
            Over::Step(step) | Over::Repaired(step) => (self.began(step), self.ended(step)),
        };
        let end = self.run.journal().events().map(|(at, _)| at).max();
        Window {
            injected: case
                .shows_after
                .map_or_else(|| self.run.injected(case.id), |step| self.ended(step)),
            over,
            back,
            until: match cases.get(nth + 1) {
                Some(next) => self.run.injected(next.id),
                None => end.expect("a journal has lines"),
            },
        }
    }

    /// It was proven, and ended by what should end it.
    fn life(&self, case: &Case) -> Result<(), String> {
        let journal = self.run.journal();
        let proven = journal.events().find_map(|(_, event)| match event {
            Event::FaultProven {
                fault,
                proven,
                evidence,
            } if fault == case.id => Some((*proven, evidence.clone())),
            _ => None,
        });
        if !proven.as_ref().is_some_and(|(proven, _)| *proven) {
            return Err(format!("not proven: {proven:?}"));
        }
        let by = self.fault_ended(case.id).map(|(_, by)| by);
        let expected = match case.over {
            Over::Itself => Some(FaultEnd::Itself),
            Over::Step(_) => Some(FaultEnd::Step),
            Over::Repaired(_) => return Ok(()),
        };
        if by == expected {
            Ok(())
        } else {
            Err(format!("ended by {by:?}"))
        }
    }

    fn fault_ended(&self, id: &str) -> Option<(DrillTime, FaultEnd)> {
        let journal = self.run.journal();
        journal.events().find_map(|(at, event)| match event {
            Event::FaultEnded { fault, by } if fault == id => Some((at, *by)),
            _ => None,
        })
    }

    /// When a step began.
    fn began(&self, id: &str) -> DrillTime {
        let journal = self.run.journal();
        let began = journal.events().find_map(|(at, event)| match event {
            Event::StepStarted { step, .. } if step == id => Some(at),
            _ => None,
        });
        began.unwrap_or_else(|| panic!("step {id} never began"))
    }

    /// When a step ended.
    fn ended(&self, id: &str) -> DrillTime {
        let journal = self.run.journal();
        let ended = journal.events().find_map(|(at, event)| match event {
            Event::StepEnded(end) if end.step == id => Some(at),
            _ => None,
        });
        ended.unwrap_or_else(|| panic!("step {id} never ended"))
    }

    /// What a probe found, in the order in which it asked.
    fn rounds(&self, wanted: &str) -> Vec<Round> {
        let journal = self.run.journal();
        let mut rounds: Vec<Round> = journal
            .events()
            .filter_map(|(at, event)| match event {
                Event::Probe {
                    probe,
                    purpose: Purpose::Health,
                    began,
                    health,
                    ..
                } if probe == wanted => Some(Round {
                    began: *began,
                    at,
                    health: *health,
                }),
                _ => None,
            })
            .collect();
        rounds.sort_by_key(|round| round.began);
        assert!(
            rounds.iter().any(|round| round.health == Health::Green),
            "{wanted} never worked"
        );
        rounds
    }
}
