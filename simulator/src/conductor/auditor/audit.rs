//! One audit, from its beginning to its end.

use std::collections::BTreeSet;

use drill::audit::AuditRecord;
use drill::journal::{AuditId, Event};
use drill::scenario::DataKind;
use drill::units::DrillTime;

use super::reading::Reading;
use super::{compare, keyed, stream};
use crate::conductor::context::Drill;

/// Makes one audit of every data set: of the writes produced before `cut`.
pub(crate) async fn audit(drill: &Drill, id: AuditId, cut: DrillTime) {
    drill.host.emit_at(
        cut,
        Event::Audit {
            audit: id,
            cut,
            complete: None,
            detail: String::new(),
        },
    );
    drill.devices.cut_epoch(cut);
    let deadline = cut + drill.spec.scenario.drain_timeout;
    let settled = drill
        .host
        .clock
        .timeout(
            drill.spec.scenario.drain_timeout,
            drill.observed.writes.settled_before(cut),
        )
        .await;
    let mut reading = Reading {
        drill,
        id,
        cut,
        deadline,
        problems: Vec::new(),
    };
    if settled.is_err() {
        reading
            .problems
            .push("writes were still under way when the wait for them was over".to_owned());
    }
    reading.keep(AuditRecord::Began {
        audit: id,
        cut,
        at: drill.host.clock.now(),
    });
    let mut stores = BTreeSet::new();
    for data in &drill.spec.scenario.data {
        if stores.insert(data.kind.store()) {
            match &data.kind {
                DataKind::Keyed { store } => keyed::read(&mut reading, store).await,
                DataKind::Stream { rule, store, .. } => stream::read(&mut reading, rule, store).await,
            }
            compare::compare_stores(&reading, &data.kind).await;
        }
    }
    reading.keep(AuditRecord::Ended {
        audit: id,
        at: drill.host.clock.now(),
    });
    let (complete, detail) = (Some(reading.problems.is_empty()), reading.problems.join("; "));
    drill.host.emit(Event::Audit {
        audit: id,
        cut,
        complete,
        detail,
    });
}
