//! The journal as facts: one pass over its events, by what they are about.
//!
//! Lines stand in the order in which they were written; modelled ends and probe results are stamped at
//! their own instants. What is put in order here is put in order of drill time.

use std::collections::BTreeMap;

use crate::journal::{
    AuditId, CodeFile, Component, EndReason, Event, FaultEnd, FleetCounters, FunctionCounters, Health,
    Journal, LimitShare, ProgramCounters, Protection, Purpose, RateShare, ReadinessCheck, Record, StepEnd,
};
use crate::recovery::HealthResult;
use crate::scenario::{Durations, Exercise};
use crate::units::{DrillTime, Span};

pub(super) type Sample = (DrillTime, FleetCounters);

/// Everything that the journal tells.
#[derive(Debug, Default)]
pub(crate) struct Timeline<'a> {
    pub(crate) started: Option<Start<'a>>,
    /// Wall time of the first and the last line, in Unix microseconds.
    pub(crate) wall_us: (i64, i64),
    /// Drill time of the last line.
    pub(crate) last: DrillTime,
    /// The latest instant of all lines.
    pub(crate) end: DrillTime,
    pub(crate) finished: Option<EndReason>,
    /// How the run ended, if it did and was not sealed: then it counts as cut short.
    pub(crate) unsealed: Option<EndReason>,
    pub(crate) signal: Option<&'a str>,
    /// The health results of each probe in order of time.
    pub(crate) probes: BTreeMap<&'a str, Vec<ProbeResult<'a>>>,
    /// How many results the monitoring saw.
    pub(crate) monitored: u64,
    /// Whether there was a steady state, and why not.
    pub(crate) steady: Option<(bool, &'a str)>,
    pub(crate) faults: BTreeMap<&'a str, FaultRun<'a>>,
    pub(crate) detected: Option<DrillTime>,
    pub(crate) steps: BTreeMap<&'a str, StepRun<'a>>,
    /// The moves of names in order of time.
    pub(crate) moves: Vec<Move<'a>>,
    /// Who was told, in order of time: when, by which step, whom.
    pub(crate) messages: Vec<(DrillTime, &'a str, &'a str)>,
    /// What people were told: when, for whom, what, of which fault.
    pub(crate) injects: Vec<Told<'a>>,
    /// What people noted at steps, in order of time: when, at which step, who, what.
    pub(crate) notes: Vec<(DrillTime, &'a str, &'a str, &'a str)>,
    /// When an exercise without faults began.
    pub(crate) exercise_began: Option<DrillTime>,
    /// What the plan relies on, as it was found in the steady state.
    pub(crate) readiness: &'a [ReadinessCheck],
    /// The files that the drill ran.
    pub(crate) code: &'a [CodeFile],
    /// Copying of a bucket stopped (or went on): when, which bucket, whether it runs.
    pub(crate) copying: Vec<(DrillTime, &'a str, bool)>,
    /// When a broker was started, in order of time.
    pub(crate) brokers_up: Vec<DrillTime>,
    /// The last counters of each function, by function and region.
    pub(crate) functions: BTreeMap<(&'a str, &'a str), &'a FunctionCounters>,
    /// Devices with a session at the end, by the label of their broker's region.
    pub(crate) devices: &'a [(String, u64)],
    /// The last counters of each program that was announced to devices, by its id.
    pub(crate) programs: BTreeMap<&'a str, &'a ProgramCounters>,
    /// The copies that never will be made, by bucket: key and reason.
    pub(crate) uncopied: BTreeMap<&'a str, Vec<(&'a str, &'a str)>>,
    /// Copies that were made late: of which bucket, when they were due, how late.
    pub(crate) late_copies: Vec<(&'a str, DrillTime, Span)>,
    pub(crate) fleet: Vec<(DrillTime, FleetCounters)>,
    pub(crate) audits: BTreeMap<u8, AuditRun<'a>>,
    /// Saturated components, with details as text.
    pub(crate) saturated: Vec<(&'a Component, &'a str)>,
    pub(crate) warnings: Vec<&'a str>,
    /// The protections that the scenario declares, as they were found at the end.
    pub(crate) protections: Vec<&'a Protection>,
    pub(crate) sealed: (bool, bool),
    pub(crate) clock: Option<ClockRun<'a>>,
}

/// What is drilled, with what.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) scenario_sha256: &'a str,
    pub(crate) seed: u64,
    pub(crate) cloud: &'a str,
    pub(crate) speed: f64,
    pub(crate) speed_is_auto: bool,
    pub(crate) durations: Option<Durations>,
    /// The kind of an exercise without faults.
    pub(crate) exercise: Option<Exercise>,
    /// Whether answers of people came from a file or pipe.
    pub(crate) answers_from_file: bool,
}

/// What people were told in the course of the drill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) at: DrillTime,
    pub(crate) to: Option<&'a str>,
    pub(crate) text: &'a str,
    /// The fault that was told.
    pub(crate) fault: Option<&'a str>,
}

/// One result of a probe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProbeResult<'a> {
    /// When it is dated.
    pub(crate) at: DrillTime,
    pub(crate) began: DrillTime,
    pub(crate) health: Health,
    /// What was wrong.
    pub(crate) reason: Option<&'a str>,
    /// The regions that it was answered from, by the names that it resolved; none where that was not recorded.
    pub(crate) via: Option<&'a BTreeMap<String, String>>,
}

impl HealthResult for ProbeResult<'_> {
    fn at(&self) -> DrillTime {
        self.at
    }

    fn health(&self) -> Health {
        self.health
    }
}

/// What is known of a fault.
#[derive(Debug, Default)]
pub(crate) struct FaultRun<'a> {
    pub(crate) injected: Option<DrillTime>,
    pub(crate) targets: &'a [String],
    pub(crate) proven: Option<(bool, &'a str)>,
    pub(crate) ended: Option<(DrillTime, FaultEnd)>,
}

/// What is known of a step.
#[derive(Debug, Default)]
pub(crate) struct StepRun<'a> {
    pub(crate) start: Option<DrillTime>,
    pub(crate) ended: Option<(DrillTime, &'a StepEnd)>,
    /// What its commands wrote: stream and line.
    pub(crate) output: Vec<(&'a str, &'a str)>,
}

/// A name points to another region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move<'a> {
    pub(crate) at: DrillTime,
    pub(crate) name: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// The step that moved it.
    pub(crate) by: &'a str,
}

impl StepRun<'_> {
    /// Its beginning and its end, if it came to an end of its own.
    pub(crate) fn interval(&self) -> Option<(DrillTime, DrillTime)> {
        let (end, step) = self.ended?;
        step.outcome
            .is_an_end()
            .then(|| (self.start.unwrap_or(end).min(end), end))
    }
}

/// What is known of an audit.
#[derive(Debug)]
pub(crate) struct AuditRun<'a> {
    /// `None` while it runs.
    pub(crate) complete: Option<bool>,
    pub(crate) detail: &'a str,
}

/// How well the clock kept time.
#[derive(Debug)]
pub(crate) struct ClockRun<'a> {
    pub(crate) lag_ms_p99: f64,
    pub(crate) lag_ms_max: f64,
    pub(crate) lag_drill_p99: Span,
    pub(crate) fleet_lag_drill_p99: Span,
    pub(crate) rates: &'a [RateShare],
    pub(crate) limits: &'a [LimitShare],
}

impl<'a> Timeline<'a> {
    /// Reads the journal once.
    pub(crate) fn new(journal: &'a Journal) -> Timeline<'a> {
        let mut timeline = Timeline::default();
        for line in &journal.lines {
            timeline.record(line.drill_us, &line.event);
        }
        let drill_times = || journal.lines.iter().map(|line| line.drill_us);
        timeline.last = drill_times().next_back().unwrap_or_default();
        timeline.end = drill_times().max().unwrap_or_default();
        let wall = |line: Option<&crate::journal::Line>| line.map_or(0, |line| line.wall_us);
        timeline.wall_us = (wall(journal.lines.first()), wall(journal.lines.last()));
        timeline.finished = journal.finished();
        timeline
            .probes
            .values_mut()
            .for_each(|looks| looks.sort_by_key(|look| look.at));
        timeline.fleet.sort_by_key(|(at, _)| *at);
        timeline.moves.sort_by_key(|moved| moved.at);
        timeline.messages.sort_by_key(|(at, ..)| *at);
        timeline.injects.sort_by_key(|told| told.at);
        timeline.notes.sort_by_key(|(at, ..)| *at);
        timeline.copying.sort_by_key(|(at, ..)| *at);
        timeline.brokers_up.sort();
        timeline
    }

    fn record(&mut self, at: DrillTime, event: &'a Event) {
        match event {
            Event::Probe { .. }
            | Event::SteadyState { .. }
            | Event::Detected { .. }
            | Event::Saturated { .. }
            | Event::Fleet(_) => self.take_sight(at, event),
            Event::FaultInjected { .. } | Event::FaultProven { .. } | Event::FaultEnded { .. } => {
                self.take_fault(at, event);
            }
            Event::StepStarted { .. }
            | Event::StepEnded(_)
            | Event::StepOutput { .. }
            | Event::Message { .. }
            | Event::Note { .. }
            | Event::NameMoved { .. } => self.take_step(at, event),
            Event::ExerciseBegan => {
                self.exercise_began.get_or_insert(at);
            }
            Event::Inject { to, text, fault } => self.injects.push(Told {
                at,
                to: to.as_deref(),
                text,
                fault: fault.as_deref(),
            }),
            Event::Readiness { checks } => self.readiness = checks,
            Event::Code { files } => self.code = files,
            Event::Audit {
                audit,
                complete,
                detail,
                ..
            } => {
                let (complete, id) = (*complete, audit_key(*audit));
                self.audits.insert(id, AuditRun { complete, detail });
            }
            Event::Replication { bucket, running, .. } => self.copying.push((at, bucket, *running)),
            Event::CopiesLate { bucket, due, late } => self.late_copies.push((bucket, *due, *late)),
            Event::Functions(counters) => {
                let key = (counters.function.as_str(), counters.region.as_str());
                self.functions.insert(key, counters);
            }
            Event::Broker { running: true, .. } => self.brokers_up.push(at),
            Event::Devices { connected } => self.devices = connected,
            Event::Program(counters) => {
                self.programs.insert(counters.program.as_str(), counters);
            }
            Event::ReplicaFailed { bucket, key, reason } => {
                self.uncopied.entry(bucket).or_default().push((key, reason));
            }
            _ => self.take_frame(event),
        }
    }

    /// What the runbook did.
    fn take_step(&mut self, at: DrillTime, event: &'a Event) {
        match event {
            Event::StepStarted { step, .. } => {
                self.steps.entry(step).or_default().start.get_or_insert(at);
            }
            Event::StepEnded(end) => {
                let run = self.steps.entry(&end.step).or_default();
                run.ended.get_or_insert((at, end));
            }
            Event::StepOutput { step, stream, text } => {
                self.steps.entry(step).or_default().output.push((stream, text));
            }
            Event::Message { step, to, .. } => self.messages.push((at, step, to)),
            Event::Note { step, by, text } => self.notes.push((at, step, by, text)),
            Event::NameMoved { name, from, to, by } => {
                self.moves.push(Move {
                    at,
                    name,
                    from,
                    to,
                    by,
                });
            }
            _ => {}
        }
    }

    /// What was seen of the system.
    fn take_sight(&mut self, at: DrillTime, event: &'a Event) {
        match event {
            Event::Probe {
                probe,
                purpose: Purpose::Health,
                began,
                health,
                detail,
                via,
                ..
            } => {
                let look = ProbeResult {
                    at,
                    began: *began,
                    health: *health,
                    reason: detail.as_deref(),
                    via: (!via.is_empty()).then_some(via),
                };
                self.probes.entry(probe).or_default().push(look);
            }
            Event::Probe { .. } => self.monitored += 1,
            Event::SteadyState { reached, detail } => self.steady = Some((*reached, detail)),
            Event::Detected { .. } => {
                self.detected.get_or_insert(at);
            }
            Event::Saturated { component, detail } => self.saturated.push((component, detail)),
            Event::Fleet(counters) => self.fleet.push((at, *counters)),
            _ => {}
        }
    }

    fn take_fault(&mut self, at: DrillTime, event: &'a Event) {
        match event {
            Event::FaultInjected { fault, targets, .. } => {
                let run = self.faults.entry(fault).or_default();
                run.injected.get_or_insert(at);
                run.targets = targets;
            }
            Event::FaultProven {
                fault,
                proven,
                evidence,
            } => {
                self.faults.entry(fault).or_default().proven = Some((*proven, evidence));
            }
            Event::FaultEnded { fault, by } => {
                self.faults
                    .entry(fault)
                    .or_default()
                    .ended
                    .get_or_insert((at, *by));
            }
            _ => {}
        }
    }

    /// What frames the run: its beginning, its seals, its clock.
    fn take_frame(&mut self, event: &'a Event) {
        match event {
            Event::Started {
                scenario_sha256,
                seed,
                cloud,
                speed,
                speed_is_auto,
                durations,
                exercise,
                answers_from_file,
                ..
            } => {
                self.started = Some(Start {
                    scenario_sha256,
                    seed: *seed,
                    cloud,
                    speed: *speed,
                    speed_is_auto: *speed_is_auto,
                    durations: *durations,
                    exercise: *exercise,
                    answers_from_file: *answers_from_file,
                });
            }
            Event::Sealed {
                record: Record::Ledger,
                ..
            } => self.sealed.0 = true,
            Event::Sealed {
                record: Record::Audit,
                ..
            } => self.sealed.1 = true,
            Event::Clock {
                lag_ms_p99,
                lag_ms_max,
                lag_drill_p99,
                fleet_lag_drill_p99,
                rates,
                limits,
            } => {
                self.clock = Some(ClockRun {
                    lag_ms_p99: *lag_ms_p99,
                    lag_ms_max: *lag_ms_max,
                    lag_drill_p99: *lag_drill_p99,
                    fleet_lag_drill_p99: *fleet_lag_drill_p99,
                    rates,
                    limits,
                });
            }
            Event::Protection(protection) => self.protections.push(protection),
            Event::Warning { text } => self.warnings.push(text),
            Event::Interrupted { signal } => self.signal = Some(signal),
            _ => {}
        }
    }

    /// The health results of a probe.
    pub(crate) fn looks(&self, probe: &str) -> &[ProbeResult<'a>] {
        self.probes.get(probe).map_or(&[], Vec::as_slice)
    }

    /// What is known of one of the two audits.
    pub(crate) fn audit(&self, audit: AuditId) -> Option<&AuditRun<'a>> {
        self.audits.get(&audit_key(audit))
    }

    /// Whether the run reached its end.
    pub(crate) fn complete(&self) -> bool {
        self.finished
            .is_some_and(|reason| reason != EndReason::Interrupted)
    }

    /// How late events were in drill time, at the 99th percentile; 0 where the run never said so.
    pub(crate) fn lag(&self) -> Span {
        self.clock
            .as_ref()
            .map_or(Span::ZERO, |clock| clock.lag_drill_p99.at_least_zero())
    }

    /// How late devices did what they do in drill time, at the 99th percentile; 0 where the run never said so.
    pub(crate) fn fleet_lag(&self) -> Span {
        self.clock
            .as_ref()
            .map_or(Span::ZERO, |clock| clock.fleet_lag_drill_p99.at_least_zero())
    }
}

fn audit_key(audit: AuditId) -> u8 {
    match audit {
        AuditId::A => 0,
        AuditId::B => 1,
    }
}
