//! `path.telemetry`: a canary's message goes the way of every device's, and must reach the bucket.
//!
//! ```text
//! canary ──MQTT──► edge, broker ──► rule (batch) ──► bucket ──► read by the probe
//! ```

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use drill::journal::StepError;
use drill::ledger::MessageId;
use drill::scenario::{IOT_NAME, PathTelemetry};
use drill::telemetry;
use drill::units::Span;
use runtime::wall;

use crate::conductor::context::Drill;
use crate::conductor::probes::{ProbeResult, ProbeRound, ServiceProbe, Via};
use crate::conductor::spec::DrillSpec;
use crate::conductor::store::StoreUser;

/// How often the bucket is looked into.
const LOOK_EVERY: Span = Span::from_secs(2);

/// How often it is when the clock is held, in wall time: what this machine does then must not be missed.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_millis(250);

#[async_trait]
impl ServiceProbe for PathTelemetry {
    fn names(&self) -> Vec<&str> {
        vec![IOT_NAME, &self.bucket]
    }

    /// The rule files by a function, which writes, and it is read.
    fn sequential_calls(&self) -> u32 {
        4
    }

    fn waits(&self) -> bool {
        true
    }

    fn modelled_wait(&self, spec: &DrillSpec) -> Span {
        spec.batch_window(&self.rule) + LOOK_EVERY
    }

    async fn run_once(&self, round: &ProbeRound<'_>) -> ProbeResult {
        let (drill, probe) = (round.drill, round.client);
        let broker = drill.access.resolve(probe, IOT_NAME);
        let result = publish_and_await(self, round, &broker).await;
        // The bucket's name may have been answered anew while the message was on its way.
        let bucket = drill.access.resolve(probe, &self.bucket);
        result.by(Via::from([
            (IOT_NAME.to_owned(), broker.to_string()),
            (self.bucket.clone(), bucket.to_string()),
        ]))
    }
}

/// Sends a canary's message to this broker, and waits until it can be read.
async fn publish_and_await(spec: &PathTelemetry, round: &ProbeRound<'_>, broker: &str) -> ProbeResult {
    let drill = round.drill;
    let Some(canary) = drill.devices.canaries.get(broker) else {
        return ProbeResult::red("there is no broker to send a canary's message to".to_owned());
    };
    let sent = match canary.publish(drill.devices.next_canary()).await {
        Ok(sent) => sent,
        Err(error) => return ProbeResult::red(format!("the canary cannot publish: {error}")),
    };
    let red = |detail: String| ProbeResult {
        sampled: 1,
        ..ProbeResult::red(detail)
    };
    // Keys begin with the second at which their batch was opened: at most a window before the canary.
    let window = drill.spec.batch_window(&spec.rule) + Span::from_secs(1);
    let from = (round.began - window).as_us().max(0) / 1_000_000;
    let from = format!("{}/{from:07}", spec.rule);
    let mut seen = SeenKeys::default();
    loop {
        match arrived(round, spec, sent, &from, &mut seen).await {
            Ok(true) => {
                return match missing_devices(drill, spec, broker) {
                    Some(missing) => red(missing),
                    None => ProbeResult {
                        passed: 1,
                        sampled: 1,
                        green: true,
                        detail: None,
                        via: Via::new(),
                    },
                };
            }
            Ok(false) => {
                wall::timeout(LOOK_AT_LEAST_EVERY, drill.host.clock.sleep(LOOK_EVERY)).await;
            }
            Err(error) => return red(format!("bucket {}: {}", spec.bucket, error.code)),
        }
    }
}

/// How many devices have no session with the broker in use, if too many have none.
fn missing_devices(drill: &Drill, spec: &PathTelemetry, broker: &str) -> Option<String> {
    let wanted = spec.devices?;
    let all = u64::from(drill.spec.scenario.fleet.as_ref()?.devices);
    let by_region = drill.devices.connected_by_region()?;
    let connected = by_region
        .iter()
        .find(|(region, _)| region == broker)
        .map_or(0, |(_, connected)| *connected);
    let enough = u128::from(connected) * 1_000_000 >= u128::from(all) * u128::from(wanted.millionths());
    if enough {
        drill.devices.came.store(true, Ordering::Relaxed);
    }
    // That devices have not all come for the first time is no failure of the service, as long as nothing is broken.
    let came = drill.devices.came.load(Ordering::Relaxed)
        || drill.observed.phase.lock().injected(drill.host.clock.now());
    if !came {
        return None;
    }
    // The number is no part of the reason: it is another at each look.
    (!enough).then(|| format!("fewer than {wanted} of the devices have a session: {connected} of {all}"))
}

/// The keys of the objects that were looked at.
///
/// A batch that a function wrote at its second try arrives after later ones, and its key stands before theirs: that the last
/// keys were seen does not say that those before them were.
#[derive(Default)]
struct SeenKeys(BTreeSet<String>);

impl SeenKeys {
    /// Whether this key was not looked at before; it is from now on.
    fn is_new(&mut self, key: &str) -> bool {
        !self.0.contains(key) && self.0.insert(key.to_owned())
    }
}

/// Whether the message is in an object after `from` that was not looked at before.
async fn arrived(
    round: &ProbeRound<'_>,
    spec: &PathTelemetry,
    sent: MessageId,
    from: &str,
    seen: &mut SeenKeys,
) -> Result<bool, StepError> {
    let access = &round.drill.access;
    let region = access.resolve(round.client, &spec.bucket);
    let store = access.open_store(StoreUser::Probe, &spec.bucket, &region);
    for object in store.list(&format!("{}/", spec.rule), from).await? {
        // A store that the name leads to now may have objects of the same names, and others: they are looked at as well.
        if !seen.is_new(&format!("{region}/{}", object.key)) {
            continue;
        }
        let value = store.read(&object.key).await?;
        let lines = value.bytes.split(|byte| *byte == b'\n');
        if lines.filter_map(telemetry::decode).any(|(id, _)| id == sent) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_arrives_after_later_ones_is_looked_at() {
        let mut seen = SeenKeys::default();
        let mut news = |listed: &[&str]| {
            let new = listed.iter().filter(|key| seen.is_new(key));
            new.map(|key| (*key).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            news(&["ingest/0000020", "ingest/0000030"]),
            ["ingest/0000020", "ingest/0000030"]
        );
        assert_eq!(
            news(&["ingest/0000010", "ingest/0000020", "ingest/0000030"]),
            ["ingest/0000010"]
        );
    }
}
