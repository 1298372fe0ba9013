//! Whether what protects data and services from the next disaster is back: versions, copies in another region, the
//! concurrency and the code of functions, as the public API showed them at the end.
//!
//! What a fault that stood to the end keeps away is not judged, nor what the plan says that it leaves off.

use super::THE_DRILL;
use super::{Assessed, blank};
use crate::journal::{Protection, ProtectionKind};
use crate::ledger::{Changed, Changer};
use crate::measures::case::Case;
use crate::measures::injection::Injection;
use crate::report::{self, Metric, ObjectiveVerdict};
use crate::resource::ResourceId;
use crate::scenario::{Effect, ProtectionObjective};
use crate::units::{DrillTime, Span};

/// Judges all protections together, if the scenario declares any.
pub(super) fn assess(case: &Case<'_>) -> Option<Assessed> {
    let objectives = &case.scenario.objectives;
    if objectives.protection == ProtectionObjective::Ignore || !declares_any(case) {
        return None;
    }
    let mut objective = blank(THE_DRILL, Metric::Protection, Span::ZERO, &objectives.source);
    // No line of the plan says so: it follows from what the scenario declares.
    objective.source = None;
    let found = protections(case);
    let missing: Vec<String> = found
        .iter()
        .filter(|one| one.holds == Some(false) && one.excused.is_none())
        .map(describe)
        .collect();
    let unknown: Vec<String> = found
        .iter()
        .filter(|one| one.holds.is_none() && one.excused.is_none())
        .map(|one| format!("{} of {}: {}", kind(one.kind), one.of, one.found))
        .collect();
    let (verdict, why) = if !missing.is_empty() {
        let why = format!(
            "What protects from the next disaster is not back: {}.",
            missing.join("; ")
        );
        (ObjectiveVerdict::Fail, why)
    } else if !unknown.is_empty() || found.is_empty() {
        let what = if unknown.is_empty() {
            "it was not checked".to_owned()
        } else {
            unknown.join("; ")
        };
        let why = format!("Whether what protects from the next disaster is back cannot be told: {what}.");
        (ObjectiveVerdict::Inconclusive, why)
    } else {
        let excused: Vec<String> = found
            .iter()
            .filter(|one| one.excused.is_some())
            .map(left_off)
            .collect();
        let but = if excused.is_empty() {
            String::new()
        } else {
            format!(", but for what is not judged: {}", excused.join("; "))
        };
        let why = format!("What protects from the next disaster is there at the end{but}.");
        (ObjectiveVerdict::Pass, why)
    };
    objective.verdict = verdict;
    Some(Assessed {
        objective,
        why,
        basis: None,
    })
}

fn declares_any(case: &Case<'_>) -> bool {
    let cloud = &case.scenario.cloud;
    let buckets = cloud
        .buckets()
        .iter()
        .any(|bucket| bucket.versioned || bucket.replicate.is_some());
    // A drill that broke nothing had nothing to bring back.
    (buckets || !cloud.functions().is_empty()) && !case.injections.is_empty()
}

/// Each protection, as it was found at the end.
pub(crate) fn protections(case: &Case<'_>) -> Vec<report::Protection> {
    let of = |found: &&Protection| {
        let gone = found.holds == Some(false);
        let remover = gone.then(|| removed_by(case, found)).flatten();
        report::Protection {
            of: found.of.clone(),
            region: found.region.clone(),
            kind: found.kind,
            holds: found.holds,
            found: found.found.clone(),
            excused: excused(case, found, remover.as_ref()).filter(|_| found.holds != Some(true)),
            removed_by: remover.map(|remover| remover.words),
        }
    };
    case.timeline.protections.iter().map(of).collect()
}

/// `replication of programs: no rule copies to shop-backup (step contain)`.
fn describe(protection: &report::Protection) -> String {
    let by = protection
        .removed_by
        .as_ref()
        .map_or(String::new(), |by| format!(" ({by})"));
    format!(
        "{} of {}: {}{by}",
        kind(protection.kind),
        protection.of,
        protection.found
    )
}

/// `versioning of programs (step contain leaves it off)`.
fn left_off(protection: &report::Protection) -> String {
    let why = protection.excused.as_deref().unwrap_or_default();
    format!("{} of {} ({why})", kind(protection.kind), protection.of)
}

/// What a kind of protection is called.
pub(crate) fn kind(kind: ProtectionKind) -> &'static str {
    match kind {
        ProtectionKind::Versioning => "versioning",
        ProtectionKind::Replication => "replication",
        ProtectionKind::Copies => "copies",
        ProtectionKind::Concurrency => "concurrency",
        ProtectionKind::Version => "version in service",
    }
}

/// Who removed a protection.
struct Remover {
    at: DrillTime,
    words: String,
    /// The plan says that it leaves it off.
    leaves_off: bool,
}

fn removed_by(case: &Case<'_>, found: &Protection) -> Option<Remover> {
    let changes = case.changes.iter().rev();
    let mut removals: Vec<_> = changes
        .filter(|change| removes(found, &change.operation, &change.changed))
        .collect();
    // What resumed the copies, too late for some, is not what stopped them.
    let again = found.kind == ProtectionKind::Copies && is_copied(case, found);
    if again
        && removals
            .first()
            .is_some_and(|last| last.operation == "s3:PutBucketReplication")
    {
        removals.remove(0);
    }
    let step = removals
        .into_iter()
        .map(|change| match &change.by {
            Changer::Step(step) => Remover {
                at: change.at,
                words: format!("step {step}"),
                leaves_off: case.scenario.step(step).is_some_and(|step| step.leaves_off),
            },
            Changer::Other(who) => Remover {
                at: change.at,
                words: who.clone(),
                leaves_off: false,
            },
        })
        .next();
    let fault = case
        .injections
        .iter()
        .rev()
        .find(|injection| takes(case, injection, found))
        .map(|injection| Remover {
            at: injection.at,
            words: format!("fault {}", injection.fault.id),
            leaves_off: false,
        });
    // The step that sent clients to another region left them where no rule copies back.
    let copied = matches!(found.kind, ProtectionKind::Replication | ProtectionKind::Copies);
    let away = case.scenario.home_of(&found.of) != Some(found.region.as_str());
    let moved = case.timeline.moves.iter().rfind(|moved| moved.name == found.of);
    let moved = moved.filter(|_| copied && away).map(|moved| Remover {
        at: moved.at,
        words: format!("step {}", moved.by),
        leaves_off: case.scenario.step(moved.by).is_some_and(|step| step.leaves_off),
    });
    // The last one decides.
    let removers = [fault, step, moved].into_iter().flatten();
    removers.max_by_key(|remover| remover.at)
}

/// Whether a rule copies the bucket at the end.
fn is_copied(case: &Case<'_>, found: &Protection) -> bool {
    case.timeline.protections.iter().any(|other| {
        other.kind == ProtectionKind::Replication
            && (&other.of, &other.region) == (&found.of, &found.region)
            && other.holds == Some(true)
    })
}

/// Whether an operation can have taken this protection away.
fn removes(found: &Protection, operation: &str, changed: &Changed) -> bool {
    let operations: &[&str] = match found.kind {
        ProtectionKind::Versioning => &["s3:PutBucketVersioning", "s3:CreateBucket"],
        ProtectionKind::Replication | ProtectionKind::Copies => &[
            "s3:PutBucketReplication",
            "s3:DeleteBucketReplication",
            "s3:CreateBucket",
        ],
        ProtectionKind::Concurrency => &[
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
        ],
        ProtectionKind::Version => &[
            "lambda:UpdateAlias",
            "lambda:DeleteAlias",
            "lambda:DeleteFunction",
            "lambda:UpdateFunctionCode",
            "lambda.deploy",
        ],
    };
    let (of, region) = match changed {
        Changed::Store {
            store: bucket,
            region,
        } => (bucket, region),
        Changed::Compute {
            name: function,
            region,
        } => (function, region),
        Changed::Value { .. } | Changed::Stream { .. } => return false,
    };
    *of == found.of && *region == found.region && operations.contains(&operation)
}

/// Whether a fault can have taken this protection away.
fn takes(case: &Case<'_>, injection: &Injection<'_>, found: &Protection) -> bool {
    let impacts = injection.fault.action.impacts(case.scenario);
    impacts.iter().any(|impact| match impact.resource.as_store() {
        Some((store, region)) => {
            // A copy needs both ends.
            let copied = found.kind != ProtectionKind::Versioning;
            let here = region == found.region || copied;
            let stops = copied && impact.effect == Effect::StopsReplication;
            store == found.of && here && (impact.effect == Effect::DeletesBucket || stops)
        }
        None => impact.resource.is_named(&found.of, &found.region),
    })
}

/// Why a protection that is not there is not judged.
fn excused(case: &Case<'_>, found: &Protection, remover: Option<&Remover>) -> Option<String> {
    if let Some(remover) = remover.filter(|remover| remover.leaves_off) {
        return Some(format!("{} leaves it off, as the plan says", remover.words));
    }
    let here = |resource: ResourceId<'_>| {
        // A copy needs both ends.
        let both = matches!(found.kind, ProtectionKind::Replication | ProtectionKind::Copies);
        resource.is_named(&found.of, &found.region) || both && resource.is_store(&found.of)
    };
    let stands = |injection: &&Injection<'_>| {
        let ended = case.fault_run(injection.fault).and_then(|run| run.ended);
        let stood = ended.is_none_or(|(_, by)| by == crate::journal::FaultEnd::Teardown);
        let impacts = injection.fault.action.impacts(case.scenario);
        let is_outage = |effect| matches!(effect, Effect::MakesUnreachable);
        stood
            && impacts
                .iter()
                .any(|impact| is_outage(impact.effect) && here(impact.resource))
    };
    let fault = case.injections.iter().find(stands)?;
    Some(format!("fault {} stood to the end", fault.fault.id))
}
