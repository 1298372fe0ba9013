//! One disaster of a plan, on virtual time, from shortly before the first fault to the end that a live drill comes to.
//!
//! ```text
//!   faults, rounds of probes, monitoring, steps ──► agenda ──► world
//!        detection, order of steps, end: drill::procedure, as in a live drill
//! ```

mod steps;

use drill::journal::{Health, StepOutcome};
use drill::procedure::{Decision, DrillPhase, Graph, Monitor};
use drill::recovery::HealthResult;
use drill::scenario::{Check, Durations};
use drill::units::{DrillTime, Span};

use super::calibration::Calibration;
use super::fleet::Curves;
use super::model::{Model, Region};
use super::objects::{Objects, State};
use super::study::Phase;
use super::work::Done;
use super::world::{Found, World};
use crate::agenda::Agenda;

/// Of each probe, so many rounds before the first fault.
const ROUNDS_BEFORE: i64 = 3;

/// Of what all runs of a forecast are made.
pub(super) struct Setting<'m, 'a> {
    pub(super) model: &'m Model<'a>,
    /// Before anything happened.
    pub(super) drill_phase: &'m DrillPhase,
    pub(super) graph: &'m Graph<'a>,
    /// How long a run is followed after its first fault.
    pub(super) horizon: Span,
    pub(super) calibration: &'m Calibration,
    pub(super) curves: &'m Curves,
    pub(super) phase: Phase,
    /// Which of a duration's values is taken.
    pub(super) durations: Durations,
    /// By what a duration is multiplied: 0 is detection, then the steps.
    pub(super) change: Option<(usize, f64)>,
}

/// One result of a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeResult {
    pub(super) at: DrillTime,
    pub(super) began: DrillTime,
    pub(super) health: Health,
    pub(super) way: [Region; 2],
}

impl HealthResult for ProbeResult {
    fn at(&self) -> DrillTime {
        self.at
    }

    fn health(&self) -> Health {
        self.health
    }
}

/// When a step ran.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ran {
    pub(super) from: DrillTime,
    pub(super) to: Option<DrillTime>,
    pub(super) failed: bool,
}

/// What a run leaves.
pub(super) struct Record<'m, 'a> {
    pub(super) world: World<'m, 'a>,
    /// Of each probe.
    pub(super) results: Vec<Vec<ProbeResult>>,
    pub(super) steps: Vec<Option<Ran>>,
    pub(super) detected: Option<DrillTime>,
    /// Faults that ended by themselves.
    pub(super) ended: Vec<(usize, DrillTime)>,
    /// When the losses were audited.
    pub(super) audited: Option<DrillTime>,
    /// Where each bucket was read then; `None` where it could not be read.
    pub(super) read_in: Vec<Option<Region>>,
    /// Whether any name was away from home when the return began, if it did.
    pub(super) away: Option<bool>,
    /// What stood in each bucket then.
    pub(super) audit: Vec<Objects>,
    pub(super) end: DrillTime,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Inject(usize),
    FaultEnds(usize),
    ProbeDue(usize),
    Result {
        probe: usize,
        result: ProbeResult,
    },
    RetryProbe {
        probe: usize,
        began: DrillTime,
        way: [Region; 2],
        /// By monitoring.
        asked: bool,
    },
    MonitoringDue,
    MonitoringResult(Health),
    Due(usize),
    Done {
        step: usize,
        attempt: u32,
    },
    TimedOut {
        step: usize,
    },
    Again(usize),
    Devices,
}

/// Where a step is.
#[derive(Default)]
struct Current {
    attempt: u32,
    /// What it does at the end of its attempt.
    effects: Vec<Done>,
    fails: bool,
    ended: bool,
    /// Greens in a row that it waits for, of those that began since.
    gate: Option<(DrillTime, u32)>,
}

struct Runner<'s, 'm, 'a> {
    setting: &'s Setting<'m, 'a>,
    model: &'m Model<'a>,
    seed: u64,
    agenda: Agenda<Event>,
    drill_phase: DrillPhase,
    graph: Graph<'a>,
    monitor: Option<Monitor>,
    current: Vec<Current>,
    found: Vec<Option<Vec<(u32, State)>>>,
    record: Record<'m, 'a>,
    following: bool,
    home: Option<usize>,
}

/// Lives through one disaster: that of `seed`, whichever forecast it belongs to.
pub(super) fn run<'m, 'a>(setting: &Setting<'m, 'a>, seed: u64) -> Option<Record<'m, 'a>> {
    let model = setting.model;
    let scenario = model.scenario;
    let first = scenario
        .faults
        .iter()
        .filter_map(|fault| fault.at.clock())
        .min()?;
    let before = model.longest_interval().times(ROUNDS_BEFORE);
    let start = DrillTime::ZERO + (first - before).at_least_zero();
    let mut world = World::new(model, setting.curves, seed, start);
    let shift = match setting.phase {
        Phase::Written => Span::ZERO,
        Phase::Random => {
            let interval = model.longest_interval().as_us().max(1).unsigned_abs();
            Span::from_us(world.below(interval) as i64)
        }
    };
    let record = Record {
        results: model.probes.iter().map(|_| Vec::with_capacity(256)).collect(),
        steps: vec![None; model.steps.len()],
        detected: None,
        ended: Vec::new(),
        audited: None,
        read_in: Vec::new(),
        away: None,
        audit: Vec::new(),
        end: start,
        world,
    };
    let home = scenario.objectives.failback.as_ref();
    let mut runner = Runner {
        setting,
        model,
        seed,
        agenda: Agenda::default(),
        drill_phase: setting.drill_phase.clone(),
        graph: setting.graph.clone(),
        monitor: scenario
            .detection
            .as_ref()
            .map(|detection| Monitor::new(detection.failing)),
        current: model.steps.iter().map(|_| Current::default()).collect(),
        found: vec![None; model.steps.len()],
        record,
        following: false,
        home: home.and_then(|home| model.steps.iter().position(|step| step.id == home.from)),
    };
    runner.begin(start, shift);
    let limit = DrillTime::ZERO + first + shift + setting.horizon;
    runner.go(limit);
    Some(runner.record)
}

impl<'m, 'a> Runner<'_, 'm, 'a> {
    fn begin(&mut self, start: DrillTime, shift: Span) {
        for (at, fault) in self.model.scenario.faults.iter().enumerate() {
            if let Some(clock) = fault.at.clock() {
                self.agenda
                    .enter(DrillTime::ZERO + clock + shift, Event::Inject(at));
            }
        }
        self.drill_phase.delay_injections(shift);
        let next = |every: Span| {
            let every = every.as_us().max(1);
            let rounds = (start.as_us() + every - 1) / every;
            DrillTime::from_us(rounds * every)
        };
        for probe in 0..self.model.probes.len() {
            let every = self.model.probes[probe].probe.every;
            self.agenda.enter(next(every), Event::ProbeDue(probe));
        }
        if self.monitor.is_some() {
            self.agenda.enter(next(self.asks_every()), Event::MonitoringDue);
        }
    }

    /// The interval of monitoring.
    fn asks_every(&self) -> Span {
        let every = self
            .model
            .scenario
            .detection
            .as_ref()
            .map_or(Span::MAX, |detection| detection.every);
        match self.setting.change {
            Some((0, factor)) => scaled(every, factor).max(Span::from_millis(1)),
            _ => every,
        }
    }

    fn go(&mut self, limit: DrillTime) {
        while let Some((now, event)) = self.agenda.next() {
            if now > limit {
                // What is due later does not happen any more.
                self.record.end = limit;
                break;
            }
            self.record.end = now;
            self.happen(event, now);
            // Due steps are checked when a probe has a result or a step ends.
            match self.drill_phase.decide(now) {
                Some(Decision::Audit) => self.audit(now),
                Some(Decision::End(_)) => break,
                None => {}
            }
            if now >= limit {
                break;
            }
        }
        self.record.world.advance_all(self.record.end);
        if self.record.audited.is_none() {
            self.audit(self.record.end);
        }
    }

    fn happen(&mut self, event: Event, now: DrillTime) {
        match event {
            Event::Inject(fault) => {
                self.record.world.inject(fault, now);
                let spec = &self.model.scenario.faults[fault];
                if !spec.action.is_done_at_once(self.model.scenario)
                    && let Some(for_) = spec.for_
                {
                    self.agenda.enter(now + for_, Event::FaultEnds(fault));
                }
            }
            Event::FaultEnds(fault) => {
                // A step may have ended it before.
                if self.record.world.active.contains(&fault) {
                    self.record.world.end(fault, now);
                    self.record.ended.push((fault, now));
                }
            }
            Event::ProbeDue(probe) => {
                let every = self.model.probes[probe].probe.every;
                self.agenda.enter(now + every, Event::ProbeDue(probe));
                self.run_probe(probe, now, false);
            }
            Event::RetryProbe {
                probe,
                began,
                way,
                asked,
            } => {
                let well = self.record.world.retry_probe(probe, way, now);
                let timeout = self.model.probes[probe].probe.timeout;
                let result = ProbeResult {
                    at: if well { now } else { began + timeout },
                    began,
                    health: if well { Health::Green } else { Health::Red },
                    way,
                };
                self.found(probe, result, asked, now);
            }
            Event::Result { probe, result } => self.result(probe, result),
            Event::MonitoringDue => {
                if !self.following {
                    self.agenda.enter(now + self.asks_every(), Event::MonitoringDue);
                }
                let detection = self.model.scenario.detection.as_ref();
                let mut probes = self.model.probes.iter();
                let probe = detection
                    .and_then(|detection| probes.position(|probe| probe.probe.name == detection.probe));
                if let Some(probe) = probe {
                    self.run_probe(probe, now, true);
                }
            }
            Event::MonitoringResult(health) => {
                let fired = self.monitor.as_mut().and_then(|monitor| monitor.result(health));
                if fired.is_some() {
                    self.drill_phase.detected();
                    self.record.detected = Some(now);
                    self.following = true;
                    self.follow(now);
                }
            }
            Event::Due(step) | Event::Again(step) => self.attempt(step, now),
            Event::Done { step, attempt } => {
                if !self.current[step].ended && self.current[step].attempt == attempt {
                    self.done(step, now);
                }
            }
            Event::TimedOut { step } => {
                if !self.current[step].ended {
                    self.cut_short(step, now);
                    self.finish(step, StepOutcome::Failed, now);
                }
            }
            Event::Devices => self.record.world.devices(now),
        }
    }

    /// Runs a probe: at its own interval, or for monitoring.
    fn run_probe(&mut self, probe: usize, now: DrillTime, asked: bool) {
        match self.record.world.run_probe(probe, now) {
            Found::Now { health, after, way } => {
                let result = ProbeResult {
                    at: now + after,
                    began: now,
                    health,
                    way,
                };
                self.found(probe, result, asked, now);
            }
            Found::Later { after, way } => {
                let again = Event::RetryProbe {
                    probe,
                    began: now,
                    way,
                    asked,
                };
                self.agenda.enter(now + after, again);
            }
        }
    }

    /// A round's result is known; others learn of it when it is dated.
    fn found(&mut self, probe: usize, result: ProbeResult, asked: bool, now: DrillTime) {
        match (asked, result.at > now) {
            (true, _) => self
                .agenda
                .enter(result.at, Event::MonitoringResult(result.health)),
            (false, true) => self.agenda.enter(result.at, Event::Result { probe, result }),
            (false, false) => self.result(probe, result),
        }
    }

    fn result(&mut self, probe: usize, result: ProbeResult) {
        let model = self.model;
        let name = &model.probes[probe].probe.name;
        self.record.results[probe].push(result);
        self.drill_phase.probe(name, result.at, result.health);
        let mut opened = Vec::new();
        for (step, current) in self.current.iter_mut().enumerate() {
            let Some(check) = model.steps[step].action.get::<Check>() else {
                continue;
            };
            let Some((since, greens)) = &mut current.gate else {
                continue;
            };
            if check.probe != *name || result.began < *since {
                continue;
            }
            match result.health {
                Health::Green => *greens += 1,
                Health::Red => *greens = 0,
                Health::Unknown => {}
            }
            if *greens >= check.green {
                opened.push(step);
            }
        }
        for step in opened {
            self.current[step].gate = None;
            self.finish(step, StepOutcome::Done, result.at);
        }
    }

    /// The losses are counted: audit A.
    fn audit(&mut self, now: DrillTime) {
        let world = &mut self.record.world;
        world.advance_all(now);
        self.record.read_in = (0..world.buckets.len())
            .map(|bucket| world.readable(bucket))
            .collect();
        self.record.audit.clone_from(&world.buckets);
        self.record.audited = Some(now);
        self.drill_phase.audited();
        if self.following {
            self.follow(now);
        }
    }
}

fn scaled(span: Span, factor: f64) -> Span {
    if factor == 1.0 || span == Span::MAX {
        return span;
    }
    Span::from_us((span.as_us() as f64 * factor).round() as i64)
}
