//! What a data set's writes are judged by: its bucket, its cut-off ages, and what faults and steps touched.

use super::damage::{Cause, Damage, Hits};
use crate::audit::AuditRecord;
use crate::journal::AuditId;
use crate::measures::case::Case;
use crate::measures::incidents::Incident;
use crate::measures::injection::Injection;
use crate::measures::paths;
use crate::measures::recording::Recording;
use crate::recovery::Dated;
use crate::scenario::{CountedFrom, DataKind, DataSet, Effect};
use crate::units::{DrillTime, Span};

/// What a data set's writes are judged by.
pub(crate) struct Subject<'s, 'a> {
    pub(super) case: &'s Case<'a>,
    pub(super) spec: &'a DataSet,
    /// The bucket's label.
    pub(super) bucket: &'a str,
    /// In which region writes arrive from which instant on, in order; the first entry is for all before, too.
    pub(super) arrivals: Vec<(DrillTime, &'a str)>,
    /// The label of the region that the bucket's name pointed to when audit A, audit B began to read.
    pub(super) read_in: (&'a str, &'a str),
    /// When audit A, audit B began to read.
    pub(super) reads: (Option<DrillTime>, Option<DrillTime>),
    pub(super) counted_from: CountedFrom,
    pub(super) late_after: Span,
    pub(super) drain_timeout: Span,
    pub(super) first_injection: Option<DrillTime>,
    /// What others than producers did to what is in the bucket.
    pub(super) hits: Hits<'a>,
    /// When faults that it suffered made its writes late, or may have: from when to when.
    pub(super) slowed: Vec<(DrillTime, DrillTime)>,
    /// Audit A, audit B could not list the bucket.
    pub(super) unlisted: (bool, bool),
}

impl<'a> Subject<'_, 'a> {
    /// What its store is called.
    pub(super) fn noun(&self) -> &'static str {
        let store = self.case.scenario.cloud.store(self.bucket);
        store.map_or("store", |store| store.kind.noun)
    }

    pub(super) fn only_acknowledged(&self) -> bool {
        self.counted_from == CountedFrom::Acknowledged
    }

    /// The label of the region in which what was written at `at` arrived.
    pub(super) fn arrives_in(&self, at: DrillTime) -> &'a str {
        let before = self.arrivals.partition_point(|(from, _)| *from <= at);
        self.arrivals
            .get(before.saturating_sub(1))
            .map_or("", |(_, region)| region)
    }

    /// Whether a fault may be why something took from `from` to `to`.
    pub(super) fn was_slowed(&self, from: DrillTime, to: DrillTime) -> bool {
        self.slowed
            .iter()
            .any(|(since, until)| *since <= to && from <= *until)
    }

    /// Why what was produced then is not in `read_in`, where nothing destroyed it: it arrived in region `arrived` at
    /// `at` and was not copied, or the cause is unknown.
    pub(super) fn left_behind(
        &self,
        produced: Dated,
        at: DrillTime,
        arrived: &str,
        read_in: &str,
        audit: AuditId,
    ) -> Damage<'a> {
        let damage = |cause, died: DrillTime| Damage {
            produced,
            died: Dated::exact(died),
            cause,
            audit,
            count: 1,
        };
        if arrived == read_in {
            return damage(Cause::Unknown, at);
        }
        let moves = self.case.timeline.moves.iter();
        let moved = moves
            .rev()
            .filter(|moved| moved.name == self.bucket || self.is_iot(moved.name));
        let moved = moved
            .filter(|moved| moved.to == read_in)
            .map(|moved| (moved.at, moved.by));
        let read = match audit {
            AuditId::A => self.reads.0,
            AuditId::B => self.reads.1,
        };
        let moved = moved
            .filter(|(at, _)| read.is_none_or(|read| *at <= read))
            .max_by_key(|(at, _)| *at);
        // Clients turned away from it when the name was moved; what was produced later was behind at once. What a fault
        // held up arrived after the last read there.
        let died = moved.map_or(at, |(moved, _)| moved.max(produced.to));
        let stands = |injection: &&Injection<'_>| {
            let ended = self.case.fault_run(injection.fault).and_then(|run| run.ended);
            injection.at <= died && ended.is_none_or(|(end, _)| end >= produced.from)
        };
        let stopped =
            |injection: &&Injection<'_>| paths::cuts_off(self.case.scenario, injection, self.bucket, arrived);
        let fault = self.case.injections.iter().filter(stopped).find(stands);
        match (fault, moved) {
            (Some(injection), _) => damage(Cause::Fault(&injection.fault.id), died),
            (None, Some((_, step))) => damage(Cause::Step(step), died),
            (None, None) => damage(Cause::Unknown, died),
        }
    }

    /// Whether a name is that of the broker, and the data set comes from there.
    fn is_iot(&self, name: &str) -> bool {
        name == crate::scenario::IOT_NAME && matches!(self.spec.kind, DataKind::Stream { .. })
    }

    pub(super) fn unlisted(&self, audit: AuditId) -> bool {
        match audit {
            AuditId::A => self.unlisted.0,
            AuditId::B => self.unlisted.1,
        }
    }
}

/// Gathers it from the scenario, the journal and the audits.
pub(super) fn subject<'s, 'a>(
    case: &'s Case<'a>,
    spec: &'a DataSet,
    incidents: &[Incident<'a>],
    recording: &Recording,
) -> Subject<'s, 'a> {
    let bucket = spec.kind.store();
    let unlisted = |wanted: AuditId| {
        recording.audit.iter().any(|record| {
            matches!(record, AuditRecord::Unlisted { audit, store: label, .. } if *audit == wanted && label == bucket)
        })
    };
    let read = |wanted: AuditId| {
        let began = recording.audit.iter().filter_map(|record| match record {
            AuditRecord::Began { audit, at, .. } if *audit == wanted => Some(*at),
            _ => None,
        });
        began.min()
    };
    let reads = (read(AuditId::A), read(AuditId::B));
    let read_in = |read: Option<DrillTime>| case.region_of(bucket, read.unwrap_or(DrillTime::MAX));
    Subject {
        case,
        spec,
        bucket,
        arrivals: arrivals(case, spec),
        read_in: (read_in(reads.0).unwrap_or(""), read_in(reads.1).unwrap_or("")),
        reads,
        counted_from: spec.counted_from,
        late_after: case.scenario.late_after,
        drain_timeout: case.scenario.drain_timeout,
        first_injection: case.first_injection(),
        hits: Hits::new(case, bucket),
        slowed: slowed(case, spec, incidents),
        unlisted: (unlisted(AuditId::A), unlisted(AuditId::B)),
    }
}

/// When faults on the data set's path, or the incidents that came of faults, may have made writes late.
fn slowed<'a>(case: &Case<'a>, spec: &'a DataSet, incidents: &[Incident<'a>]) -> Vec<(DrillTime, DrillTime)> {
    let lasting = |effect: Effect| effect.lasts() && effect != Effect::StopsReplication;
    let on_path = |injection: &&Injection<'a>| {
        let mut path = case.path_of_data(spec, DrillTime::ZERO);
        path.extend(case.path_of_data(spec, injection.at));
        case.impacts(injection, &path, lasting)
    };
    let of_fault = |injection: &Injection<'a>| {
        let ended = case.fault_run(injection.fault).and_then(|run| run.ended);
        let until = ended.map_or(DrillTime::MAX, |(at, _)| at);
        match spec.kind {
            // Devices that it had disconnected still come back when it is over.
            DataKind::Stream { .. } => (injection.at, until.max(all_back(case, injection.at))),
            DataKind::Keyed { .. } => (injection.at, until),
        }
    };
    let faults = case.injections.iter().filter(on_path).map(of_fault);
    // What waited for the service to come back arrives in its course, too.
    let theirs = incidents.iter().filter(|incident| {
        let fault = incident
            .fault
            .as_ref()
            .is_some_and(|injection| on_path(&injection));
        fault && incident.service.data.as_ref() == Some(&spec.name)
    });
    let incidents = theirs.map(|incident| (incident.start, incident.end.unwrap_or(DrillTime::MAX)));
    faults.chain(incidents).collect()
}

/// When as many devices had a session again as at `at`.
fn all_back(case: &Case<'_>, at: DrillTime) -> DrillTime {
    let (before, after) = case
        .timeline
        .fleet
        .split_at(case.timeline.fleet.partition_point(|(when, _)| *when <= at));
    let Some((_, at_fault)) = before.last() else {
        return at;
    };
    let gone = after
        .iter()
        .rfind(|(_, counters)| counters.connected < at_fault.connected);
    gone.map_or(at, |(when, _)| *when)
}

/// Writers go where the bucket's name points; a rule files in the region of its broker.
fn arrivals<'a>(case: &Case<'a>, spec: &DataSet) -> Vec<(DrillTime, &'a str)> {
    let bucket = spec.kind.store();
    let region = |at| match spec.kind {
        DataKind::Keyed { .. } => case.region_of(bucket, at),
        DataKind::Stream { .. } => case.filed_in(bucket, at),
    };
    let moves = case.timeline.moves.iter().map(|moved| moved.at);
    let instants = std::iter::once(DrillTime::from_us(i64::MIN)).chain(moves);
    instants.map(|at| (at, region(at).unwrap_or(""))).collect()
}
