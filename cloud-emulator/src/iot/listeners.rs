//! rumqttd: its configuration, its eight listeners, and the proof that each of them answers.
//!
//! rumqttd binds its addresses itself and only logs it when that fails. Each port is therefore reserved
//! first, by a socket that is bound and does not listen: the kernel gives the port to nobody who asks for
//! a free one, and lets rumqttd (which sets `SO_REUSEADDR`, too) listen there. A listener counts as ready
//! when an MQTT CONNECT got its CONNACK.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use rumqttd::protocol::v4::V4;
use rumqttd::protocol::{Connect, ConnectReturnCode, Packet, Protocol};
use rumqttd::{Config, ConnectionSettings, RouterConfig, ServerSettings};
use runtime::wall;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::config::{LISTENERS, MAX_PACKET};

/// What the broker keeps of each topic filter, in payload bytes: `SEGMENTS` times this. A rule that is
/// further behind than that misses messages, which is counted.
const SEGMENT_BYTES: usize = 512 << 10;
const SEGMENTS: usize = 8;

/// Messages that one turn of the router hands to a subscriber.
const MESSAGES_PER_TURN: u64 = 200;

/// Packets that one turn takes from a connection.
const PACKETS_PER_TURN: usize = 100;

/// How long a client may take to say CONNECT; the edge connects when there is something to pass on.
const CONNECT_TIMEOUT_MS: u16 = 60_000;

/// How long a listener may take until it answers, at the start.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// Loopback ports for the listeners, held until they listen.
pub(super) struct Reserved {
    sockets: Vec<TcpSocket>,
}

impl Reserved {
    /// Reserves one port per listener.
    ///
    /// # Errors
    /// If there are none, or too few open files.
    pub(super) fn take() -> io::Result<Reserved> {
        let reserve = |_| {
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
            Ok(socket)
        };
        let sockets: io::Result<_> = (0..LISTENERS).map(reserve).collect();
        Ok(Reserved { sockets: sockets? })
    }

    /// The reserved addresses.
    pub(super) fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.sockets.iter().map(TcpSocket::local_addr).collect()
    }
}

/// The configuration of a broker that listens at `addresses`.
pub(super) fn configuration(addresses: &[SocketAddr], max_connections: u32) -> Config {
    let connections = ConnectionSettings {
        connection_timeout_ms: CONNECT_TIMEOUT_MS,
        max_payload_size: MAX_PACKET,
        max_inflight_count: PACKETS_PER_TURN,
        auth: None,
        external_auth: None,
        dynamic_filters: false,
    };
    let server = |(n, listen): (usize, &SocketAddr)| {
        let name = format!("listener-{n}");
        let settings = ServerSettings {
            name: name.clone(),
            listen: *listen,
            tls: None,
            next_connection_delay_ms: 0,
            connections: connections.clone(),
        };
        (name, settings)
    };
    let servers: HashMap<_, _> = addresses.iter().enumerate().map(server).collect();
    Config {
        router: RouterConfig {
            // Room for the links of the rules, and for connections that are just being replaced.
            max_connections: max_connections as usize + 256,
            max_outgoing_packet_count: MESSAGES_PER_TURN,
            max_segment_size: SEGMENT_BYTES,
            max_segment_count: SEGMENTS,
            ..RouterConfig::default()
        },
        v4: Some(servers),
        ..Config::default()
    }
}

/// Waits until each listener has answered a CONNECT.
///
/// # Errors
/// The first that did not, in words.
pub(super) async fn all_answer(addresses: &[SocketAddr]) -> Result<(), String> {
    for (n, address) in addresses.iter().enumerate() {
        let answered = wall::timeout(READY_LIMIT, until_it_answers(*address, n)).await;
        let what = || format!("the MQTT listener at {address}");
        match answered {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(format!("{} does not speak MQTT: {error}", what())),
            None => return Err(format!("{} did not answer within {READY_LIMIT:?}", what())),
        }
    }
    Ok(())
}

async fn until_it_answers(address: SocketAddr, n: usize) -> io::Result<()> {
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => return handshake(stream, &format!("firedrill-ready-{n}")).await,
            // rumqttd has not come to bind it yet.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                wall::sleep(Duration::from_millis(2)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Connects to a broker, edge or listener, as `client_id`, and leaves when it was let in.
///
/// # Errors
/// It is not there, says no, or does not speak MQTT.
pub(super) async fn connect(address: SocketAddr, client_id: &str) -> io::Result<()> {
    handshake(TcpStream::connect(address).await?, client_id).await
}

/// It leaves without a goodbye, see the edge's `splice`.
async fn handshake(mut stream: TcpStream, client_id: &str) -> io::Result<()> {
    let connect = Connect {
        keep_alive: 60,
        client_id: client_id.to_owned(),
        clean_session: true,
    };
    stream
        .write_all(&encoded(Packet::Connect(connect, None, None, None, None))?)
        .await?;
    let mut answer = BytesMut::new();
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match V4.read_mut(&mut answer, MAX_PACKET) {
            Ok(Packet::ConnAck(ack, _)) if ack.code == ConnectReturnCode::Success => return Ok(()),
            Ok(packet) => return Err(io::Error::other(format!("it answered {packet:?}"))),
            Err(rumqttd::protocol::Error::InsufficientBytes(_)) => {}
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

fn encoded(packet: Packet) -> io::Result<BytesMut> {
    let mut bytes = BytesMut::new();
    V4.write(packet, &mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reserved_port_can_be_listened_at_by_us_alone() {
        let reserved = Reserved::take().unwrap();
        let addresses = reserved.addresses().unwrap();
        let distinct: std::collections::HashSet<_> = addresses.iter().collect();
        assert_eq!(distinct.len(), LISTENERS);
        let _listening = tokio::net::TcpListener::bind(addresses[0]).await.unwrap();
        let taken = tokio::net::TcpListener::bind(addresses[0]).await.unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn what_does_not_speak_mqtt_is_not_ready() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await
        });
        let error = all_answer(&[address]).await.unwrap_err();
        assert!(error.contains("does not speak MQTT"), "{error}");
    }
}
