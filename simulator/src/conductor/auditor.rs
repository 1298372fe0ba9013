//! The auditor: reads everything back through the public API and writes down what is there.
//!
//! It works with keys of its own, through the endpoint that consumers use at that time, and knows the
//! ledger's keys but nothing of the fault or the runbook. Comparing is not its business: that is
//! [`drill::measures`], afterwards.
//!
//! An audit has a cut: writes produced before it are judged. It waits until those are settled, reading
//! what telemetry has arrived meanwhile, or until `drain_timeout` is over.

mod elsewhere;

use std::collections::{BTreeSet, HashSet};

use aws_sdk_s3::Client;
use drill::audit::{AuditRecord, Found};
use drill::journal::{AuditId, Event, StepError};
use drill::ledger::MessageId;
use drill::scenario::DataKind;
use drill::telemetry;
use drill::units::{DrillTime, Span};
use futures::StreamExt;

use super::context::Drill;
use cloud_emulator::client::ask::{self, Listed};

/// How often an audit looks whether late telemetry has arrived.
const LOOK_AGAIN: Span = Span::from_secs(10);

/// Makes one audit of every data set: of the writes produced before `cut`.
pub(crate) async fn audit(drill: &Drill, id: AuditId, cut: DrillTime) {
    drill.emit_at(
        cut,
        Event::Audit {
            audit: id,
            cut,
            complete: None,
            detail: String::new(),
        },
    );
    drill.cut_epoch(cut);
    let deadline = cut + drill.scenario.drain_timeout;
    let settled = drill
        .clock
        .timeout(drill.scenario.drain_timeout, drill.register.settled_before(cut))
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
        at: drill.clock.now(),
    });
    let mut buckets = BTreeSet::new();
    for data in &drill.scenario.data {
        if buckets.insert(data.kind.bucket()) {
            match &data.kind {
                DataKind::Objects { bucket } => reading.objects(bucket).await,
                DataKind::Telemetry { rule, bucket, .. } => reading.telemetry(rule, bucket).await,
            }
            elsewhere::look(&reading, &data.kind).await;
        }
    }
    reading.keep(AuditRecord::Ended {
        audit: id,
        at: drill.clock.now(),
    });
    let (complete, detail) = (Some(reading.problems.is_empty()), reading.problems.join("; "));
    drill.emit(Event::Audit {
        audit: id,
        cut,
        complete,
        detail,
    });
}

/// An audit that is under way.
struct Reading<'a> {
    drill: &'a Drill,
    id: AuditId,
    cut: DrillTime,
    deadline: DrillTime,
    problems: Vec<String>,
}

impl Reading<'_> {
    fn keep(&self, record: AuditRecord) {
        self.drill.keep_audit(&record);
    }

    fn client(&self) -> &Client {
        self.drill.auditor.client()
    }

    fn unlisted(&mut self, bucket: &str, error: &StepError) {
        let error = format!("{}: {}", error.code, error.message);
        self.problems
            .push(format!("bucket {bucket} cannot be listed: {error}"));
        self.keep(AuditRecord::Unlisted {
            audit: self.id,
            bucket: bucket.to_owned(),
            error,
        });
    }

    /// Every key of the ledger and of the listing, read.
    async fn objects(&mut self, bucket: &str) {
        let _guard = self.drill.clock.hold("audit");
        let name = self.drill.active_name(bucket);
        let mut keys: BTreeSet<String> = self.drill.register.keys(bucket).into_iter().collect();
        match ask::list(self.client(), &name).await {
            Ok(listed) => keys.extend(listed.into_iter().map(|object| object.key)),
            // A bucket that is gone is an answer: nothing is in it.
            Err(error) if ask::is_missing(&error) => {}
            Err(error) => return self.unlisted(bucket, &error),
        }
        let client = self.client();
        let reads = ask::side_by_side(keys, async |key| {
            let found = found(self.drill, &name, &key, ask::read_raw(client, &name, &key).await);
            (key, found)
        });
        let mut found: Vec<(String, Found)> = reads.collect().await;
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let unreadable = found
            .iter()
            .filter(|(_, found)| matches!(found, Found::Unreadable { .. }))
            .count();
        if unreadable > 0 {
            self.problems
                .push(format!("{unreadable} objects of bucket {bucket} cannot be read"));
        }
        let region = self.drill.active_region(bucket).to_string();
        for (key, found) in found {
            let (audit, bucket, region) = (self.id, bucket.to_owned(), region.clone());
            self.keep(AuditRecord::Object {
                audit,
                bucket,
                region,
                key,
                found,
            });
        }
    }

    /// The messages in every object of a rule; read again what has come, until nothing is missing.
    async fn telemetry(&mut self, rule: &str, bucket: &str) {
        let name = self.drill.active_name(bucket);
        let mut seen: HashSet<String> = HashSet::new();
        let mut found: HashSet<MessageId> = HashSet::new();
        loop {
            let open = self.drill.telemetry_open_before(self.cut);
            let last = self.drill.clock.now() >= self.deadline;
            let guard = self.drill.clock.hold("audit");
            let listed = match ask::list_after(self.client(), &name, &format!("{rule}/"), "").await {
                Ok(listed) => listed,
                Err(error) if ask::is_missing(&error) => Vec::new(),
                Err(error) => return self.unlisted(bucket, &error),
            };
            let unlisted = self.unlisted_keys(&name, &format!("{rule}/"), &listed);
            let new: Vec<Listed> = listed
                .into_iter()
                .chain(unlisted)
                .filter(|object| !seen.contains(&object.key))
                .collect();
            let client = self.client();
            let reads = ask::side_by_side(new, async |object: Listed| {
                let body = ask::read_raw(client, &name, &object.key).await;
                (object, body)
            });
            let mut bodies: Vec<(Listed, Result<ask::Body, StepError>)> = reads.collect().await;
            bodies.sort_by(|a, b| a.0.key.cmp(&b.0.key));
            for (object, body) in bodies {
                seen.insert(object.key.clone());
                self.batch((bucket, &name), object, body, &mut found);
            }
            drop(guard);
            let acknowledged = self.drill.acknowledged_telemetry(self.cut);
            if last || (!open && acknowledged.is_subset(&found)) {
                return;
            }
            self.drill.clock.sleep(LOOK_AGAIN).await;
        }
    }

    /// Objects that the gateway knows of and a listing left out, to be read all the same: paged listings of some
    /// endpoints lose keys.
    fn unlisted_keys(&self, store: &str, prefix: &str, listed: &[Listed]) -> Vec<Listed> {
        let known = self.drill.cloud.backend().known_keys(store, prefix);
        if known.is_empty() {
            return Vec::new();
        }
        let listed: HashSet<&str> = listed.iter().map(|object| object.key.as_str()).collect();
        let unlisted = known.into_iter().filter(|key| !listed.contains(key.as_str()));
        let object = |key| Listed {
            key,
            size: 0,
            last_modified: None,
            etag: String::new(),
        };
        unlisted.map(object).collect()
    }

    fn batch(
        &mut self,
        (bucket, store): (&str, &str),
        object: Listed,
        body: Result<ask::Body, StepError>,
        found: &mut HashSet<MessageId>,
    ) {
        let (audit, bucket, key) = (self.id, bucket.to_owned(), object.key);
        let region = self.drill.active_region(&bucket).to_string();
        let body = match body {
            Ok(body) => body,
            // Gone since it was listed: whatever was in it is not there.
            Err(error) if ask::is_missing(&error) => return,
            Err(error) => {
                let found = Found::Unreadable {
                    error: format!("{}: {}", error.code, error.message),
                };
                self.problems
                    .push(format!("object {key} of bucket {bucket} cannot be read"));
                return self.keep(AuditRecord::Object {
                    audit,
                    bucket,
                    region,
                    key,
                    found,
                });
            }
        };
        let mut messages = Vec::new();
        let mut unreadable = 0;
        for line in lines(&body.bytes) {
            match telemetry::decode(line) {
                Some((id, produced)) => {
                    found.insert(id);
                    messages.push((id, produced));
                }
                None => unreadable += 1,
            }
        }
        // A listing has milliseconds, the header of a read whole seconds.
        let readable_at = self.drill.readable_at(store, &key, object.last_modified);
        self.keep(AuditRecord::Messages {
            audit,
            bucket,
            region,
            key,
            readable_at,
            messages,
            unreadable,
        });
    }
}

/// The lines of a batch of telemetry.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn found(drill: &Drill, store: &str, key: &str, body: Result<ask::Body, StepError>) -> Found {
    match body {
        Ok(body) => Found::Body {
            digest: body.digest,
            size: body.bytes.len() as u64,
            last_modified: drill.readable_at(store, key, body.last_modified),
        },
        Err(error) if ask::is_missing(&error) => Found::Missing,
        Err(error) => Found::Unreadable {
            error: format!("{}: {}", error.code, error.message),
        },
    }
}
