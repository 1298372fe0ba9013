//! Every objective of the scenario against what was achieved.
//!
//! ```text
//!  incidents ──► RTO (worst incident), MTD (sum of red time + wrt) ──┐
//!       └─────► failback (red time, names, losses on the way home) ──┼──► Assessed
//!  data ───────► RPO (recovery point of the data set) ───────────────┘
//! ```
//!
//! A figure that is exact to ± e meets its target if all of it does, misses it if none of it does, and
//! tells nothing in between.

mod assessed;
mod exercise;
mod failback;
mod mtd;
mod not_performed;
mod protection;
mod rpo;
mod rto;

pub(crate) use self::assessed::{Assessed, Basis, BasisSpan, Figure};
use self::assessed::{THE_DRILL, blank, fill, gave_up, saturated};
pub(crate) use self::exercise::not_exercised;
pub(crate) use self::protection::protections;
use super::case::Case;
use super::data::Data;
use super::incidents::Incident;

/// Judges all of them, in the order of the file: of each service RTO, RPO and its own MTD, then the
/// drill's MTD and its failback. What was red on the way home counts for the MTDs and the failback alone.
pub(crate) fn assess(case: &Case<'_>, incidents: &[Incident<'_>], data: &[Data<'_>]) -> Vec<Assessed> {
    let mut assessed = Vec::new();
    for service in &case.scenario.objectives.services {
        let all: Vec<&Incident<'_>> = incidents
            .iter()
            .filter(|incident| incident.counts && incident.service.name == service.name)
            .collect();
        let of_service: Vec<&Incident<'_>> = all
            .iter()
            .copied()
            .filter(|incident| !incident.failback)
            .collect();
        if let Some(target) = service.rto {
            assessed.push(rto::assess(case, service, target, &of_service));
        }
        if let Some(target) = service.rpo {
            let data = data
                .iter()
                .find(|data| Some(&data.spec.name) == service.data.as_ref());
            assessed.push(rpo::assess(case, service, target, &of_service, data));
        }
        if let Some(target) = service.mtd {
            assessed.push(mtd::assess(
                case,
                &service.name,
                &[service],
                target,
                &service.source,
                &all,
            ));
        }
    }
    assessed.extend(mtd::of_the_drill(case, incidents));
    assessed.extend(failback::assess(case, incidents, data));
    assessed.extend(protection::assess(case));
    not_performed::mark(case, &mut assessed);
    assessed
}
