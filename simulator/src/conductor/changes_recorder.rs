//! Writes down what others than producers change, with what stands there afterwards.

use std::sync::Arc;

use cloud_emulator::gateway::{CallChanged, Stands, operation_of};
use drill::ledger::{Change, Changed, Changer, DeliveryReceipts, LedgerRecord, Left, Stage};
use drill::telemetry;
use drill::units::DrillTime;
use sha2::{Digest, Sha256};

use super::changes::{By, Told, Unread, Untold};
use super::context::Drill;
use super::store::StoreUser;
use crate::services::service;

/// Writes down what is told, until the drill is gone.
pub(super) async fn record(drill: Arc<Drill>, mut untold: Untold) {
    while let Some(told) = untold.0.recv().await {
        match told {
            Told::Call { at, by, call } => keep(&drill, &untold.1, at, &by, call).await,
            Told::Change(change) => drill.observed.records.keep_ledger(&LedgerRecord::Change(change)),
            Told::Flush(done) => {
                let _ = done.send(());
            }
        }
    }
}

async fn keep(drill: &Drill, unread: &Unread, at: DrillTime, by: &By, call: CallChanged) {
    let changer = match by {
        By::Changer(changer) => changer.clone(),
        By::Function(who) => Changer::Other((*who).to_owned()),
    };
    let seen = ObservedCall {
        drill,
        at,
        changer,
        operation: operation_of(&call.seen),
    };
    let of_service = service(&call.seen.service);
    let changed = of_service.and_then(|service| service.called(&drill.spec.scenario, &call.seen));
    let named = call.seen.resource.as_deref().unwrap_or_default();
    match changed {
        Some(Changed::Store { store, region }) if !call.keys.is_empty() => {
            for (key, stands) in call.keys {
                let stands = match stands {
                    Stands::Unread => {
                        let found = seen.read(&store, &region, &key).await;
                        if unread.finish_read(named, &key) {
                            Stands::Unread
                        } else {
                            found
                        }
                    }
                    known => known,
                };
                seen.keep_value(by, (&store, &region), key, stands);
            }
        }
        changed => {
            // What the scenario does not declare is on no path.
            for (key, _) in call.keys.iter().filter(|(_, stands)| *stands == Stands::Unread) {
                unread.finish_read(named, key);
            }
            changed.into_iter().for_each(|changed| seen.keep(changed));
        }
    }
}

/// A call that was seen.
struct ObservedCall<'a> {
    drill: &'a Drill,
    at: DrillTime,
    changer: Changer,
    operation: String,
}

impl ObservedCall<'_> {
    fn keep(&self, changed: Changed) {
        let change = Change {
            at: self.at,
            by: self.changer.clone(),
            operation: self.operation.clone(),
            changed,
        };
        let records = &self.drill.observed.records;
        records.keep_ledger(&LedgerRecord::Change(change));
    }

    /// What stands at a key.
    async fn read(&self, store: &str, region: &str, key: &str) -> Stands {
        let store = self.drill.access.open_store(StoreUser::Audit, store, region);
        match store.read(key).await {
            Ok(value) => Stands::Body(value.bytes),
            Err(error) if store.is_missing(&error) => Stands::Nothing,
            Err(_) => Stands::Unread,
        }
    }

    /// What a function writes into the store of its rule is a receipt; everything else is a change.
    fn keep_value(&self, by: &By, (store, region): (&str, &str), key: String, stands: Stands) {
        if let (By::Function(_), Stands::Body(body)) = (by, &stands) {
            let rules = rules_into(self.drill, store);
            if !rules.is_empty() {
                return self.keep_receipts(rules, region, key, body);
            }
        }
        let left = match stands {
            Stands::Body(body) => Left::Body(Sha256::digest(&body).into()),
            Stands::Nothing => Left::Nothing,
            Stands::Unread => Left::Unknown,
        };
        self.keep(Changed::Value {
            store: store.to_owned(),
            region: region.to_owned(),
            key,
            left,
        });
    }

    /// Which of several rules each message came by, its own receipts say.
    fn keep_receipts(&self, rules: Vec<String>, region: &str, key: String, body: &[u8]) {
        let messages: Vec<_> = body
            .split(|byte| *byte == b'\n')
            .filter_map(telemetry::decode)
            .map(|(id, _)| id)
            .collect();
        for rule in rules {
            let receipts = LedgerRecord::DeliveryReceipts(DeliveryReceipts {
                rule,
                stage: Stage::Stored,
                region: self.drill.access.aws_region(region).to_owned(),
                at: self.at,
                key: Some(key.clone()),
                messages: messages.clone(),
            });
            self.drill.observed.records.keep_ledger(&receipts);
        }
    }
}

/// The rules whose messages a function files in this bucket.
fn rules_into(drill: &Drill, bucket: &str) -> Vec<String> {
    let cloud = &drill.spec.scenario.cloud;
    let rules = cloud.rules().iter();
    let files = |function: &String| {
        let function = cloud.function(function);
        function.is_some_and(|function| function.bucket.as_deref() == Some(bucket))
    };
    let rules = rules.filter(|rule| rule.function.as_ref().is_some_and(files));
    rules.map(|rule| rule.name.clone()).collect()
}
