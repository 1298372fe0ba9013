//! What a client and the router say to each other, from CONNACK to the end.
//!
//! ```text
//!   client ──bytes──► incoming ──packets──► link ──► router
//!          ◄──bytes── outgoing ◄──packets── link ◄──
//! ```

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use rumqttd::Notification;
use rumqttd::local::LinkError;
use rumqttd::protocol::v4::V4;
use rumqttd::protocol::{self, Disconnect, DisconnectReasonCode, Packet, Protocol, QoS};
use runtime::wall;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::keep_alive::KeepAlive;
use crate::config::MAX_PACKET;
use crate::router::Link;
use crate::topic;

/// Room for what is read at once. A telemetry packet is smaller; the broker keeps this much for each message that it
/// keeps.
const READ: usize = 256;

/// While more than this waits for a client that does not read, nothing more is taken from the router for it.
const MOST_OUTGOING: usize = 64 * 1024;

/// Filters in one SUBSCRIBE (AWS IoT Core's quota).
const MOST_FILTERS: usize = 8;

/// The largest payload of a message in bytes (AWS IoT Core's quota).
const LARGEST_PAYLOAD: usize = 128 << 10;

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended<L> {
    /// The client said goodbye (DISCONNECT).
    Goodbye,
    /// Its connection ended without, or what it said is no MQTT.
    Lost,
    /// The router cut it off, and has forgotten it.
    CutOff,
    /// It has to leave.
    Leave(L),
}

/// A client and its link to the router.
pub(super) struct Exchange {
    client: TcpStream,
    link: Link,
    incoming: BytesMut,
    outgoing: BytesMut,
    unacknowledged: Unacknowledged,
}

/// Messages that a client has not acknowledged, by their packet ids, in the order in which it got them.
///
/// The router cuts a client off that acknowledges another than the oldest. It ends if that client's link tells it
/// meanwhile that there is room again, as links do. So the edge hangs up first.
#[derive(Debug, Default)]
pub(crate) struct Unacknowledged(pub(crate) VecDeque<u16>);

impl Unacknowledged {
    /// Notes the packet that a client gets with these bytes: the fields of a message are private.
    pub(crate) fn note(&mut self, packet: &[u8]) {
        // PUBLISH that is to be acknowledged.
        if packet.first().is_none_or(|first| first & 0xf6 != 0x32) {
            return;
        }
        let length = packet[1..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
        let Some((topic, rest)) = packet[1 + length..].split_first_chunk() else {
            return;
        };
        let topic = usize::from(u16::from_be_bytes(*topic));
        if let Some(id) = rest.get(topic..).and_then(|rest| rest.first_chunk()) {
            self.0.push_back(u16::from_be_bytes(*id));
        }
    }

    /// Whether a client may say this.
    pub(crate) fn admits(&mut self, packet: &Packet) -> bool {
        match packet {
            Packet::PubAck(ack, _) => self.0.pop_front() == Some(ack.pkid),
            _ => true,
        }
    }
}

/// What happened next.
enum Next<L> {
    Read(io::Result<usize>),
    Written(io::Result<usize>),
    Notified(Box<Result<Option<Notification>, LinkError>>),
    Leave(L),
}

impl Exchange {
    /// Begins with what is to be answered to CONNECT, and with what the client sent behind it.
    pub(super) fn new(client: TcpStream, link: Link, answer: Notification, incoming: BytesMut) -> Exchange {
        let mut exchange = Exchange {
            client,
            link,
            incoming,
            outgoing: BytesMut::new(),
            unacknowledged: Unacknowledged::default(),
        };
        exchange.say(answer);
        exchange
    }

    /// Passes on what both say until one of them ends it, or `leave`, which says why.
    pub(super) async fn run<L>(
        &mut self,
        keep_alive: &KeepAlive,
        leave: impl Future<Output = L>,
    ) -> Ended<L> {
        let mut leave = pin!(leave);
        loop {
            if let Some(ended) = self.hand_on() {
                return ended;
            }
            if self.write_some().is_err() {
                return Ended::Lost;
            }
            self.incoming.reserve(READ);
            let (mut from_client, mut to_client) = self.client.split();
            let next = tokio::select! {
                read = from_client.read_buf(&mut self.incoming) => Next::Read(read),
                written = to_client.write(&self.outgoing), if !self.outgoing.is_empty() => Next::Written(written),
                notified = self.link.rx.next(), if self.outgoing.len() < MOST_OUTGOING => Next::Notified(Box::new(notified)),
                why = &mut leave => Next::Leave(why),
            };
            match next {
                Next::Read(Ok(1..)) => keep_alive.record_packet(),
                Next::Written(Ok(length @ 1..)) => self.outgoing.advance(length),
                Next::Read(_) | Next::Written(_) => return Ended::Lost,
                Next::Notified(notified) => {
                    if notified
                        .map_err(Box::new)
                        .and_then(|first| self.forward(first))
                        .is_err()
                    {
                        return Ended::CutOff;
                    }
                }
                Next::Leave(why) => return Ended::Leave(why),
            }
        }
    }

    /// Hands the whole packets that have come on to the router, all at once.
    fn hand_on<L>(&mut self) -> Option<Ended<L>> {
        let mut last = None;
        let ended = loop {
            match next_packet(&mut self.incoming) {
                Heard::Said(packet) if !self.unacknowledged.admits(&packet) => {
                    tracing::debug!("a client acknowledges what it did not get, or out of order");
                    break Some(Ended::Lost);
                }
                Heard::Said(packet) => {
                    if let Some(before) = last.replace(packet) {
                        self.link.tx.buffer().push_back(before);
                    }
                }
                Heard::More => break None,
                Heard::Goodbye => break Some(Ended::Goodbye),
                Heard::Broken(why) => {
                    tracing::debug!(why, "a client breaks the protocol");
                    break Some(Ended::Lost);
                }
            }
        };
        if let Some(last) = last
            && push(&mut self.link, last).is_err()
        {
            return Some(Ended::CutOff);
        }
        ended
    }

    /// Forwards what the router has for the client.
    fn forward(&mut self, first: Option<Notification>) -> Result<(), Box<LinkError>> {
        let mut next = first;
        while let Some(notification) = next {
            self.say(notification);
            next = if self.outgoing.len() < MOST_OUTGOING {
                futures::FutureExt::now_or_never(self.link.rx.next())
                    .transpose()?
                    .flatten()
            } else {
                None
            };
        }
        Ok(())
    }

    fn say(&mut self, notification: Notification) {
        match Option::<Packet>::from(notification) {
            Some(mut packet) => {
                if let Packet::Publish(publish, _) = &mut packet {
                    publish.topic = topic::from_router(std::mem::take(&mut publish.topic));
                }
                let before = self.outgoing.len();
                match V4.write(packet, &mut self.outgoing) {
                    Ok(_) => self.unacknowledged.note(&self.outgoing[before..]),
                    Err(error) => tracing::warn!(%error, "a packet that cannot be written"),
                }
            }
            // The router waits until it is told to go on.
            None => drop(self.link.rx.ready()),
        }
    }

    /// Writes what the socket takes at once.
    fn write_some(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            match self.client.try_write(&self.outgoing) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => self.outgoing.advance(length),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        // An idle connection keeps no buffer.
        self.outgoing = BytesMut::new();
        Ok(())
    }

    /// Ends the client's connection, by a `reset` or in order, tells the router, and waits until it has forgotten the
    /// client.
    pub(super) async fn see_off(self, reset: bool, policy: Duration) {
        let Exchange { client, mut link, .. } = self;
        if reset {
            // The end of the connection is a reset then, and nothing else can be done if it is not.
            let _ = client.set_zero_linger();
        }
        drop(client);
        let disconnect = Disconnect {
            reason_code: DisconnectReasonCode::NormalDisconnection,
        };
        if push(&mut link, Packet::Disconnect(disconnect, None)).is_ok() {
            let forgotten = async { while link.rx.next().await.is_ok() {} };
            wall::timeout(policy, forgotten).await;
        }
    }
}

/// What a client says next.
#[allow(clippy::large_enum_variant)] // It is made for every packet, and taken apart at once.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A packet, as the router gets it.
    Said(Packet),
    /// Nothing yet: the next packet has not come whole.
    More,
    /// DISCONNECT.
    Goodbye,
    /// Something that AWS IoT hangs up on.
    Broken(String),
}

/// Takes the next packet from what has come. Pure.
pub(crate) fn next_packet(incoming: &mut BytesMut) -> Heard {
    let exactly_once = incoming.first().is_some_and(|first| first & 0xf6 == 0x34);
    match V4.read_mut(incoming, MAX_PACKET) {
        Ok(Packet::Disconnect(..)) => Heard::Goodbye,
        // AWS IoT knows no messages that arrive exactly once.
        Ok(_) if exactly_once => Heard::Broken("a message that is to arrive exactly once".to_owned()),
        Ok(packet) => usual(packet).map_or_else(Heard::Broken, Heard::Said),
        Err(protocol::Error::InsufficientBytes(_)) => Heard::More,
        Err(error) => Heard::Broken(error.to_string()),
    }
}

/// What a client may say, as the router gets it: other packets do not come that far.
fn usual(mut packet: Packet) -> Result<Packet, String> {
    match &mut packet {
        Packet::Publish(publish, _) => {
            let name = topic::check_name(&publish.topic).map_err(|wrong| wrong.to_string())?;
            if let Cow::Owned(marked) = topic::to_router(name) {
                publish.topic = marked.into();
            }
            if publish.payload.len() > LARGEST_PAYLOAD {
                return Err(format!("a payload of {} bytes", publish.payload.len()));
            }
        }
        Packet::Subscribe(subscribe, _) => {
            if subscribe.filters.is_empty() || subscribe.filters.len() > MOST_FILTERS {
                return Err(format!("{} filters in one packet", subscribe.filters.len()));
            }
            for filter in &mut subscribe.filters {
                topic::check_filter(&filter.path).map_err(|wrong| wrong.to_string())?;
                filter.path = topic::to_router(&filter.path).into_owned();
                if filter.qos == QoS::ExactlyOnce {
                    filter.qos = QoS::AtLeastOnce;
                }
            }
        }
        Packet::Unsubscribe(unsubscribe, _) => {
            if unsubscribe.filters.is_empty() {
                return Err("no filter in an UNSUBSCRIBE".to_owned());
            }
            for filter in &mut unsubscribe.filters {
                topic::check_filter(filter).map_err(|wrong| wrong.to_string())?;
                *filter = topic::to_router(filter).into_owned();
            }
        }
        Packet::PubAck(..) | Packet::PingReq(_) => {}
        // Also a client that connects twice.
        other => return Err(format!("{other:?} is nothing that a client says")),
    }
    Ok(packet)
}

/// Pushes a packet, and tells the router of it and those before it.
fn push(link: &mut Link, packet: Packet) -> Result<(), Box<LinkError>> {
    // It has nothing to wait for: the router's channel is waited for by the thread.
    let sent = futures::FutureExt::now_or_never(link.tx.send(packet));
    sent.expect("sending does not suspend")
        .map(drop)
        .map_err(Box::new)
}

#[cfg(test)]
mod tests {
    use rumqttd::protocol::{PubAck, PubAckReason};

    use super::*;

    fn packet(kind: u8, body: &[u8]) -> BytesMut {
        let mut length = body.len();
        let mut bytes = vec![kind];
        loop {
            let more = if length > 127 { 0x80 } else { 0 };
            bytes.push((length % 128) as u8 | more);
            length /= 128;
            if length == 0 {
                break;
            }
        }
        bytes.extend(body);
        BytesMut::from(&*bytes)
    }

    fn is_taken(kind: u8, body: &[u8]) -> bool {
        matches!(next_packet(&mut packet(kind, body)), Heard::Said(_))
    }

    #[test]
    fn what_cannot_be_subscribed_to_cannot_be_unsubscribed_from() {
        let unsubscribe = |filter: &str| {
            let length = (filter.len() as u16).to_be_bytes();
            is_taken(0xa2, &[b"\0\x07", &length[..], filter.as_bytes()].concat())
        };
        assert!(unsubscribe("dt/+/#") && unsubscribe("ünï"));
        for wrong in ["", "a/b/c/d/e/f/g/h/i", "a#", "\0", &"x".repeat(257)] {
            assert!(!unsubscribe(wrong), "{wrong}");
        }
        assert!(!is_taken(0xa2, b"\0\x07"), "it names no filter");
    }

    #[test]
    fn what_was_got_is_acknowledged_in_its_order() {
        let mut unacknowledged = Unacknowledged::default();
        let mut acknowledges = |id: u8| match next_packet(&mut packet(0x40, &[0, id])) {
            Heard::Said(ack) => unacknowledged.admits(&ack),
            other => panic!("{other:?}"),
        };
        assert!(!acknowledges(1), "it has got nothing");
        for (kind, body) in [
            (0x32, &b"\0\x01t\0\x01body"[..]),
            (0x30, b"\0\x01tbody"),
            (0x3b, b"\0\x01t\0\x02"),
        ] {
            unacknowledged.note(&packet(kind, body));
        }
        unacknowledged.note(&packet(0x32, &[b"\0\x01t\0\x03", &[b'p'; 300][..]].concat()));
        let mut acknowledges = |id: u8| match next_packet(&mut packet(0x40, &[0, id])) {
            Heard::Said(ack) => unacknowledged.admits(&ack),
            other => panic!("{other:?}"),
        };
        assert!(acknowledges(1) && acknowledges(2) && acknowledges(3));
        unacknowledged.note(&packet(0x32, b"\0\x01t\0\x04"));
        unacknowledged.note(&packet(0x32, b"\0\x01t\0\x05"));
        let ack = PubAck {
            pkid: 5,
            reason: PubAckReason::Success,
        };
        assert!(!unacknowledged.admits(&Packet::PubAck(ack, None)), "out of order");
    }

    #[test]
    fn a_payload_is_as_large_as_aws_takes_it() {
        let publish = |length: usize| is_taken(0x30, &[b"\0\x01t", &vec![b'p'; length][..]].concat());
        assert!(publish(128 << 10) && !publish((128 << 10) + 1));
    }
}
