//! Data that did not come back, and why.

use super::{Evidence, about, about_step, count, finding, plan_line, ran, sentence};
use crate::audit::AuditRecord;
use crate::journal::{AuditId, NO_DAMAGE};
use crate::measures::case::{Case, Strike};
use crate::measures::commands::{Place, Sync, syncs};
use crate::measures::data::Data;
use crate::measures::data::damage::Cause;
use crate::measures::emulator::foreign;
use crate::measures::paths;
use crate::report::{Finding, Severity};
use crate::scenario::{Command, DataKind, Step, StepAction};
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
        bucket,
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
    let objects = count(*same, "object");
    if only_here + only_there + differing == 0 {
        let text = format!("{bucket}: regions {region} and {other} hold the same at the end, {objects}.");
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
        "{bucket}: regions {region} and {other} have {objects} alike at the end; {only_here} are in {region} only, \
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
    let bucket = data.spec.kind.bucket();
    let looked = move |step: &&Step| match &step.action {
        StepAction::S3Audit(audit) => audit.bucket == bucket,
        StepAction::S3VerifyIntegrity(verify) => verify.bucket == bucket,
        _ => false,
    };
    let steps = case.scenario.runbook.iter().filter(looked);
    steps.filter_map(move |step| {
        let (start, _) = case.step_run(step)?.interval()?;
        let (_, end) = case.step_run(step)?.ended?;
        let detail = end.detail.as_deref()?;
        let gone = data.tally.damages.iter();
        let gone = gone.filter(|damage| damage.audit == AuditId::A && damage.died.to < start);
        let gone: u64 = gone.map(|damage| damage.count).sum();
        (gone > 0 && detail.contains(NO_DAMAGE)).then(|| {
            let text = format!(
                "Step {} found no damage in {bucket}, though {} that did not come back had been destroyed by then: what is \
                 purged, and what never reached a replica, leaves nothing that S3 could show. An inventory that is kept \
                 elsewhere would.",
                step.id,
                count(gone, "write")
            );
            about_step(Severity::Critical, "damage_not_found", step, text)
        })
    })
}

/// The writes that did not come back, counted and dated, with the cause.
fn damage(case: &Case<'_>, data: &Data<'_>) -> Option<Finding> {
    let (oldest, newest) = (data.tally.oldest?, data.tally.newest?);
    let kinds = [
        (data.tally.lost, "lost"),
        (data.tally.corrupted, "corrupted"),
        (data.tally.stale, "stale"),
    ];
    let kinds: Vec<String> = kinds
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, kind)| format!("{n} {kind}"))
        .collect();
    let when = match (instant(oldest.from), instant(newest.to)) {
        (oldest, newest) if oldest == newest => format!("at {oldest}"),
        (oldest, newest) => format!("between {oldest} and {newest}"),
    };
    let mut text = format!(
        "{}: {} of {} writes did not come back ({}), produced {when}.",
        data.spec.name,
        data.tally.damaged(),
        data.tally.counted(),
        kinds.join(", "),
    );
    let dated = data.worst().and_then(|worst| Some((worst.of, worst.at?)));
    if let Some((of, at)) = dated {
        let which = match data.disruptions.len() {
            0 | 1 => "The loss",
            _ => "The loss that reaches back furthest",
        };
        text.push_str(&format!(" {which} is dated by {} at {at}.", of.words()));
    }
    let causes: Vec<(Cause<'_>, u64)> = data.tally.by_cause().into_iter().collect();
    if causes
        .iter()
        .any(|(cause, _)| !matches!(cause, Cause::Fault(_) | Cause::Unknown))
    {
        let causes: Vec<String> = causes
            .iter()
            .map(|(cause, n)| format!("{} {}", cause.words(), count(*n, "write")))
            .collect();
        text.push_str(&format!(" Who destroyed them: {}.", causes.join(", ")));
    }
    let bucket = data.spec.kind.bucket();
    let elsewhere = data.tally.elsewhere;
    if elsewhere > 0 {
        text.push_str(&format!(
            " Of these, {} as written in the bucket of the other region, where no client looked.",
            match elsewhere {
                1 => "1 stands".to_owned(),
                n => format!("{n} stand"),
            }
        ));
    }
    // Where clients never left for the other region, what stands there did not lack a copy but its readers.
    let left = case.timeline.moves.iter().any(|moved| moved.name == bucket);
    let unread = !left && elsewhere * 2 > data.tally.damaged();
    let unprotected = unprotected(case, bucket, newest.to).filter(|_| !unread);
    if let Some(strike) = unprotected {
        text.push_str(&format!(
            " The cause is fault {}: from {} on, writes to {bucket} had no copy to be restored from.",
            strike.fault.id, strike.at
        ));
    }
    let hops: Vec<String> = data
        .tally
        .lost_by_hop
        .iter()
        .map(|(hop, n)| format!("{n} in the {hop}"))
        .collect();
    if !hops.is_empty() {
        text.push_str(&format!(" Where they died: {}.", hops.join(", ")));
    }
    let fault = unprotected.map(|strike| strike.fault.id.clone());
    let named = data.worst().map(|worst| worst.of);
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
        ..about(severity(case, data), "writes_lost", &data.spec.name, text)
    })
}

/// How long copying had been stopped when the fault struck, and what was written meanwhile and is lost.
fn uncopied_before(case: &Case<'_>, data: &Data<'_>) -> Vec<Finding> {
    let Some((Cause::Fault(dating), at)) = data.worst().and_then(|worst| Some((worst.of, worst.at?))) else {
        return Vec::new();
    };
    let bucket = data.spec.kind.bucket();
    let stopped = case
        .strikes
        .iter()
        .filter(|strike| strike.at < at && paths::unprotects(case.scenario, strike, bucket));
    let of = |strike: &Strike<'_>| {
        let resumed = case
            .timeline
            .copying
            .iter()
            .find(|(at, of, runs)| *runs && *of == bucket && *at > strike.at);
        let until = resumed.map_or(at, |(resumed, ..)| at.min(*resumed));
        let lost: u64 = data
            .tally
            .damaged_at
            .range(strike.at..until)
            .map(|(_, n)| n)
            .sum();
        let text = format!(
            "Replication of {bucket} had stopped with fault {} {} before fault {} struck: {} of {} from that time did \
             not come back.",
            strike.fault.id,
            until - strike.at,
            dating,
            count(lost, "write"),
            data.spec.name
        );
        Finding {
            fault: Some(strike.fault.id.clone()),
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
    match targets.all(|service| service.rpo.is_some_and(allows)) {
        true => Severity::Warning,
        false => Severity::Critical,
    }
}

/// The first fault that had taken the bucket's protection by the time of its newest damaged write.
fn unprotected<'c, 'a>(case: &'c Case<'a>, bucket: &str, newest: DrillTime) -> Option<&'c Strike<'a>> {
    case.strikes
        .iter()
        .find(|strike| strike.at <= newest && paths::unprotects(case.scenario, strike, bucket))
}

/// `12m 30s`, or `3h before the drill began`.
fn instant(at: DrillTime) -> String {
    match at < DrillTime::ZERO {
        true => format!("{} before drill 0", DrillTime::ZERO - at),
        false => at.to_string(),
    }
}

/// Objects of the same size and date look whole to `aws s3 sync`.
fn left_corrupted(case: &Case<'_>, data: &Data<'_>) -> Vec<Finding> {
    let DataKind::Objects { bucket } = &data.spec.kind else {
        return Vec::new();
    };
    if data.tally.corrupted == 0 {
        return Vec::new();
    }
    let declared = case
        .scenario
        .cloud
        .buckets
        .iter()
        .find(|one| one.label == *bucket);
    let synced = case.scenario.runbook.iter().filter(|step| match &step.action {
        StepAction::S3Sync(sync) => sync.to.bucket == *bucket,
        StepAction::Shell(shell) => declared.is_some_and(|bucket| syncs_to(&shell.command, &bucket.name)),
        _ => false,
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
        data.tally.corrupted,
        if data.tally.corrupted == 1 {
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
    let there = |sync: &Sync| matches!(&sync.to, Place::Bucket(to) if to == bucket);
    syncs(command).iter().any(there)
}

/// What else the audit saw that a reader should know.
fn oddities(data: &Data<'_>) -> Vec<Finding> {
    let tally = &data.tally;
    let name = &data.spec.name;
    let warnings = [
        (
            tally.resurrected,
            "deletes_undone",
            "delete",
            "undone: what had been deleted is there again",
        ),
        (
            tally.unexpected,
            "unexpected_objects",
            "object or message",
            "there that nobody wrote",
        ),
        (
            tally.lost_in_failback,
            "lost_in_failback",
            "write",
            "stored once the service was back and not there at the end",
        ),
        (
            tally.late_here,
            "late_here",
            "write",
            "readable late only because this machine was late: what no fault slowed counts as in time",
        ),
    ];
    let notes = [
        (tally.duplicated, "duplicates", "message", "there more than once"),
        (
            tally.recovered,
            "unacknowledged_there",
            "write",
            "there though never acknowledged",
        ),
        (tally.delayed, "delayed", "write", "readable late"),
        (
            tally.recovered_later,
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
