//! What would be lost of a fleet's telemetry: in outboxes that are too small, in batches under way, in functions that fail,
//! in a store that had no copy yet.
//!
//! ```text
//!   device's outbox ──► broker's batch ──► function, tried again ──► store ──(lag)──► its replica
//! ```

use drill::draw::lognormal_of;
use drill::recovery::{Dated, Rpa};
use drill::scenario::{
    Compared, DataKind, DeleteMode, Lag, LambdaRedrive, ReplicationReverse, S3CorruptObjects,
    S3DeleteObjects, S3RestoreObjects, S3RestoreVersions, Shell, StoreLocation,
};
use drill::units::{DrillTime, Span};

use super::flow::ALL;
use super::model::Region;
use super::run::Record;

/// An event that failed is tried again after one minute, and after two more: AWS Lambda developer guide, "Asynchronous
/// invocation: error handling".
const RETRIES: [Span; 2] = [Span::from_mins(1), Span::from_mins(2)];

/// A lag is cut off at so many times its 99th percentile ([`drill::draw`]).
const CUT_OFF: i64 = 10;

/// An event that is throttled, or for which Lambda is not there, waits for so long: AWS Lambda API reference,
/// `MaximumEventAgeInSeconds`.
const OLDEST_EVENT: Span = Span::from_mins(6 * 60);

/// Whose the draws of the copies of batches are: no bucket's.
const BATCHES: u64 = 1 << 62;

/// Likewise, of events that fail by chance.
const EVENTS: u64 = 1 << 61;

/// Lost between two instants each.
type Lost = Vec<(DrillTime, DrillTime)>;

/// The worst recovery point of the telemetry that a rule takes to a bucket; none if nothing is lost. `home` is when the
/// return home began, if it did.
pub(super) fn lost(
    record: &Record<'_, '_>,
    bucket: usize,
    injections: &[(DrillTime, usize)],
    home: Option<DrillTime>,
) -> Option<Rpa> {
    let model = record.world.model;
    let fleet = model.fleet.as_ref()?;
    let telemetry = fleet.fleet.telemetry?;
    let label = model.bucket_at(bucket).label;
    let data = model
        .scenario
        .data
        .iter()
        .find(|data| matches!(&data.kind, DataKind::Stream { store: bucket, .. } if bucket == label))?;
    let DataKind::Stream { rule, function, .. } = &data.kind else {
        return None;
    };
    let path = model.scenario.path_of_data(data);
    let impact: Vec<_> = path
        .iter()
        .filter_map(|resource| model.resource(resource))
        .collect();
    let injected = injections.iter().find(|(_, fault)| {
        let mut impacts = model.faults[*fault].impacts.iter();
        impacts.any(|(resource, effect)| effect.breaks_data() && impact.contains(resource))
    });
    let (injected, _) = *injected?;
    let mut lost = Lost::new();
    let window = model
        .scenario
        .cloud
        .rules()
        .iter()
        .find(|known| known.name == *rule)
        .map_or(Span::ZERO, |rule| rule.batch_window);
    let until = record.audited.unwrap_or(record.end);
    in_outboxes(record, telemetry.every, window, until, &mut lost);
    on_the_way(record, function.as_deref(), window, until, &mut lost);
    without_a_copy(record, bucket, window, until, &mut lost);
    destroyed(record, bucket, window, until, injections, &mut lost);
    if home.is_some() {
        left_away(record, bucket, &mut lost);
    }
    let oldest = lost.iter().map(|(from, _)| *from).min()?;
    let newest = lost.iter().map(|(_, to)| *to).max()?;
    let interval = telemetry.every.divided(i64::from(fleet.fleet.devices.max(1)));
    let survivor = (oldest > DrillTime::ZERO).then_some(DrillTime::ZERO);
    Some(Rpa::new(
        Some(injected),
        Dated::exact(oldest),
        Dated::exact(newest),
        survivor,
        interval,
    ))
}

/// What the devices produce while they have no session stays in their outboxes, as far as there is room; what a broker that
/// died had in its batch is gone.
fn in_outboxes(record: &Record<'_, '_>, every: Span, window: Span, until: DrillTime, lost: &mut Lost) {
    let Some(fleet) = &record.world.model.fleet else {
        return;
    };
    let room = every.times(i64::try_from(fleet.profile.outbox).unwrap_or(i64::MAX));
    let kept = fleet
        .profile
        .outbox_expiry
        .map_or(room, |expiry| expiry.min(room));
    for (away, curve) in record
        .world
        .devices
        .away
        .iter()
        .filter(|(away, _)| *away <= until)
    {
        let back = curve
            .as_ref()
            .and_then(|curve| curve.back_after()[3])
            .map(|after| *away + after);
        let to = back.unwrap_or(until).min(until);
        lost.push((*away - window, *away));
        // Of each device the oldest messages go; the last device has to keep them longest.
        if to - *away > kept {
            lost.push((*away, to - kept));
        }
    }
}

/// What is handed to a function that fails is tried again, and then lies in its destination for failures until it is invoked
/// anew, or nowhere. What waits for a function that may not run, or for a store, is written once it can be.
fn on_the_way(
    record: &Record<'_, '_>,
    function: Option<&str>,
    window: Span,
    until: DrillTime,
    lost: &mut Lost,
) {
    let model = record.world.model;
    let function = function.and_then(|label| model.scenario.cloud.function(label));
    let retries = function.map_or(0, |function| function.retries);
    let tried: Span = RETRIES.iter().take(retries as usize).copied().sum();
    let redriven = |from: DrillTime| {
        let mut steps = model.steps.iter().zip(&record.steps);
        let Some(function) = function.filter(|function| function.on_failure.is_some()) else {
            return false;
        };
        steps.any(|(step, ran)| {
            let redrive = step.action.get::<LambdaRedrive>();
            let redrives = redrive.is_some_and(|one| one.function == function.label);
            let done = ran.filter(|ran| !ran.failed).and_then(|ran| ran.to);
            redrives && done.is_some_and(|to| to >= from && to <= until)
        })
    };
    let flows = &record.world.flows;
    for (at, (from, flow)) in flows.iter().enumerate().filter(|(_, (from, _))| *from < until) {
        if flow.broker.is_none() || flow.fails == 0 {
            continue;
        }
        let later = &flows[at + 1..];
        if flow.files() {
            let to = later.first().map_or(until, |(to, _)| *to).min(until);
            if function.is_some() && !redriven(to) {
                lost.extend(by_chance(record, at, (*from, to), window, retries));
            }
            continue;
        }
        let over = later
            .iter()
            .find(|(_, flow)| flow.files() || flow.broker.is_none())
            .map(|(to, _)| *to)
            .filter(|to| *to <= until);
        let to = match (over, flow.waits, function) {
            // Nothing of it is there yet.
            (None, ..) => until,
            (Some(_), true, None) => *from,
            (Some(to), true, Some(_)) => to - OLDEST_EVENT,
            (Some(to), false, _) => to - tried,
        };
        if to > *from && !redriven(to) {
            lost.push((*from, to));
        }
    }
}

/// The first and the last of the events that failed at each of their attempts, of those that came one each window.
fn by_chance(
    record: &Record<'_, '_>,
    flow: usize,
    (from, to): (DrillTime, DrillTime),
    window: Span,
    retries: u32,
) -> Option<(DrillTime, DrillTime)> {
    let world = &record.world;
    let fails = f64::from(world.flows[flow].1.fails) / f64::from(ALL);
    let lost = fails.powi(i32::try_from(retries).unwrap_or(i32::MAX - 1) + 1);
    let events = (to - from).as_us() / window.as_us().max(1);
    // So many come before one is lost: geometric.
    let spared = |nth: u64| {
        let share = world.chance.share(EVENTS + flow as u64, nth);
        (share.ln() / (1.0 - lost).ln()).floor().min(1e12) as i64
    };
    let first = spared(0);
    (first < events).then(|| {
        let last = (events - 1 - spared(1)).max(first);
        (from + window.times(first), from + window.times(last + 1))
    })
}

/// What was written to a store that is not read any more, and had not been copied.
fn without_a_copy(record: &Record<'_, '_>, bucket: usize, window: Span, until: DrillTime, lost: &mut Lost) {
    let world = &record.world;
    let model = world.model;
    let Some(replicate) = &model.bucket_at(bucket).replicate else {
        return;
    };
    let (Some(home), Some(to)) = (
        model.region(model.bucket_at(bucket).home),
        model.region(&replicate.to),
    ) else {
        return;
    };
    if record.read_in[bucket] != Some(to) {
        return;
    }
    let stopped = world.stopped[bucket].unwrap_or(until);
    uncopied(record, home, replicate.lag, window, stopped, until, lost);
}

/// What was written to the store at home up to an instant, and had no copy by when copies stopped.
fn uncopied(
    record: &Record<'_, '_>,
    home: Region,
    lag: Lag,
    window: Span,
    stopped: DrillTime,
    until: DrillTime,
    lost: &mut Lost,
) {
    let world = &record.world;
    let step = window.max(Span::from_secs(1));
    let mut at = stopped - lag.p99.times(CUT_OFF);
    let first = at.as_us().div_euclid(step.as_us());
    let mut nth = first.max(0);
    at = DrillTime::from_us(nth * step.as_us());
    while at <= until {
        let filed = world
            .flows
            .iter()
            .rfind(|(from, _)| *from <= at)
            .map_or(Some(home), |(_, flow)| {
                flow.filed.filter(|_| flow.broker.is_some() && flow.files())
            });
        if filed == Some(home) {
            let lag = lognormal_of(world.chance.u64(BATCHES, nth.unsigned_abs()), lag.p50, lag.p99);
            if at + lag > stopped {
                lost.push((at - step, at));
            }
        }
        nth += 1;
        at += step;
    }
}

/// What faults destroyed in the store that is read, unless a step brought it back.
fn destroyed(
    record: &Record<'_, '_>,
    bucket: usize,
    window: Span,
    until: DrillTime,
    injections: &[(DrillTime, usize)],
    lost: &mut Lost,
) {
    let world = &record.world;
    let model = world.model;
    let Some(read) = record.read_in[bucket] else {
        return;
    };
    let store = model.store(bucket, read);
    for (at, fault) in injections.iter().filter(|(at, _)| *at <= until) {
        let spec = &model.faults[*fault];
        let mut impacts = spec.impacts.iter();
        let destroys = impacts.any(|(impact, effect)| *impact == store && !effect.lasts());
        // Keys of the inventory or of writers, which telemetry has not.
        let of_others = spec.fault.action.target_selector().is_some_and(|aim| {
            let chosen = world.producers(bucket, Some(aim.prefix));
            !aim.prefix.is_empty() && (0..=model.writers[bucket].len()).any(|producer| chosen.has(producer))
        });
        if !destroys || of_others {
            continue;
        }
        match brought_back(record, bucket, read, *fault, *at, until) {
            Some(Back::All) => {}
            Some(Back::Copies(lag)) => uncopied(record, read, lag, window, *at, *at, lost),
            None => lost.push((DrillTime::ZERO, *at)),
        }
    }
}

/// How much of what was destroyed came back.
enum Back {
    All,
    /// What had a copy.
    Copies(Lag),
}

/// What the steps since a fault brought back of it.
fn brought_back(
    record: &Record<'_, '_>,
    bucket: usize,
    region: Region,
    fault: usize,
    at: DrillTime,
    until: DrillTime,
) -> Option<Back> {
    let model = record.world.model;
    let spec = model.bucket_at(bucket);
    let action = &model.faults[fault].fault.action;
    let hidden = spec.versioned
        && action
            .get::<S3DeleteObjects>()
            .is_some_and(|one| one.mode == DeleteMode::Marker);
    let rotten = action.is::<S3CorruptObjects>();
    let lag = spec.replicate.map(|replicate| replicate.lag);
    let is_copy = |from: StoreLocation<'_>| {
        from.store == spec.label && model.region(from.region).is_some_and(|from| from != region)
    };
    let steps = model.steps.iter().zip(&record.steps);
    let done = steps.filter(|(_, ran)| {
        ran.is_some_and(|ran| ran.from >= at && !ran.failed && ran.to.is_some_and(|to| to <= until))
    });
    let mut back = None;
    for (step, _) in done {
        let action = &step.action;
        let undeletes = action.get::<S3RestoreVersions>();
        let undeletes = undeletes.is_some_and(|one| hidden && one.bucket == spec.label);
        // What is known of a script is what was recorded, or hoped.
        if undeletes || action.is::<Shell>() {
            return Some(Back::All);
        }
        let restores = action.get::<S3RestoreObjects>();
        let syncs = action
            .copies()
            .filter(|copies| !rotten || copies.compares == Compared::Values);
        let copies = restores.is_some_and(|one| one.bucket == spec.label && is_copy(one.from.as_store()))
            || syncs.is_some_and(|one| one.to.store == spec.label && is_copy(one.from));
        if copies && let Some(lag) = lag {
            back = Some(Back::Copies(lag));
        }
    }
    back
}

/// What was written elsewhere and is not at home in the end, when it is home that is read.
pub(super) fn left_away(record: &Record<'_, '_>, bucket: usize, lost: &mut Lost) {
    let world = &record.world;
    let model = world.model;
    let label = model.bucket_at(bucket).label;
    let read = world.names[bucket];
    let copied = |from: DrillTime| {
        let steps = model.steps.iter().zip(&record.steps);
        let mut done = steps
            .filter(|(_, ran)| ran.is_some_and(|ran| !ran.failed && ran.to.is_some_and(|to| to >= from)));
        done.any(|(step, _)| {
            let (action, reverse) = (&step.action, step.action.get::<ReplicationReverse>());
            let syncs = action.copies().is_some_and(|one| {
                one.to.store == label && one.from.store == label && model.region(one.to.region) == Some(read)
            });
            syncs || action.is::<Shell>() || reverse.is_some_and(|one| one.bucket == label && one.existing)
        })
    };
    for (at, (from, flow)) in world.flows.iter().enumerate() {
        let to = world.flows.get(at + 1).map_or(record.end, |(to, _)| *to);
        let elsewhere = flow.filed.is_some_and(|filed| filed != read);
        if flow.broker.is_some() && flow.files() && elsewhere && !copied(*from) {
            lost.push((*from, to));
        }
    }
}
