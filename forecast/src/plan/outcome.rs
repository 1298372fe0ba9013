//! What one run achieved, by the definitions that live drills are judged by ([`drill::recovery`]).

use drill::recovery::{Observed, Red};
use drill::scenario::{DataKind, Effect, Expect, ServiceObjective, Source};
use drill::units::{DrillTime, Span};

use super::model::{Model, ResourceIx};
use super::objects::{Objects, Read};
use super::run::{ProbeResult, Record};
use super::study::Metric;
use super::world::On;

/// One target of a plan.
pub(super) struct TargetSpec<'a> {
    /// The service, by its place; none of the target of all of them.
    pub(super) service: Option<usize>,
    pub(super) metric: Metric,
    pub(super) target: Span,
    pub(super) source: &'a Source,
    pub(super) untouched: bool,
}

/// Every target that is judged.
pub(super) fn targets<'a>(model: &Model<'a>) -> Vec<TargetSpec<'a>> {
    let objectives = &model.scenario.objectives;
    let mut targets = Vec::new();
    for (at, service) in objectives.services.iter().enumerate() {
        let untouched = service.expect == Expect::Unaffected;
        let mut add = |metric, target: Option<Span>| {
            targets.extend(target.map(|target| TargetSpec {
                service: Some(at),
                metric,
                target,
                source: &service.source,
                untouched,
            }));
        };
        add(Metric::Rto, service.rto);
        add(Metric::Rpo, service.rpo);
        add(Metric::Mtd, service.mtd);
    }
    if objectives.services.is_empty() || objectives.services.iter().any(|service| service.mtd.is_none()) {
        targets.push(TargetSpec {
            service: None,
            metric: Metric::Mtd,
            target: objectives.mtd,
            source: &objectives.source,
            untouched: false,
        });
    }
    targets.extend(objectives.failback.as_ref().map(|failback| TargetSpec {
        service: None,
        metric: Metric::Failback,
        target: failback.rto,
        source: &failback.source,
        untouched: false,
    }));
    targets
}

/// The result of a run for one target.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figure {
    /// In microseconds; none if there was no end to it.
    pub(super) us: Option<i64>,
    pub(super) met: bool,
    pub(super) by_fault_end: bool,
    pub(super) unaffected: bool,
}

/// What a run achieved.
#[derive(Clone, Debug)]
pub(super) struct RunOutcome {
    pub(super) seed: u64,
    /// Of each target.
    pub(super) figures: Vec<Figure>,
    /// Of detection, then of the steps, in microseconds; none of what did not come to an end.
    pub(super) lengths: Vec<Option<i64>>,
    pub(super) ran: Vec<bool>,
    pub(super) failed: Vec<bool>,
    /// Their shares of the longest recovery; none of what was not on its way.
    pub(super) critical: Vec<Option<f64>>,
    /// The service that was longest down, and for how long.
    pub(super) longest: Option<(usize, Option<i64>)>,
    /// Buckets whose versions or copies are not as declared at the end, by their places.
    pub(super) unprotected: Vec<usize>,
    /// When 50, 90, 99 and 100 % of the fleet were back, if it was sent away.
    pub(super) fleet: Option<[Option<i64>; 4]>,
}

/// What closed an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    Step { step: usize, at: DrillTime },
    FaultEnd,
    Itself,
}

/// A time during which a service was red.
#[derive(Clone, Copy, Debug)]
struct Incident {
    start: DrillTime,
    end: Option<DrillTime>,
    until: DrillTime,
    counts: bool,
    failback: bool,
    closing: Option<Closing>,
    /// When the last fault ended by itself that it rode out.
    ridden: Option<DrillTime>,
}

impl Incident {
    fn length(&self, from: DrillTime) -> Option<i64> {
        self.end.map(|end| (end - from).at_least_zero().as_us())
    }
}

/// Judges a run.
pub(super) fn outcome(record: &Record<'_, '_>, targets: &[TargetSpec<'_>], seed: u64) -> RunOutcome {
    Judge::new(record).judge(targets, seed)
}

struct Judge<'r, 'm, 'a> {
    record: &'r Record<'m, 'a>,
    model: &'m Model<'a>,
    /// Faults that were injected, in order of time.
    injections: Vec<(DrillTime, usize)>,
    home: Option<DrillTime>,
}

impl<'r, 'm, 'a> Judge<'r, 'm, 'a> {
    fn new(record: &'r Record<'m, 'a>) -> Self {
        let model = record.world.model;
        let injected = record.world.injected.iter().enumerate();
        let mut injections: Vec<(DrillTime, usize)> =
            injected.filter_map(|(fault, at)| Some(((*at)?, fault))).collect();
        injections.sort_unstable();
        let failback = model.scenario.objectives.failback.as_ref();
        let home = failback.and_then(|failback| {
            let at = model.steps.iter().position(|step| step.id == failback.from)?;
            Some(record.steps[at]?.from)
        });
        Judge {
            record,
            model,
            injections,
            home,
        }
    }

    fn judge(&self, targets: &[TargetSpec<'_>], seed: u64) -> RunOutcome {
        let services = &self.model.scenario.objectives.services;
        let incidents: Vec<Vec<Incident>> = (0..services.len())
            .map(|service| self.incidents(service))
            .collect();
        let figures = targets
            .iter()
            .map(|target| self.figure(target, &incidents))
            .collect();
        let detection = self.record.detected.map(|at| {
            let begin = self.begin(&incidents, at).unwrap_or(at);
            (at - begin).at_least_zero().as_us()
        });
        let length = |ran: &Option<super::run::Ran>| {
            let ran = (*ran)?;
            Some((ran.to? - ran.from).as_us())
        };
        let steps = &self.record.steps;
        let longest = self.longest(&incidents);
        RunOutcome {
            seed,
            figures,
            lengths: std::iter::once(detection)
                .chain(steps.iter().map(length))
                .collect(),
            ran: std::iter::once(self.record.detected.is_some())
                .chain(steps.iter().map(Option::is_some))
                .collect(),
            failed: std::iter::once(false)
                .chain(steps.iter().map(|ran| ran.is_some_and(|ran| ran.failed)))
                .collect(),
            critical: self.critical(longest.map(|(_, incident)| incident)),
            longest: longest.map(|(service, incident)| (service, incident.length(incident.start))),
            unprotected: self.unprotected(),
            fleet: self.fleet(),
        }
    }

    /// When that began which was detected at `at`: the first of the incidents that were open then; else the first fault.
    fn begin(&self, incidents: &[Vec<Incident>], at: DrillTime) -> Option<DrillTime> {
        let counted = incidents
            .iter()
            .flatten()
            .filter(|incident| incident.counts && incident.start <= at);
        let open = counted.filter(|incident| incident.end.is_none_or(|end| end >= at));
        let first = self.injections.first().map(|(at, _)| *at);
        open.map(|incident| incident.start).min().or(first)
    }

    fn figure(&self, target: &TargetSpec<'_>, incidents: &[Vec<Incident>]) -> Figure {
        match (target.metric, target.service) {
            (Metric::Rto, Some(service)) => self.rto(service, target, &incidents[service]),
            (Metric::Rpo, Some(service)) => self.rpo(service, target),
            (Metric::Mtd, Some(service)) => self.mtd(target, &[&incidents[service]]),
            (Metric::Mtd, None) => {
                let services = self.model.scenario.objectives.services.iter();
                let shared = services
                    .zip(incidents)
                    .filter(|(service, _)| service.mtd.is_none());
                let shared: Vec<&Vec<Incident>> = shared.map(|(_, incidents)| incidents).collect();
                self.mtd(target, &shared)
            }
            (Metric::Failback, _) => self.failback(target, incidents),
            (Metric::Rto | Metric::Rpo, None) => Figure::default(),
        }
    }

    fn rto(&self, service: usize, target: &TargetSpec<'_>, incidents: &[Incident]) -> Figure {
        let rides_out = self.service(service).expect == Expect::RideOut;
        let judged = incidents
            .iter()
            .filter(|incident| incident.counts && !incident.failback);
        let from = |incident: &Incident| {
            if rides_out {
                incident.ridden.unwrap_or(incident.start)
            } else {
                incident.start
            }
        };
        let worst = judged.max_by_key(|incident| incident.length(from(incident)).unwrap_or(i64::MAX));
        let Some(worst) = worst else {
            return Figure {
                us: Some(0),
                met: true,
                unaffected: true,
                by_fault_end: false,
            };
        };
        let us = worst.length(from(worst));
        let met = us.is_some_and(|us| us <= target.target.as_us()) && !target.untouched;
        Figure {
            us,
            met,
            by_fault_end: met && !rides_out && !matches!(worst.closing, Some(Closing::Step { .. })),
            unaffected: false,
        }
    }

    fn mtd(&self, target: &TargetSpec<'_>, incidents: &[&Vec<Incident>]) -> Figure {
        let counted: Vec<&Incident> = incidents
            .iter()
            .flat_map(|of| of.iter())
            .filter(|one| one.counts)
            .collect();
        let open = counted.iter().any(|incident| incident.end.is_none());
        let mut spans: Vec<(DrillTime, DrillTime)> =
            counted.iter().map(|one| (one.start, one.until)).collect();
        spans.sort_unstable();
        let (mut red, mut reached) = (Span::ZERO, DrillTime::from_us(i64::MIN / 2));
        for (from, to) in &spans {
            red += (*to - (*from).max(reached)).at_least_zero();
            reached = reached.max(*to);
        }
        let us = (!open).then(|| (red + self.model.scenario.objectives.wrt).as_us());
        Figure {
            us,
            met: us.is_some_and(|us| us <= target.target.as_us()),
            by_fault_end: false,
            unaffected: spans.is_empty(),
        }
    }

    /// What the return home cost: the red time of the service that was red longest on the way. It is none if it did not
    /// begin, or if something was not home in the end; and what was lost on the way is a miss.
    fn failback(&self, target: &TargetSpec<'_>, incidents: &[Vec<Incident>]) -> Figure {
        let world = &self.record.world;
        let reds = incidents.iter().map(|of| {
            let home = of.iter().filter(|incident| incident.failback);
            home.map(|incident| incident.length(incident.start))
                .sum::<Option<i64>>()
        });
        let us = reds
            .collect::<Option<Vec<i64>>>()
            .map(|reds| reds.into_iter().max().unwrap_or(0));
        let devices_away = self.model.fleet.is_some()
            && world
                .devices
                .at
                .is_some_and(|at| at != self.model.homes[self.model.iot()]);
        let us = us.filter(|_| self.home.is_some() && !world.is_away() && !devices_away);
        let services = self.model.scenario.objectives.services.iter();
        let mut data = services.filter_map(|service| self.model.scenario.data_set(service.data.as_deref()?));
        let lost = data.any(|data| match &data.kind {
            DataKind::Keyed { store: bucket } => self
                .model
                .bucket(bucket)
                .is_some_and(|bucket| self.lost_on_return(bucket)),
            DataKind::Stream { store: bucket, .. } => self.model.bucket(bucket).is_some_and(|bucket| {
                let mut lost = Vec::new();
                super::telemetry::left_away(self.record, bucket, &mut lost);
                self.home.is_some() && !lost.is_empty()
            }),
        });
        Figure {
            met: us.is_some_and(|us| us <= target.target.as_us()) && !lost,
            us,
            unaffected: us.is_some() && !lost && (us == Some(0) || self.record.away == Some(false)),
            by_fault_end: false,
        }
    }

    /// How a bucket was read at audit A.
    fn read(&self, bucket: usize) -> Read {
        Read {
            region: self.record.read_in[bucket],
            before: self.record.audited.unwrap_or(self.record.end),
        }
    }

    /// What stands in a bucket at the end, and how it is read: what differs from audit A is the return's doing.
    fn at_end(&self, bucket: usize) -> Option<(&'r Objects, Read)> {
        self.home?;
        let read = Read {
            region: self.record.world.readable(bucket),
            before: self.record.end,
        };
        Some((&self.record.world.buckets[bucket], read))
    }

    fn lost_on_return(&self, bucket: usize) -> bool {
        self.at_end(bucket)
            .is_some_and(|(end, read)| self.record.audit[bucket].lost_since(self.read(bucket), end, read))
    }

    fn rpo(&self, service: usize, target: &TargetSpec<'_>) -> Figure {
        let data = self.service(service).data.as_deref();
        let Some(data) = data.and_then(|data| self.model.scenario.data_set(data)) else {
            return Figure::default();
        };
        let lost = match &data.kind {
            DataKind::Keyed { store: bucket } => {
                self.model.bucket(bucket).map(|bucket| self.objects_lost(bucket))
            }
            DataKind::Stream { store: bucket, .. } => self
                .model
                .bucket(bucket)
                .map(|bucket| super::telemetry::lost(self.record, bucket, &self.injections, self.home)),
        };
        let us = match lost {
            None => None,
            Some(None) => Some(0),
            Some(Some(rpa)) => rpa.exact.then(|| rpa.length.as_us()),
        };
        Figure {
            us,
            met: us.is_some_and(|us| us <= target.target.as_us()),
            by_fault_end: false,
            unaffected: us == Some(0),
        }
    }

    fn objects_lost(&self, bucket: usize) -> Option<drill::recovery::Rpa> {
        let record = self.record;
        let stores: Vec<ResourceIx> = (0..self.model.regions.len())
            .map(|region| self.model.store(bucket, region))
            .collect();
        let breaking = self.injections.iter().find(|(_, fault)| {
            let mut impacts = self.model.faults[*fault].impacts.iter();
            impacts.any(|(impact, effect)| stores.contains(impact) && effect.breaks_data())
        });
        let interval = self.model.writers[bucket].iter().map(|writer| writer.every).min();
        record.audit[bucket].rpa(
            self.read(bucket),
            self.at_end(bucket),
            &record.world.injected,
            breaking.map(|(_, fault)| *fault),
            interval.unwrap_or_default(),
        )
    }

    fn service(&self, service: usize) -> &'a ServiceObjective {
        &self.model.scenario.objectives.services[service]
    }

    // ---- incidents ----

    fn incidents(&self, service: usize) -> Vec<Incident> {
        let probe = self.model.service_probe[service];
        let results = &self.record.results[probe];
        let times: Vec<DrillTime> = self.injections.iter().map(|(at, _)| *at).collect();
        let spec = self.model.probes[probe].probe;
        let observed = Observed::new(
            self.model.scenario,
            spec,
            results,
            &times,
            self.home,
            self.record.end,
        );
        let mut found: Vec<Incident> = Vec::new();
        for red in observed.reds() {
            found.push(self.incident(probe, results, &red, found.last()));
        }
        found
    }

    fn incident(
        &self,
        probe: usize,
        results: &[ProbeResult],
        red: &Red,
        before: Option<&Incident>,
    ) -> Incident {
        let start = self.cause(probe, results, red.first, before).unwrap_or(red.first);
        let end = red.closed.end;
        let first = self.injections.first().map(|(at, _)| *at);
        let closing = end.map(|end| self.closing(probe, results, start, end));
        Incident {
            start,
            end,
            until: red.until.max(start),
            counts: first.is_some_and(|injection| end.is_none_or(|end| end > injection)),
            failback: self.home.is_some_and(|home| start >= home),
            closing,
            ridden: end.and_then(|end| self.own_end(self.path(probe, results, end), start, end)),
        }
    }

    /// The way that a probe's client took at a result.
    fn path(&self, probe: usize, results: &[ProbeResult], at: DrillTime) -> &'m [ResourceIx] {
        let upto = results.partition_point(|result| result.at <= at);
        let result = results[..upto].last().or(results.first());
        self.model.probes[probe].path(&result.map_or([0, 0], |result| result.way))
    }

    /// When the fault was injected that turned a service red.
    fn cause(
        &self,
        probe: usize,
        results: &[ProbeResult],
        red: DrillTime,
        before: Option<&Incident>,
    ) -> Option<DrillTime> {
        use drill::journal::Health;
        let before_red = &results[..results.partition_point(|result| result.at < red)];
        let green = before_red.iter().rfind(|result| result.health == Health::Green);
        let green = green.map(|result| result.began);
        let on_the_way_home = green.filter(|green| self.home.is_some_and(|home| *green >= home));
        let since = on_the_way_home.max(before.and_then(|before| before.end));
        let path = self.path(probe, results, red);
        let suspects = || {
            let due = self
                .injections
                .iter()
                .filter(|(at, _)| *at <= red && since.is_none_or(|since| *at >= since));
            due.filter(|(_, fault)| self.impacts(*fault, path))
                .map(|(at, _)| *at)
        };
        let newer = suspects().find(|at| green.is_none_or(|green| *at > green));
        newer.or(suspects().max())
    }

    fn impacts(&self, fault: usize, path: &[ResourceIx]) -> bool {
        let mut impacts = self.model.faults[fault].impacts.iter();
        impacts.any(|(impact, effect): &(ResourceIx, Effect)| effect.turns_red() && path.contains(impact))
    }

    fn own_end(&self, path: &[ResourceIx], start: DrillTime, end: DrillTime) -> Option<DrillTime> {
        let ends = self.record.ended.iter();
        let relevant = ends.filter(|(fault, at)| (start..=end).contains(at) && self.impacts(*fault, path));
        relevant.map(|(_, at)| *at).max()
    }

    /// What closed an incident: as [`drill::measures`] has it.
    fn closing(&self, probe: usize, results: &[ProbeResult], start: DrillTime, end: DrillTime) -> Closing {
        use drill::journal::Health;
        let first = results.partition_point(|result| result.at < start);
        let within = results[first..].iter().take_while(|result| result.at < end);
        let reds = within.filter(|result| result.health == Health::Red);
        let since = reds.map(|result| result.began).max().unwrap_or(start).max(start);
        let path = self.path(probe, results, end);
        let mine = |on: &On| match on {
            On::Resource(resource) => path.contains(resource),
            On::Name { probe: of } => *of == probe,
        };
        let last = |from: DrillTime, to: DrillTime| {
            let acts = self.record.world.acts.iter();
            acts.filter(|act| (from..=to).contains(&act.at) && mine(&act.on))
                .max_by_key(|act| act.at)
        };
        let fault = self.own_end(path, start, end);
        let by_step = |act: &super::world::Act| Closing::Step {
            step: act.step,
            at: act.at,
        };
        match (last(since, end), fault) {
            (Some(act), _) => by_step(act),
            (None, Some(fault)) if fault >= since => Closing::FaultEnd,
            (None, fault) => match (last(start, since), fault) {
                (Some(act), Some(fault)) if fault > act.at => Closing::FaultEnd,
                (Some(act), _) => by_step(act),
                (None, Some(_)) => Closing::FaultEnd,
                (None, None) => Closing::Itself,
            },
        }
    }

    // ---- why ----

    /// The service that was longest down.
    fn longest(&self, incidents: &[Vec<Incident>]) -> Option<(usize, Incident)> {
        let counted = incidents.iter().enumerate().flat_map(|(service, incidents)| {
            let counted = incidents
                .iter()
                .filter(|incident| incident.counts && !incident.failback);
            counted.map(move |incident| (service, *incident))
        });
        counted.max_by_key(|(service, incident)| {
            (
                incident.length(incident.start).unwrap_or(i64::MAX),
                usize::MAX - service,
            )
        })
    }

    /// The share of each duration in a recovery: backwards from the step that closed it, always along the one that it
    /// waited for.
    fn critical(&self, incident: Option<Incident>) -> Vec<Option<f64>> {
        let mut shares = vec![None; self.record.steps.len() + 1];
        let Some(incident) = incident else { return shares };
        let Some(Closing::Step { step, at }) = incident.closing else {
            return shares;
        };
        let whole = incident.length(incident.start).unwrap_or(0).max(1) as f64;
        let (mut step, mut until) = (step, at);
        // No chain is longer than the runbook.
        for _ in 0..self.record.steps.len() {
            let Some(ran) = self.record.steps[step] else { break };
            let from = ran.from.max(incident.start);
            shares[step + 1] = Some((until - from).at_least_zero().as_us() as f64 / whole);
            until = ran.from;
            let after = &self.model.steps[step].after;
            let before = self
                .model
                .steps
                .iter()
                .enumerate()
                .filter(|(_, step)| after.contains(&step.id));
            let before = before
                .filter_map(|(at, _)| Some((self.record.steps[at]?.to?, at)))
                .max();
            match before {
                Some((_, at)) => step = at,
                None => break,
            }
        }
        if let Some(detected) = self.record.detected {
            shares[0] = Some((detected - incident.start).at_least_zero().as_us() as f64 / whole);
        }
        shares
    }

    /// Buckets whose versions are off at the end though they are declared, or out of which nothing is copied.
    fn unprotected(&self) -> Vec<usize> {
        let world = &self.record.world;
        let buckets = self.model.stores.iter().enumerate();
        let bare = buckets.filter(|(at, bucket)| {
            let copied = world.buckets[*at].is_copied();
            (bucket.versioned && !world.versioned[*at]) || (bucket.replicate.is_some() && !copied)
        });
        bare.map(|(at, _)| at).collect()
    }

    fn fleet(&self) -> Option<[Option<i64>; 4]> {
        let (lost, curve) = self.record.world.devices.away.first()?;
        let injected = self
            .injections
            .iter()
            .rfind(|(at, _)| at <= lost)
            .map_or(*lost, |(at, _)| *at);
        let Some(curve) = curve else {
            return Some([None; 4]);
        };
        Some(
            curve
                .back_after()
                .map(|after| after.map(|after| (*lost + after - injected).as_us())),
        )
    }
}
