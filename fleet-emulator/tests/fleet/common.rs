//! A little broker on in-memory pipes, which can be told to misbehave, and fleets on it.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use drill::ledger::{DeviceMessages, LedgerRecord, MessageId};
use drill::scenario::Telemetry;
use drill::telemetry;
use drill::units::{ByteSize, DrillTime, Span};
use fleet_emulator::{Boxed, DeviceInput, Dial, Fleet, FleetConfig, OneEndpoint, Profile, Saturated};
use parking_lot::Mutex;
use rumqttc::mqttbytes::v4::{ConnAck, ConnectReturnCode, Packet, PubAck};
use runtime::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;

/// How the broker behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Well,
    /// The listener is closed; established connections are reset.
    Gone,
    /// It takes connections and says nothing, as a stopped process does.
    Frozen,
    /// It takes publishes and acknowledges none; it answers all else.
    Deaf,
    /// It answers CONNECT with a refusal.
    Refusing,
}

/// What it saw.
#[derive(Default)]
pub(crate) struct Received {
    /// Attempts, by when and (if it came to CONNECT) by whom.
    pub(crate) dials: Vec<DrillTime>,
    /// CONNECTs by time and client id.
    pub(crate) connects: Vec<(DrillTime, String)>,
    /// Publishes: the message, and whether it came as a duplicate.
    pub(crate) publishes: Vec<(MessageId, bool)>,
    /// PINGREQs.
    pub(crate) pings: usize,
    /// DISCONNECTs.
    pub(crate) farewells: usize,
    /// What the fleet said of its limits.
    pub(crate) saturated: Vec<String>,
}

/// A broker in memory. It is its own dialler.
#[derive(Clone)]
pub(crate) struct Broker {
    pub(crate) clock: Clock,
    pub(crate) mood: Arc<watch::Sender<Mood>>,
    pub(crate) seen: Arc<Mutex<Received>>,
}

impl Broker {
    pub(crate) fn new(clock: &Clock) -> Broker {
        Broker {
            clock: clock.clone(),
            mood: Arc::new(watch::channel(Mood::Well).0),
            seen: Arc::default(),
        }
    }

    pub(crate) fn be(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// The messages that it has, without repetition.
    pub(crate) fn messages(&self) -> Vec<MessageId> {
        let mut ids: Vec<MessageId> = self.seen.lock().publishes.iter().map(|(id, _)| *id).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    async fn serve(self, mut stream: DuplexStream) -> io::Result<()> {
        let mut mood = self.mood.subscribe();
        let mut buffer = BytesMut::new();
        loop {
            while let Ok(packet) = Packet::read(&mut buffer, 4096) {
                let now = *mood.borrow();
                if now == Mood::Frozen {
                    mood.wait_for(|mood| *mood != Mood::Frozen)
                        .await
                        .map_err(io::Error::other)?;
                }
                let mut answer = BytesMut::new();
                if let Some(packet) = self.answer(packet) {
                    packet.write(&mut answer, 4096).map_err(io::Error::other)?;
                }
                stream.write_all(&answer).await?;
            }
            tokio::select! {
                read = stream.read_buf(&mut buffer) => if read? == 0 { return Ok(()) },
                gone = mood.wait_for(|mood| *mood == Mood::Gone) => {
                    gone.map_err(io::Error::other)?;
                    return Ok(());
                }
            }
        }
    }

    fn answer(&self, packet: Packet) -> Option<Packet> {
        let mut seen = self.seen.lock();
        match packet {
            Packet::Connect(connect) => {
                seen.connects.push((self.clock.now(), connect.client_id));
                let code = match *self.mood.borrow() {
                    Mood::Refusing => ConnectReturnCode::ServiceUnavailable,
                    _ => ConnectReturnCode::Success,
                };
                Some(Packet::ConnAck(ConnAck::new(code, false)))
            }
            Packet::Publish(publish) => {
                let (id, due) = telemetry::decode(&publish.payload).expect("a message of a device");
                assert!(due <= self.clock.now());
                assert_eq!(publish.topic, fleet_emulator::topic(id.device));
                seen.publishes.push((id, publish.dup));
                let acknowledges = *self.mood.borrow() != Mood::Deaf;
                acknowledges.then(|| Packet::PubAck(PubAck::new(publish.pkid)))
            }
            Packet::PingReq => {
                seen.pings += 1;
                Some(Packet::PingResp)
            }
            Packet::Disconnect => {
                seen.farewells += 1;
                None
            }
            other => panic!("unexpected {other:?}"),
        }
    }
}

impl Dial for Broker {
    type Stream = DuplexStream;

    fn endpoints(&self) -> usize {
        1
    }

    fn dial(&self, _endpoint: usize) -> Boxed<io::Result<DuplexStream>> {
        let broker = self.clone();
        Box::pin(async move {
            broker.seen.lock().dials.push(broker.clock.now());
            if *broker.mood.borrow() == Mood::Gone {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (ours, theirs) = duplex(4096);
            tokio::spawn(broker.serve(theirs));
            Ok(ours)
        })
    }
}

/// Brokers in memory, one per endpoint.
#[derive(Clone)]
pub(crate) struct Brokers(pub(crate) Vec<Broker>);

impl Dial for Brokers {
    type Stream = DuplexStream;

    fn endpoints(&self) -> usize {
        self.0.len()
    }

    fn dial(&self, endpoint: usize) -> Boxed<io::Result<DuplexStream>> {
        self.0[endpoint].dial(0)
    }
}

/// Telemetry each minute, as most scenarios have it.
pub(crate) fn config(profile: Profile) -> FleetConfig {
    FleetConfig {
        telemetry: Some(Telemetry {
            every: Span::from_secs(60),
            payload: ByteSize(128),
        }),
        ..FleetConfig::new(1, profile)
    }
}

/// Devices that come one after another.
pub(crate) fn inputs(devices: i64) -> Vec<DeviceInput> {
    (0..devices)
        .map(|n| DeviceInput {
            boot: DrillTime::from_us(n * 37_000 % 30_000_000),
            phase: Span::from_us(n * 7_919_000 % 60_000_000),
        })
        .collect()
}

/// A fleet on `broker`.
pub(crate) fn fleet(broker: &Broker, profile: Profile, inputs: Vec<DeviceInput>) -> Fleet {
    let seen = Arc::clone(&broker.seen);
    let on_saturated = Box::new(move |saturated: Saturated| seen.lock().saturated.push(saturated.detail));
    Fleet::start_on(
        config(profile),
        inputs,
        broker.clone(),
        Arc::new(OneEndpoint),
        &broker.clock,
        on_saturated,
    )
}

/// What the ledger says of each message: acknowledged, dropped.
pub(crate) fn fates(records: &[LedgerRecord]) -> Vec<(MessageId, bool, bool)> {
    let mut fates = Vec::new();
    for record in records {
        let LedgerRecord::Epoch(epoch) = record else {
            panic!("{record:?}");
        };
        for messages in &epoch.devices {
            for n in 0..messages.count {
                let id = MessageId {
                    device: messages.device,
                    seq: messages.first_seq + n,
                };
                let acknowledged = DeviceMessages::bit(&messages.acknowledged, n);
                let dropped = DeviceMessages::bit(&messages.dropped, n);
                assert!(!(acknowledged && dropped), "{id:?}");
                fates.push((id, acknowledged, dropped));
            }
        }
    }
    fates.sort();
    let ids: std::collections::BTreeSet<_> = fates.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids.len(), fates.len(), "a message stands in the ledger twice");
    fates
}
