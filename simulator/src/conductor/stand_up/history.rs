//! What keyed stores held before the drill.

use drill::ledger::{HISTORY, Write, WriteKind};
use sha2::{Digest, Sha256};

use crate::conductor::observed::Observed;
use crate::conductor::spec::DrillSpec;

/// It stands in the ledger, written and acknowledged back then.
pub(super) fn write_history(spec: &DrillSpec, observed: &Observed) {
    for store in spec.scenario.cloud.stores() {
        for object in spec.plan.inventory(store.label) {
            let body = spec.plan.object_body(store.label, object);
            observed.record(Write {
                store: store.label.to_owned(),
                producer: HISTORY.to_owned(),
                region: store.home.to_owned(),
                key: object.key.clone(),
                kind: WriteKind::Put,
                produced: object.written_at,
                acknowledged: Some(object.written_at),
                digest: Sha256::digest(&body).into(),
                size: object.size,
            });
        }
    }
}
