//! `path.telemetry`: a canary's message goes the way of every device's, and must reach the bucket.
//!
//! ```text
//! canary ──MQTT──► edge, broker ──► rule (batch) ──► bucket ──► read by the probe
//! ```

use std::sync::atomic::Ordering;
use std::time::Duration;

use drill::journal::StepError;
use drill::ledger::MessageId;
use drill::scenario::{IOT_NAME, PathTelemetry};
use drill::telemetry;
use drill::units::{DrillTime, Span};
use runtime::wall;

use super::{Look, Via};
use crate::conductor::context::Drill;
use cloud_emulator::client::ask;

/// How often the bucket is looked into.
pub(super) const LOOK_EVERY: Span = Span::from_secs(2);

/// How often it is when the clock is held, in wall time: what this machine does then must not be missed.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_millis(250);

pub(crate) async fn look(drill: &Drill, probe: &str, spec: &PathTelemetry, began: DrillTime) -> Look {
    let broker = drill.resolve(probe, IOT_NAME);
    // The bucket's name may be answered anew while the message is on its way.
    let via = || {
        let bucket = drill.resolve(probe, &spec.bucket);
        Via::from([
            (IOT_NAME.to_owned(), broker.to_string()),
            (spec.bucket.clone(), bucket.to_string()),
        ])
    };
    let Some(canary) = drill.canaries.get(&*broker) else {
        let detail = "there is no broker to send a canary's message to".to_owned();
        return Look::red(detail).by(via());
    };
    let sent = match canary.publish(drill.next_canary()).await {
        Ok(sent) => sent,
        Err(error) => return Look::red(format!("the canary cannot publish: {error}")).by(via()),
    };
    // Keys begin with the second at which their batch was opened: at most a window before the canary.
    let window = drill.batch_window(&spec.rule) + Span::from_secs(1);
    let from = (began - window).as_us().max(0) / 1_000_000;
    let mut after = format!("{}/{from:07}", spec.rule);
    loop {
        match arrived(drill, probe, spec, sent, &mut after).await {
            Ok(true) => {
                if let Some(missing) = missing_devices(drill, spec, &broker) {
                    return Look {
                        sampled: 1,
                        ..Look::red(missing).by(via())
                    };
                }
                return Look {
                    passed: 1,
                    sampled: 1,
                    green: true,
                    detail: None,
                    via: via(),
                };
            }
            Ok(false) => drop(wall::timeout(LOOK_AT_LEAST_EVERY, drill.clock.sleep(LOOK_EVERY)).await),
            Err(error) => {
                return Look {
                    sampled: 1,
                    ..Look::red(format!("bucket {}: {}", spec.bucket, error.code)).by(via())
                };
            }
        }
    }
}

/// How many devices have no session with the broker in use, if too many have none.
fn missing_devices(drill: &Drill, spec: &PathTelemetry, broker: &str) -> Option<String> {
    let wanted = spec.devices?;
    let all = u64::from(drill.scenario.fleet.as_ref()?.devices);
    let by_region = drill.connected_by_region()?;
    let connected = by_region
        .iter()
        .find(|(region, _)| region == broker)
        .map_or(0, |(_, connected)| *connected);
    let enough = u128::from(connected) * 1_000_000 >= u128::from(all) * u128::from(wanted.millionths());
    if enough {
        drill.fleet_came.store(true, Ordering::Relaxed);
    }
    // That devices have not all come for the first time is no failure of the service, as long as nothing is broken.
    let came = drill.fleet_came.load(Ordering::Relaxed) || drill.pulse.lock().struck(drill.clock.now());
    if !came {
        return None;
    }
    // The number is no part of the reason: it is another at each look.
    (!enough).then(|| format!("fewer than {wanted} of the devices have a session: {connected} of {all}"))
}

/// Whether the message is in an object that was not looked at before.
async fn arrived(
    drill: &Drill,
    probe: &str,
    spec: &PathTelemetry,
    sent: MessageId,
    after: &mut String,
) -> Result<bool, StepError> {
    let region = drill.resolve(probe, &spec.bucket);
    let name = drill.name_in(&spec.bucket, &region);
    let client = drill.prober.at(&region).client();
    for object in ask::list_after(client, &name, &format!("{}/", spec.rule), after).await? {
        let body = ask::read_raw(client, &name, &object.key).await?;
        let lines = body.bytes.split(|byte| *byte == b'\n');
        if lines.filter_map(telemetry::decode).any(|(id, _)| id == sent) {
            return Ok(true);
        }
        *after = object.key;
    }
    Ok(false)
}
