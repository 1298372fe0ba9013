//! Devices.

use super::super::page::Page;
use crate::conductor::devices::Devices;

/// The fleet, for as long as there is one.
pub(super) fn fleet(page: &mut Page, devices: &Devices) {
    let Some(of) = devices.counters() else {
        return;
    };
    page.gauge("firedrill_devices", "Devices that there are.")
        .count(&[], of.devices);
    let mut connected = page.gauge(
        "firedrill_devices_connected",
        "Devices with an MQTT session, by the region of their broker.",
    );
    for (region, count) in devices.connected_by_region().unwrap_or_default() {
        connected.count(&[("region", &region)], count);
    }
    for (name, help, count) in [
        (
            "firedrill_connect_attempts_total",
            "Connections that devices attempted.",
            of.connect_attempts,
        ),
        (
            "firedrill_connect_failures_total",
            "Connections of devices that were refused, reset or timed out.",
            of.connect_failures,
        ),
        (
            "firedrill_messages_produced_total",
            "Telemetry messages that devices produced.",
            of.produced,
        ),
        (
            "firedrill_publishes_total",
            "Publishes that devices sent, repetitions included.",
            of.published,
        ),
        (
            "firedrill_messages_acknowledged_total",
            "Telemetry messages that a broker acknowledged.",
            of.acknowledged,
        ),
        (
            "firedrill_messages_dropped_total",
            "Telemetry messages that died in the outboxes of devices.",
            of.dropped,
        ),
    ] {
        page.counter(name, help).count(&[], count);
    }
    let ended = of.acknowledged + of.dropped;
    page.gauge(
        "firedrill_outbox_messages",
        "Telemetry messages in the outboxes of devices.",
    )
    .count(&[], of.produced.saturating_sub(ended));
}
