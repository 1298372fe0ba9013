//! Devices of the tests: rumqttc's client, and bare connections.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use drill::telemetry;
use drill::units::DrillTime;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use runtime::wall;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Each device publishes `each` messages at QoS 1, `burst` of them every `period`, and waits until all of
/// them are acknowledged.
pub(crate) async fn publish(
    broker: SocketAddr,
    devices: Range<u32>,
    each: u32,
    burst: u32,
    period: Duration,
) {
    let all = devices.map(|device| tokio::spawn(one(broker, device, each, burst, period)));
    for device in all.collect::<Vec<_>>() {
        device.await.unwrap();
    }
}

async fn one(broker: SocketAddr, device: u32, each: u32, burst: u32, period: Duration) {
    let id = format!("device-{device}");
    let mut options = MqttOptions::new(id, broker.ip().to_string(), broker.port());
    options.set_keep_alive(Duration::from_secs(600));
    let (client, mut connection) = AsyncClient::new(options, 100);
    let sending = tokio::spawn(async move {
        for seq in 0..each {
            if seq > 0 && seq % burst == 0 {
                wall::sleep(period).await;
            }
            let line = telemetry::encode(device, seq, DrillTime::ZERO, 128);
            let topic = format!("dt/{device}/telemetry");
            client
                .publish(topic, QoS::AtLeastOnce, false, line)
                .await
                .unwrap();
        }
        client
    });
    let mut acknowledged = 0;
    while acknowledged < each {
        if let Event::Incoming(Packet::PubAck(_)) = connection.poll().await.unwrap() {
            acknowledged += 1;
        }
    }
    drop(sending.await.unwrap());
}

/// A connection whose CONNECT was answered; `None` if it was closed instead.
pub(crate) async fn connect(broker: SocketAddr, device: u32) -> Option<TcpStream> {
    let mut stream = connecting(broker, device, &[]).await;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.ok()?;
    assert_eq!(answer, [0x20, 2, 0, 0]);
    Some(stream)
}

/// A connection that has said CONNECT and `more`, if there was a listener.
pub(crate) async fn connecting(broker: SocketAddr, device: u32, more: &[u8]) -> TcpStream {
    let id = format!("bare-{device}");
    let mut packets = vec![0x10, 12 + id.len() as u8];
    packets.extend_from_slice(b"\x00\x04MQTT\x04\x02\xff\xff\x00");
    packets.push(id.len() as u8);
    packets.extend_from_slice(id.as_bytes());
    packets.extend_from_slice(more);
    let mut stream = TcpStream::connect(broker).await.unwrap();
    // A connection that is closed may take the bytes or not.
    let _ = stream.write_all(&packets).await;
    stream
}
