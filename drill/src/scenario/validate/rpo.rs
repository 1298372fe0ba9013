//! Whether an RPO can be judged: whether writes come densely enough, for long enough, before the fault
//! that dates the loss, and whether they are dated well enough.

use crate::ledger::EPOCH;
use crate::resource::ResourceId;
use crate::scenario::checks::Checks;
use crate::scenario::keys::shortest_period;
use crate::scenario::{DataKind, Fault, Scenario, ServiceObjective};
use crate::units::Span;

/// Writes must come at intervals of at most this part of the RPO,
const INTERVALS: i64 = 20;
/// over at least this many times the RPO.
const DEPTH: i64 = 2;
/// Independent producers have gaps several times their mean, of which this many are rarely exceeded.
const MEAN_GAPS: i64 = 8;
/// A loss of telemetry has two ends, each of which is known to an epoch.
const ENDS: i64 = 2;

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    if !checks.whole() || checks.scenario.exercise.is_without_faults() {
        return;
    }
    for service in &checks.scenario.objectives.services {
        if unresolved(checks, service) {
            continue;
        }
        if let Some(RpoDoubt { why, remedy }) = unjudgeable(checks.scenario, service) {
            let text = format!("{why}; {remedy}");
            checks.warn(&format!("objectives.services.{}.rpo", service.name), text);
        }
    }
}

/// Why a drill could not judge an RPO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpoDoubt {
    /// What is in the way.
    pub why: String,
    /// What to change, so that it can be judged.
    pub remedy: String,
}

impl Scenario {
    /// Why a drill of this scenario could not judge the RPO of a service, if so.
    pub fn rpo_doubt(&self, service: &ServiceObjective) -> Option<RpoDoubt> {
        unjudgeable(self, service)
    }
}

/// An RPO on telemetry below what its epochs resolve is met or missed by chance of where they begin: that is an error,
/// since no other writer, fault or clock makes up for it.
fn unresolved(checks: &mut Checks<'_, '_, '_>, service: &ServiceObjective) -> bool {
    let data = service
        .data
        .as_ref()
        .and_then(|data| checks.scenario.data_set(data));
    let (Some(rpo), Some(DataKind::Stream { .. })) = (service.rpo, data.map(|data| &data.kind)) else {
        return false;
    };
    let resolution = EPOCH.times(ENDS);
    if rpo >= resolution {
        return false;
    }
    let found = format!(
        "{rpo}, on telemetry: it is dated in epochs of {EPOCH}, so that a loss is known to {resolution} and no drill \
         could tell whether this RPO is met"
    );
    let allowed = format!(
        "at least {resolution}; it can be judged from {} on",
        EPOCH.times(INTERVALS)
    );
    checks.error(
        &format!("objectives.services.{}.rpo", service.name),
        found,
        &allowed,
    );
    true
}

/// Why a service's RPO will be inconclusive, if it will.
fn unjudgeable(scenario: &Scenario, service: &ServiceObjective) -> Option<RpoDoubt> {
    let rpo = service.rpo?;
    let data = scenario.data_set(service.data.as_ref()?)?;
    let dating = dating_fault(scenario, data.kind.store())?;
    let doubt = |why: String, remedy: String| {
        Some(RpoDoubt {
            why: format!("the RPO cannot be judged: {why}"),
            remedy,
        })
    };
    let name = &data.name;
    let limit = rpo.divided(INTERVALS);
    let Some(gap) = write_gap(scenario, &data.kind) else {
        let why = format!("nothing writes to {name} while the drill runs");
        return doubt(why, "let a writer write to it".to_owned());
    };
    let telemetry = matches!(data.kind, DataKind::Stream { .. });
    if telemetry && EPOCH > limit {
        let why = format!(
            "telemetry is dated in epochs of {EPOCH}, which must be at most RPO/20 ({limit}); the shortest RPO that can \
             be judged on telemetry is {}",
            EPOCH.times(INTERVALS)
        );
        return doubt(why, "judge a longer RPO, or one on other data".to_owned());
    }
    if gap > limit {
        let why = format!("writes to {name} may be {gap} apart, which must be at most RPO/20 ({limit})");
        return doubt(why, "let its writers write more often".to_owned());
    }
    let needed = rpo.times(DEPTH);
    let at = dating.at.clock()?;
    let covered = at - gap + dense_history(scenario, &data.kind, limit);
    if covered >= needed {
        return None;
    }
    let least = whole_seconds(at + (needed - covered));
    doubt(
        format!(
            "writes to {name} are dense for {covered} before fault {}, which must be at least 2 × RPO ({needed})",
            dating.id
        ),
        format!("inject it at {least} or later, or give {name} a denser history"),
    )
}

/// Rounded up, since spans are shown without fractions of a second.
fn whole_seconds(span: Span) -> Span {
    Span::from_secs(span.as_us().div_euclid(1_000_000) + 1)
}

/// The first fault that makes the bucket's writes unreadable or unacknowledged. Data that no fault breaks
/// is watched from the first on that breaks anything.
fn dating_fault<'s>(scenario: &'s Scenario, bucket: &str) -> Option<&'s Fault> {
    let impacts = |fault: &&Fault, of: &dyn Fn(ResourceId<'_>) -> bool| {
        let impacts = fault.action.impacts(scenario);
        fault.at.clock().is_some()
            && impacts
                .iter()
                .any(|impact| impact.effect.breaks_data() && of(impact.resource))
    };
    let in_bucket = |resource: ResourceId<'_>| resource.is_store(bucket);
    let earliest = |of: &dyn Fn(ResourceId<'_>) -> bool| {
        let faults = scenario.faults.iter().filter(|fault| impacts(fault, of));
        faults.min_by_key(|fault| fault.at.clock())
    };
    earliest(&in_bucket).or_else(|| earliest(&|_| true))
}

/// How far apart two writes may be, all producers together.
fn write_gap(scenario: &Scenario, kind: &DataKind) -> Option<Span> {
    match kind {
        DataKind::Keyed { store: bucket } => shortest_period(scenario, bucket),
        DataKind::Stream { .. } => {
            let fleet = scenario.fleet.as_ref()?;
            let every = fleet.telemetry?.every;
            // Beside that the writes of an epoch are all dated alike.
            Some(EPOCH.max(every.min(every.times(MEAN_GAPS).divided(i64::from(fleet.devices.max(1))))))
        }
    }
}

/// For how long before drill 0 the inventory was written densely enough.
fn dense_history(scenario: &Scenario, kind: &DataKind, limit: Span) -> Span {
    let DataKind::Keyed { store: bucket } = kind else {
        return Span::ZERO;
    };
    let Some(objects) = scenario.bucket(bucket).and_then(|bucket| bucket.objects.as_ref()) else {
        return Span::ZERO;
    };
    let mean_gap = objects
        .history
        .divided(i64::try_from(objects.count).unwrap_or(i64::MAX).max(1));
    if mean_gap.times(MEAN_GAPS) <= limit {
        objects.history
    } else {
        Span::ZERO
    }
}
