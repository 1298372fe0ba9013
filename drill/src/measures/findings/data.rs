//! Data that did not come back, and why.

use std::collections::BTreeSet;

use super::{Evidence, about, about_step, count, finding, plan_line, ran, sentence};
use crate::audit::AuditRecord;
use crate::journal::{AuditId, NO_DAMAGE};
use crate::measures::case::Case;
use crate::measures::commands::{Sync, SyncEnd, syncs};
use crate::measures::data::Data;
use crate::measures::data::damage::Cause;
use crate::measures::foreign::foreign;
use crate::measures::injection::Injection;
use crate::measures::paths;
use crate::report::{Finding, Severity};
use crate::scenario::{Command, DataKind, S3Sync, Shell};
use crate::units::{DrillTime, Span};

pub(super) fn findings(evidence: &Evidence<'_, '_>) -> Vec<Finding> {
    let case = evidence.case;
    let mut findings = Vec::new();
    for data in evidence.data {
        findings.extend(damage(case, data));
        findings.extend(overlooked(case, data));
        findings.extend(uncopied_before(case, data));
        findings.extend(unseen_by_another_target(case, data));
        findings.extend(left_corrupted(case, data));
        findings.extend(oddities(data));
        findings.extend(doubtful(data));
    }
    findings.extend(uncopied(case));
    findings.extend(
        evidence
            .compared
            .iter()
            .filter_map(|record| compared(case, record)),
    );
    findings
}

/// After a change of region: whether both have the same at the end.
fn compared(case: &Case<'_>, record: &AuditRecord) -> Option<Finding> {
    let AuditRecord::Compared {
        audit: AuditId::B,
        store: bucket,
        region,
        other,
        same,
        only_here,
        only_there,
        differing,
        pending,
    } = record
    else {
        return None;
    };
    if !case.timeline.moves.iter().any(|moved| moved.name == *bucket) {
        return None;
    }
    let store = case.scenario.cloud.store(bucket);
    let values = count(*same, store.map_or("value", |store| store.value));
    if only_here + only_there + differing == 0 {
        let text = format!("{bucket}: regions {region} and {other} hold the same at the end, {values}.");
        return Some(about(Severity::Note, "regions_alike", bucket, text));
    }
    let on_their_way = match pending {
        0 => "no copy was on its way".to_owned(),
        n => format!(
            "{} on the way",
            if *n == 1 {
                "1 copy was".to_owned()
            } else {
                format!("{n} copies were")
            }
        ),
    };
    let text = format!(
        "{bucket}: regions {region} and {other} have {values} alike at the end; {only_here} are in {region} only, \
         {only_there} in {other} only, {differing} differ, and {on_their_way} from {region} to {other}."
    );
    let explained = *only_there == 0 && only_here + differing <= *pending;
    let severity = if explained {
        Severity::Note
    } else {
        Severity::Warning
    };
    Some(about(severity, "regions_differ", bucket, text))
}

/// Steps that looked for damage, and found none where there was.
fn overlooked<'a>(case: &'a Case<'_>, data: &'a Data<'_>) -> impl Iterator<Item = Finding> + 'a {
    let bucket = data.spec.kind.store();
    let searches = case.scenario.runbook.iter();
    let searches = searches.filter_map(|step| Some((step, step.action.searches()?)));
    let searches = searches.filter(move |(_, search)| search.store == bucket);
    searches.filter_map(move |(step, search)| {
        let (start, _) = case.step_run(step)?.interval()?;
        let (_, end) = case.step_run(step)?.ended?;
        let detail = end.detail.as_deref()?;
        let gone = data.counts.damages.iter();
        let gone = gone.filter(|damage| damage.audit == AuditId::A && damage.died.to < start);
        let causes: BTreeSet<Cause<'_>> = gone.clone().map(|damage| damage.cause).collect();
        let gone: u64 = gone.map(|damage| damage.count).sum();
        (gone > 0 && detail.contains(NO_DAMAGE)).then(|| {
            let why: BTreeSet<&str> = causes
                .iter()
                .map(|cause| unseen_because(case, *cause, search.reads_values))
                .collect();
            let text = format!(
                "Step {} found no damage in {bucket}, though {} that did not come back had been destroyed by then: {}. An \
                 inventory with checksums that is kept elsewhere would show it.",
                step.id,
                count(gone, "write"),
                Vec::from_iter(why).join("; ")
            );
            about_step(Severity::Critical, "damage_not_found", step, text)
        })
    })
}

/// Why an audit of S3 does not see what this cause destroyed.
fn unseen_because(case: &Case<'_>, cause: Cause<'_>, reads_values: bool) -> &'static str {
    let fault = match cause {
        Cause::Fault(id) => case.scenario.faults.iter().find(|fault| fault.id == id),
        _ => None,
    };
    let because = fault.and_then(|fault| fault.action.unseen_because(reads_values));
    because.unwrap_or("S3 shows what is there, not whether it is what was written")
}

/// The writes that did not come back, counted and dated, with the cause.
fn damage(case: &Case<'_>, data: &Data<'_>) -> Option<Finding> {
    let newest = data.counts.newest?;
    let store = data.spec.kind.store();
    // Where clients never left for the other region, what stands there did not lack a copy but its readers.
    let left = case.timeline.moves.iter().any(|moved| moved.name == store);
    let unread = !left && data.counts.elsewhere * 2 > data.counts.damaged();
    let unprotected = unprotected(case, store, newest.to).filter(|_| !unread);
    let uncopied = unprotected.map(|injection| {
        format!(
            "The cause is fault {}: from {} on, writes to {store} had no copy to be restored from.",
            injection.fault.id, injection.at
        )
    });
    let text = [
        Some(counted(data)?),
        dated(data),
        destroyed_by(data),
        elsewhere(case, data),
        uncopied,
        hops(data),
    ];
    let text: Vec<String> = text.into_iter().flatten().collect();
    let named = data.worst().map(|worst| worst.of);
    let fault = unprotected.map(|injection| injection.fault.id.clone());
    let fault = fault.or_else(|| match named {
        Some(Cause::Fault(id)) => Some(id.to_owned()),
        _ => None,
    });
    let step = match named {
        Some(Cause::Step(id)) => Some(id.to_owned()),
        _ => None,
    };
    Some(Finding {
        fault,
        step,
        ..about(
            severity(case, data),
            "writes_lost",
            &data.spec.name,
            text.join(" "),
        )
    })
}

/// How many writes did not come back, in which way, and when they were produced.
fn counted(data: &Data<'_>) -> Option<String> {
    let (oldest, newest) = (data.counts.oldest?, data.counts.newest?);
    let kinds = [
        (data.counts.lost, "lost"),
        (data.counts.corrupted, "corrupted"),
        (data.counts.stale, "stale"),
    ];
    let kinds = kinds.iter().filter(|(n, _)| *n > 0);
    let kinds: Vec<String> = kinds.map(|(n, kind)| format!("{n} {kind}")).collect();
    let when = match (instant(oldest.from), instant(newest.to)) {
        (oldest, newest) if oldest == newest => format!("at {oldest}"),
        (oldest, newest) => format!("between {oldest} and {newest}"),
    };
    Some(format!(
        "{}: {} of {} writes did not come back ({}), produced {when}.",
        data.spec.name,
        data.counts.damaged(),
        data.counts.counted(),
        kinds.join(", "),
    ))
}

/// What dates the loss, and when.
fn dated(data: &Data<'_>) -> Option<String> {
    let worst = data.worst()?;
    let which = match data.disruptions.len() {
        0 | 1 => "The loss",
        _ => "The loss that reaches back furthest",
    };
    Some(format!(
        "{which} is dated by {} at {}.",
        worst.of.describe(),
        worst.at?
    ))
}

/// What destroyed the writes, where it was not faults alone.
fn destroyed_by(data: &Data<'_>) -> Option<String> {
    let causes: Vec<(Cause<'_>, u64)> = data.counts.by_cause().into_iter().collect();
    let mut all = causes.iter();
    if all.all(|(cause, _)| matches!(cause, Cause::Fault(_) | Cause::Unknown)) {
        return None;
    }
    let causes = causes.iter();
    let causes: Vec<String> = causes
        .map(|(cause, n)| format!("{} {}", cause.describe(), count(*n, "write")))
        .collect();
    Some(format!("Who destroyed them: {}.", causes.join(", ")))
}

/// How many of the writes stand in the other region.
fn elsewhere(case: &Case<'_>, data: &Data<'_>) -> Option<String> {
    let store = case.scenario.cloud.store(data.spec.kind.store());
    let noun = store.map_or("store", |store| store.kind.noun);
    let stand = match data.counts.elsewhere {
        0 => return None,
        1 => "1 stands".to_owned(),
        n => format!("{n} stand"),
    };
    Some(format!(
        "Of these, {stand} as written in the {noun} of the other region, where no client looked."
    ))
}

/// Where the writes died.
fn hops(data: &Data<'_>) -> Option<String> {
    let hops = data.counts.lost_by_hop.iter();
    let hops: Vec<String> = hops.map(|(hop, n)| format!("{n} in the {hop}")).collect();
    (!hops.is_empty()).then(|| format!("Where they died: {}.", hops.join(", ")))
}

/// How long copying had been stopped when the fault was injected, and what was written meanwhile and is lost.
fn uncopied_before(case: &Case<'_>, data: &Data<'_>) -> Vec<Finding> {
    let Some((Cause::Fault(dating), at)) = data.worst().and_then(|worst| Some((worst.of, worst.at?))) else {
        return Vec::new();
    };
    let bucket = data.spec.kind.store();
    let stopped = case
        .injections
        .iter()
        .filter(|injection| injection.at < at && paths::unprotects(case.scenario, injection, bucket));
    let of = |injection: &Injection<'_>| {
        let resumed = case
            .timeline
            .copying
            .iter()
            .find(|(at, of, runs)| *runs && *of == bucket && *at > injection.at);
        let until = resumed.map_or(at, |(resumed, ..)| at.min(*resumed));
        let lost: u64 = data
            .counts
            .damaged_at
            .range(injection.at..until)
            .map(|(_, n)| n)
            .sum();
        let text = format!(
            "Replication of {bucket} had stopped with fault {} {} before fault {} was injected: {} of {} from that time did \
             not come back.",
            injection.fault.id,
            until - injection.at,
            dating,
            count(lost, "write"),
            data.spec.name
        );
        Finding {
            fault: Some(injection.fault.id.clone()),
            ..about(Severity::Warning, "copying_stopped", &data.spec.name, text)
        }
    };
    stopped.map(of).collect()
}

/// A loss that misses the RPO and that another target of the same plan would have allowed.
fn unseen_by_another_target(case: &Case<'_>, data: &Data<'_>) -> Vec<Finding> {
    let services = case.scenario.objectives.services.iter();
    let judged = services.filter(|service| service.data.as_ref() == Some(&data.spec.name));
    let of = |service: &crate::scenario::ServiceObjective| {
        let also = service.also.as_ref()?;
        let (rpo, other) = (service.rpo?, also.rpo?);
        let between = data.rpa.exact && data.rpa.length > rpo && data.rpa.length <= other;
        between.then(|| {
            let text = format!(
                "Against the plan's RPO of {other} ({}) the loss of {} of {} would have passed unseen; the RPO of \
                 {rpo} ({}) shows it.",
                also.source, data.rpa.length, data.spec.name, service.source
            );
            Finding {
                service: Some(service.name.clone()),
                source: plan_line(&also.source),
                ..finding(Severity::Warning, "other_rpo_too_long", text)
            }
        })
    };
    judged.filter_map(of).collect()
}

/// A loss that every plan of the data set allows is no failure of theirs.
fn severity(case: &Case<'_>, data: &Data<'_>) -> Severity {
    let services = case.scenario.objectives.services.iter();
    let mut targets = services.filter(|service| service.data.as_ref() == Some(&data.spec.name));
    let allows = |rpo: Span| data.rpa.exact && data.rpa.length <= rpo;
    if targets.all(|service| service.rpo.is_some_and(allows)) {
        Severity::Warning
    } else {
        Severity::Critical
    }
}

/// The first fault that had taken the bucket's protection by the time of its newest damaged write.
fn unprotected<'c, 'a>(case: &'c Case<'a>, bucket: &str, newest: DrillTime) -> Option<&'c Injection<'a>> {
    case.injections
        .iter()
        .find(|injection| injection.at <= newest && paths::unprotects(case.scenario, injection, bucket))
}

/// `12m 30s`, or `3h before the drill began`.
fn instant(at: DrillTime) -> String {
    if at < DrillTime::ZERO {
        format!("{} before drill 0", DrillTime::ZERO - at)
    } else {
        at.to_string()
    }
}

/// Objects of the same size and date look whole to `aws s3 sync`.
fn left_corrupted(case: &Case<'_>, data: &Data<'_>) -> Vec<Finding> {
    let DataKind::Keyed { store: bucket } = &data.spec.kind else {
        return Vec::new();
    };
    if data.counts.corrupted == 0 {
        return Vec::new();
    }
    let declared = case.scenario.bucket(bucket);
    let synced = case.scenario.runbook.iter().filter(|step| {
        let by_action = step.action.get::<S3Sync>();
        let script = step.action.get::<Shell>();
        by_action.is_some_and(|sync| sync.to.bucket == *bucket)
            || script
                .is_some_and(|shell| declared.is_some_and(|bucket| syncs_to(&shell.command, &bucket.name)))
    });
    let ran = synced.filter(|step| ran(case, step));
    // Another S3 dates a replica by its copy.
    let unseen = match foreign(case) {
        None => "whose bytes changed under the same size and date",
        Some(_) => "whose bytes changed under the same size, where its source does not look newer,",
    };
    let text = format!(
        "{} corrupted {} of {bucket} stayed as they were: `aws s3 sync` compares sizes and dates, not contents, and \
         takes an object {unseen} for whole.",
        data.counts.corrupted,
        if data.counts.corrupted == 1 {
            "object"
        } else {
            "objects"
        }
    );
    ran.map(|step| about_step(Severity::Critical, "corruption_not_repaired", step, text.clone()))
        .collect()
}

/// Whether a command of the user's own says `aws s3 sync` with this bucket as its destination.
fn syncs_to(command: &Command, bucket: &str) -> bool {
    let there = |sync: &Sync| matches!(&sync.to, SyncEnd::Bucket(to) if to == bucket);
    syncs(command).iter().any(there)
}

/// What else the audit saw that a reader should know.
fn oddities(data: &Data<'_>) -> Vec<Finding> {
    let counts = &data.counts;
    let name = &data.spec.name;
    let warnings = [
        (
            counts.resurrected,
            "deletes_undone",
            "delete",
            "undone: what had been deleted is there again",
        ),
        (
            counts.unexpected,
            "unexpected_objects",
            "object or message",
            "there that no client wrote",
        ),
        (
            counts.lost_in_failback,
            "lost_in_failback",
            "write",
            "stored once the service was back and not there at the end",
        ),
        (
            counts.late_here,
            "late_here",
            "write",
            "readable late only because this machine was late: what no fault slowed counts as in time",
        ),
    ];
    let notes = [
        (counts.duplicated, "duplicates", "message", "there more than once"),
        (
            counts.recovered,
            "unacknowledged_there",
            "write",
            "there though never acknowledged",
        ),
        (counts.delayed, "delayed", "write", "readable late"),
        (
            counts.recovered_later,
            "recovered_later",
            "write",
            "missing when the incident closed and there at the end",
        ),
    ];
    let told = |severity, (n, kind, what, how): (u64, &str, &str, &str)| {
        (n > 0).then(|| about(severity, kind, name, format!("{name}: {} {how}.", count(n, what))))
    };
    let warnings = warnings
        .into_iter()
        .filter_map(|odd| told(Severity::Warning, odd));
    warnings
        .chain(notes.into_iter().filter_map(|odd| told(Severity::Note, odd)))
        .collect()
}

fn doubtful(data: &Data<'_>) -> Vec<Finding> {
    let of = |doubt: &String| {
        finding(
            Severity::Warning,
            "data_doubtful",
            sentence(&format!("{}: {doubt}", data.spec.name)),
        )
    };
    data.doubts.iter().map(of).collect()
}

/// Copies that were tried and refused, by bucket and reason.
fn uncopied(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (bucket, failures) in &case.timeline.uncopied {
        let mut reasons: Vec<&str> = failures.iter().map(|(_, reason)| *reason).collect();
        reasons.sort_unstable();
        reasons.dedup();
        for reason in reasons {
            let mut keys = failures
                .iter()
                .filter(|(_, why)| *why == reason)
                .map(|(key, _)| *key);
            let first = keys.next().unwrap_or_default();
            let n = 1 + keys.count() as u64;
            let copies = if n == 1 {
                "1 copy".to_owned()
            } else {
                format!("{n} copies")
            };
            let text = format!("{copies} of {bucket} could not be made: {reason} (first: {first}).");
            findings.push(about(Severity::Warning, "copies_refused", bucket, text));
        }
    }
    findings
}
