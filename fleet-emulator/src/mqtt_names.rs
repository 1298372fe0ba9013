//! The MQTT names of a device: its client id and its topic.

/// The MQTT client id of a device.
pub fn client_id(device: u32) -> String {
    format!("device-{device:06}")
}

/// The topic on which a device publishes.
pub fn topic(device: u32) -> String {
    format!("dt/{}/telemetry", client_id(device))
}
