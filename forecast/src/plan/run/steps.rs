//! The steps of a run: when each begins, what its attempts take, and what they do.

use drill::journal::StepOutcome;
use drill::plan;
use drill::scenario::{BrokerFault, Check, OnFailure, S3PauseReplication, Shell, Wait, When};
use drill::units::{DrillTime, Span};

use super::{Event, Ran, Runner, scaled};
use crate::plan::work::{Done, LOOK_AT_PENDING};
use crate::plan::world::Progress;

impl Runner<'_, '_, '_> {
    /// Steps begin whose turn has come.
    pub(super) fn follow(&mut self, now: DrillTime) {
        if self.drill_phase.gave_up(now) {
            return;
        }
        for step in self.graph.ready() {
            let Some(at) = self
                .model
                .steps
                .iter()
                .position(|known| std::ptr::eq(*known, step))
            else {
                continue;
            };
            if self.home == Some(at) && !self.drill_phase.is_audited() {
                continue;
            }
            if self.home == Some(at) {
                self.record.away = Some(self.record.world.is_away());
            }
            self.graph.begin(step);
            self.record.steps[at] = Some(Ran {
                from: now,
                to: None,
                failed: false,
            });
            for (fault, spec) in self.model.scenario.faults.iter().enumerate() {
                if let When::Step { step: id, after } = &spec.at
                    && *id == step.id
                {
                    self.drill_phase.fault_at(now + *after);
                    self.agenda.enter(now + *after, Event::Inject(fault));
                }
            }
            let due = now + self.takes(at);
            self.agenda.enter(due, Event::Due(at));
            let scripted = step.action.is::<Shell>();
            if let Some(timeout) = step.timeout.filter(|_| !scripted) {
                self.agenda.enter(due + timeout, Event::TimedOut { step: at });
            }
        }
    }

    pub(super) fn factor(&self, step: usize) -> f64 {
        match self.setting.change {
            Some((changed, factor)) if changed == step + 1 => factor,
            _ => 1.0,
        }
    }

    /// The modelled time of a step: the same draw as in a live drill of this seed.
    pub(super) fn takes(&self, step: usize) -> Span {
        let spec = self.model.steps[step];
        let takes = plan::takes(self.seed, self.setting.durations, spec);
        let waits = spec.action.get::<Wait>().map_or(Span::ZERO, |wait| wait.for_);
        scaled(takes + waits, self.factor(step))
    }

    /// The modelled time of a step is over: its work begins.
    pub(super) fn attempt(&mut self, step: usize, now: DrillTime) {
        if self.current[step].ended {
            return;
        }
        let spec = self.model.steps[step];
        self.current[step].attempt += 1;
        if spec.action.is::<Check>() {
            self.current[step].gate = Some((now, 0));
            return;
        }
        let found = &self.found;
        let steps = &self.model.steps;
        let damages = |id: &str| {
            let at = steps.iter().position(|step| step.id == id)?;
            found[at].clone()
        };
        let work = self.record.world.work(&spec.action, damages, now);
        let (mut takes, mut fails, mut effects) = (work.takes, work.failed, work.effects);
        let past = self
            .setting
            .calibration
            .steps
            .get(&spec.id)
            .filter(|past| !past.is_empty());
        if let Some(past) = past {
            let nth = self.record.world.below(past.len() as u64) as usize;
            takes = past[nth].work;
            if spec.action.is::<Shell>() {
                fails = past[nth].failed;
                effects = self.record.world.as_recorded(&past[nth].changes, now);
            }
        }
        if past.is_none() && self.model.by_scripts && spec.action.is::<Shell>() {
            effects = self.record.world.as_hoped(now);
        }
        let takes = scaled(takes, self.factor(step));
        let until = now + takes;
        effects.retain_mut(|effect| match effect {
            Done::Restored {
                bucket,
                region,
                list,
                source,
            } => {
                self.record.world.under_way.push(Progress {
                    step,
                    bucket: *bucket,
                    region: *region,
                    list: std::mem::take(list),
                    done: 0,
                    from: now,
                    to: until,
                    source: *source,
                    cut: false,
                });
                false
            }
            _ => true,
        });
        let attempt = self.current[step].attempt;
        self.current[step].effects = effects;
        self.current[step].fails = fails;
        match takes {
            Span::ZERO => self.done(step, now),
            _ => self.agenda.enter(until, Event::Done { step, attempt }),
        }
    }

    /// An attempt has come to its end.
    pub(super) fn done(&mut self, step: usize, now: DrillTime) {
        self.record.world.advance_all(now);
        let mut mine = self.record.world.under_way.iter();
        self.current[step].fails |= mine.any(|one| one.step == step && one.cut);
        self.record.world.under_way.retain(|one| one.step != step);
        if self.waits_on(step, now) {
            return;
        }
        let effects = std::mem::take(&mut self.current[step].effects);
        for effect in effects {
            self.take_effect(step, effect, now);
        }
        self.record.world.devices(now);
        let spec = self.model.steps[step];
        if !self.current[step].fails {
            self.finish(step, StepOutcome::Done, now);
        } else if spec.on_failure == OnFailure::Retry && self.current[step].attempt < spec.max_attempts {
            self.agenda.enter(now + spec.retry_after, Event::Again(step));
        } else {
            self.finish(step, StepOutcome::Failed, now);
        }
    }

    /// Whether copies that it waits for are still under way; it checks again later. Where some were given up it fails.
    pub(super) fn waits_on(&mut self, step: usize, now: DrillTime) -> bool {
        let drained = self.current[step].effects.iter().find_map(|effect| match effect {
            Done::Drained { bucket, given_up } => Some((*bucket, *given_up)),
            _ => None,
        });
        let Some((bucket, given_up)) = drained else {
            return false;
        };
        let objects = &self.record.world.buckets[bucket];
        let waits = objects.arrive().is_some();
        if waits {
            let attempt = self.current[step].attempt;
            let next = scaled(LOOK_AT_PENDING, self.factor(step)).max(Span::from_secs(1));
            self.agenda.enter(now + next, Event::Done { step, attempt });
        } else {
            self.current[step].fails |= objects.given_up > given_up;
        }
        waits
    }

    /// What it was about to do is left undone.
    pub(super) fn cut_short(&mut self, step: usize, now: DrillTime) {
        self.record.world.advance_all(now);
        self.record.world.under_way.retain(|one| one.step != step);
        self.current[step].effects.clear();
        self.current[step].gate = None;
    }

    pub(super) fn take_effect(&mut self, step: usize, effect: Done, now: DrillTime) {
        let world = &mut self.record.world;
        match effect {
            Done::Restored { .. } => {}
            Done::Found(list) => self.found[step] = Some(list),
            Done::Moved { names, to } => {
                world.move_names(&names, to, step, now);
                // Devices learn of it when the time of the old answer is over.
                self.agenda
                    .enter(now + self.model.scenario.cloud.dns_ttl, Event::Devices);
            }
            Done::Made(resource) => {
                world.absent[resource] = false;
                world.acted(step, resource, now);
            }
            Done::Mended(function) => {
                world.broken[function] = false;
                world.acted(step, function, now);
            }
            Done::Ran { function, may } => {
                // A fault that throttles lasts as long as it does, whatever is reserved.
                world.throttled[function] = !may;
                world.acted(step, function, now);
            }
            Done::Restarted(region) => {
                let broker = self.model.broker(region);
                let label = self.model.regions[region];
                world.absent[broker] = false;
                world.end_by_step(|action| {
                    let fault = action.get::<BrokerFault>();
                    fault.is_some_and(|fault| fault.region == label)
                });
                if world.devices.at == Some(region) {
                    world.devices.lose(now);
                }
                world.acted(step, broker, now);
                world.devices(now);
            }
            Done::CopiesOn { bucket, from, to } => {
                world.buckets[bucket].copy(from, to, now);
                let label = self.model.bucket_at(bucket).label;
                world.end_by_step(|action| {
                    let pause = action.get::<S3PauseReplication>();
                    pause.is_some_and(|pause| pause.bucket == label)
                });
            }
            Done::CopiesOff(bucket) => world.buckets[bucket].end_copies(now),
            Done::Versioning { bucket, on } => world.versioned[bucket] = on,
            Done::Redriven | Done::Drained { .. } => {}
        }
    }

    /// A step has ended.
    pub(super) fn finish(&mut self, step: usize, outcome: StepOutcome, now: DrillTime) {
        let spec = self.model.steps[step];
        self.current[step].ended = true;
        if let Some(ran) = &mut self.record.steps[step] {
            ran.to = Some(now);
            ran.failed = outcome == StepOutcome::Failed;
        }
        for never in self.graph.end(spec, outcome) {
            if let Some(at) = self
                .model
                .steps
                .iter()
                .position(|known| std::ptr::eq(*known, never))
            {
                self.current[at].ended = true;
            }
        }
        if self.graph.is_recovered() {
            self.drill_phase.recovery_done(now);
        }
        if self.graph.is_over() {
            self.drill_phase.steps_done(now);
        }
        self.follow(now);
    }
}
