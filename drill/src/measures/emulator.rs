//! Where the emulator, not the plan, decided an outcome.
//!
//! The embedded S3 keeps what AWS keeps. That of another endpoint does not: a replica that is written there has a
//! version id and a date of its own, where AWS gives it those of its source. What compares dates between a bucket and
//! its replica comes to another result than on AWS, and so does everything that rests on it.

use std::collections::BTreeMap;

use super::case::Case;
use super::commands::{Sync, SyncEnd, syncs};
use super::findings::{about, about_step, finding, ran};
use super::foreign::foreign;
use super::objectives::Assessed;
use crate::report::{Finding, Metric, Severity};
use crate::scenario::{Bucket, Command, S3CorruptObjects, S3Sync, ServiceObjective, Shell, Step};

/// How surely a step compared dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Compared {
    /// The scenario does not say what it compared, or whether.
    Perhaps,
    Surely,
}

/// Marks the objectives that the emulator decided, and says why.
pub(super) fn mark(case: &Case<'_>, assessed: &mut [Assessed]) -> Vec<Finding> {
    let Some(cloud) = foreign(case) else {
        return Vec::new();
    };
    let mut findings = vec![about_dates(cloud)];
    findings.extend(about_damage(case, cloud));
    let mut touched: BTreeMap<&str, Compared> = BTreeMap::new();
    for step in case.scenario.runbook.iter().filter(|step| ran(case, step)) {
        for (bucket, how) in compared_by_date(case, step) {
            let known = touched.entry(&bucket.label).or_insert(how);
            *known = how.max(*known);
            findings.push(about_comparison(step, bucket, how, cloud));
        }
    }
    let services = &case.scenario.objectives.services;
    let resting: BTreeMap<&str, Compared> = services
        .iter()
        .filter_map(|service| Some((service.name.as_str(), rests_on(case, service, &touched)?)))
        .collect();
    for objective in assessed.iter_mut().map(|assessed| &mut assessed.objective) {
        let whole = objective.service == "*" && objective.metric == Metric::Mtd;
        let how = if whole {
            resting.values().max()
        } else {
            resting.get(objective.service.as_str())
        };
        let compared = match how {
            None => continue,
            Some(Compared::Surely) => "a step compared",
            Some(Compared::Perhaps) => "perhaps: a step may have compared",
        };
        let why = format!("{compared} dates that {cloud} does not keep as AWS does");
        objective.decided_by_emulator = Some(match objective.decided_by_emulator.take() {
            Some(known) => format!("{known}; {why}"),
            None => why,
        });
    }
    findings
}

fn about_comparison(step: &Step, bucket: &Bucket, how: Compared, cloud: &str) -> Finding {
    let label = &bucket.label;
    let decided = match (how, step.action.get::<Shell>().map(|shell| &shell.command)) {
        (Compared::Surely, _) => {
            format!("Decided by the emulator: this step compares the dates of {label} and of its replica.")
        }
        (Compared::Perhaps, Some(Command::Script(_))) => {
            format!(
                "May have been decided by the emulator: this step's script copied between {label} and its replica; if it \
             compares dates (`aws s3 sync` does), this follows."
            )
        }
        (Compared::Perhaps, _) => format!(
            "May have been decided by the emulator: this step says `aws s3 sync` of places that stand in variables; if \
             they are {label} and its replica, this follows."
        ),
    };
    let text = format!(
        "{decided} At {cloud} a replica is as old as its copy, so that it may look newer than its source and may be \
         copied back; on AWS it has its source's date, and an object of the same size is passed over, whatever became of \
         its bytes."
    );
    about_step(Severity::Warning, "decided_by_emulator", step, text)
}

fn about_dates(cloud: &str) -> Finding {
    let text = format!(
        "S3 was that of {cloud}, which dates what it stores by the wall: what the scenario dates back, and what was \
         written in the drill's hours, all has dates of the few minutes that the drill really took. Times in this \
         report are those at which the gateway had the answers."
    );
    about(Severity::Note, "dates_of_the_cloud", cloud, text)
}

/// The storage of another program is not accessible.
fn about_damage(case: &Case<'_>, cloud: &str) -> Option<Finding> {
    let mut faults = case.scenario.faults.iter();
    let fault = faults.find(|fault| fault.action.is::<S3CorruptObjects>())?;
    let text = format!(
        "The bytes that fault {} corrupted are sound in the storage of {cloud}, which no API reaches: the gateway alters \
         them for everybody who reads them, users, copies and audits alike.",
        fault.id
    );
    Some(Finding {
        fault: Some(fault.id.clone()),
        ..finding(Severity::Note, "corruption_by_the_gateway", text)
    })
}

/// The buckets that a step compares with their replicas by date.
fn compared_by_date<'a>(case: &Case<'a>, step: &'a Step) -> Vec<(&'a Bucket, Compared)> {
    let buckets = case.scenario.cloud.buckets().iter();
    let replicated = buckets.filter_map(|bucket| Some((bucket, bucket.replicate.as_ref()?.name.as_str())));
    let compares = |bucket: &Bucket, replica: &str| {
        if let Some(sync) = step.action.get::<S3Sync>() {
            let own = sync.from.bucket == bucket.label && sync.to.bucket == bucket.label;
            return (own && sync.from.region != sync.to.region).then_some(Compared::Surely);
        }
        match &step.action.get::<Shell>()?.command {
            command @ Command::Run(_) => {
                let found = syncs(command).into_iter().filter(|sync| sync.dates);
                found
                    .filter_map(|sync| between(&sync, &bucket.name, replica))
                    .max()
            }
            Command::Script(_) => {
                copied_between(case, step, &bucket.name, replica).then_some(Compared::Perhaps)
            }
        }
    };
    replicated
        .filter_map(|(bucket, replica)| Some((bucket, compares(bucket, replica)?)))
        .collect()
}

/// Whether a sync is between a bucket and its replica.
fn between(sync: &Sync, bucket: &str, replica: &str) -> Option<Compared> {
    let of_them = |place: &str| place == bucket || place == replica;
    match (&sync.from, &sync.to) {
        (SyncEnd::Bucket(from), SyncEnd::Bucket(to)) => {
            (from != to && of_them(from) && of_them(to)).then_some(Compared::Surely)
        }
        (SyncEnd::Bucket(known), SyncEnd::Unknown) | (SyncEnd::Unknown, SyncEnd::Bucket(known)) => {
            of_them(known).then_some(Compared::Perhaps)
        }
        (SyncEnd::Unknown, SyncEnd::Unknown) => Some(Compared::Perhaps),
        (SyncEnd::Elsewhere, _) | (_, SyncEnd::Elsewhere) => None,
    }
}

/// What a script does is known from what it wrote alone: for each object that it copies `aws s3` says
/// `copy: s3://from/key to s3://to/key`.
fn copied_between(case: &Case<'_>, step: &Step, bucket: &str, replica: &str) -> bool {
    let output = case.step_run(step).map_or(&[][..], |run| &run.output);
    let bucket_of = |place: &str| Some(place.strip_prefix("s3://")?.split('/').next()?.to_owned());
    output.iter().any(|(_, line)| {
        // Progress is written over on the same line.
        let copied = line
            .rsplit_once("copy: ")
            .and_then(|(_, places)| places.split_once(" to s3://"));
        let places = copied.and_then(|(from, to)| Some((bucket_of(from)?, to.split('/').next()?)));
        places
            .is_some_and(|(from, to)| (from == bucket && to == replica) || (from == replica && to == bucket))
    })
}

/// Whether a service's data or its probe are of one of these buckets.
fn rests_on(
    case: &Case<'_>,
    service: &ServiceObjective,
    buckets: &BTreeMap<&str, Compared>,
) -> Option<Compared> {
    let data = service
        .data
        .as_ref()
        .and_then(|name| case.scenario.data_set(name));
    let of_data = data.and_then(|data| buckets.get(data.kind.store()));
    let probe = case.scenario.probe(&service.probe);
    let sample = probe.and_then(|probe| probe.kind.sample());
    let of_probe = sample.and_then(|sample| buckets.get(sample.store));
    of_data.max(of_probe).copied()
}
