//! The edge without its sockets, for the fuzz targets of this workspace: nothing else is to use it.
//!
//! ```text
//!   bytes ──► listen ──► packets, last will ──► Broker ──► rumqttd's router ──► packets back
//! ```

use bytes::{Bytes, BytesMut};
use rumqttd::Notification;
use rumqttd::local::LinkError;
pub use rumqttd::protocol;
use rumqttd::protocol::v4::V4;
use rumqttd::protocol::{
    Disconnect, DisconnectReasonCode, LastWill, Packet, PingReq, Protocol, PubAck, PubAckReason,
};

use super::edge::connect::Connect;
use super::edge::exchange::{Heard, Unacknowledged, next_packet};
use super::inject::Injector;
use super::router::{Link, MessageRouter};
use super::topic;

/// What the edge makes of all that a client sends.
#[derive(Debug)]
pub enum Listened {
    /// It is not let in, by the name of the reason.
    Refused(&'static str),
    /// It is let in.
    In(Box<Client>),
}

/// A client that was let in.
#[derive(Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Whether nothing is to be kept of its session.
    pub clean_session: bool,
    /// Its last will.
    pub will: Option<LastWill>,
    /// What goes to the router.
    pub packets: Vec<Packet>,
    /// How it ended: `more`, `goodbye` or `broken`.
    pub end: &'static str,
}

/// Reads everything that a client sends as the edge does, up to what it hangs up on.
pub fn listen(bytes: &[u8]) -> Listened {
    let connect = match Connect::parse(bytes) {
        Ok(Some(connect)) => connect,
        Ok(None) => return Listened::Refused("incomplete"),
        Err(_) => return Listened::Refused("malformed"),
    };
    if connect.refusal().is_some() {
        return Listened::Refused("answered");
    }
    let id = connect.client_id.clone();
    let Ok(asked) = connect.read_whole() else {
        return Listened::Refused("unreadable");
    };
    let mut behind = asked.behind;
    let mut packets = Vec::new();
    let end = loop {
        match next_packet(&mut behind) {
            Heard::Said(packet) => packets.push(packet),
            Heard::More => break "more",
            Heard::Goodbye => break "goodbye",
            Heard::Broken(_) => break "broken",
        }
    };
    Listened::In(Box::new(Client {
        id,
        clean_session: asked.clean_session,
        will: asked.will,
        packets,
        end,
    }))
}

/// A topic of the router, as clients say it.
pub fn from_router(topic: Bytes) -> Bytes {
    topic::from_router(topic)
}

/// A router as brokers have it, with a client of ours that hears everything.
pub struct Broker {
    router: MessageRouter,
    wills: Injector,
    observer: Link,
}

impl Broker {
    /// Starts one.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start() -> Result<Broker, String> {
        let router = MessageRouter::start(64);
        let wills = Injector::open(&router, "firedrill-wills").map_err(|error| error.to_string())?;
        let mut observer = router
            .link("firedrill-observer")
            .map_err(|error| error.to_string())?;
        observer
            .tx
            .subscribe(OBSERVER_TOPIC)
            .map_err(|error| error.to_string())?;
        Ok(Broker {
            router,
            wills,
            observer,
        })
    }

    /// Hands the router all that a client says, then its will and its end, and gives the bytes that the client is
    /// answered. As at the edge, what it may not acknowledge ends it.
    ///
    /// # Errors
    /// The router is gone, or an answer cannot be written.
    pub fn serve(&mut self, client: Client) -> Result<Vec<Vec<u8>>, String> {
        let gone = |what: &dyn std::fmt::Display| format!("the router is gone: {what}");
        let name = if client.id.is_empty() {
            "firedrill-nameless"
        } else {
            &client.id
        };
        let joined = self
            .router
            .join(name, client.clean_session || client.id.is_empty());
        let (link, connack) = joined.map_err(|error| gone(&error))?;
        let mut talk = Talk {
            link,
            answers: Vec::new(),
            unacknowledged: Unacknowledged::default(),
            pings: 0,
        };
        talk.answer(connack)?;
        for packet in client.packets {
            if matches!(packet, Packet::PubAck(..)) {
                talk.catch_up()?;
            }
            if !talk.unacknowledged.admits(&packet) {
                break;
            }
            talk.say(packet).map_err(|error| gone(&error))?;
        }
        talk.catch_up()?;
        let goodbye = Disconnect {
            reason_code: DisconnectReasonCode::NormalDisconnection,
        };
        talk.say(Packet::Disconnect(goodbye, None))
            .map_err(|error| gone(&error))?;
        while talk.link.rx.recv().is_ok() {}
        if let Some(will) = client.will {
            self.wills.publish_will(will);
        }
        self.still_routes().map_err(|error| gone(&error))?;
        Ok(talk.answers)
    }

    /// Ends the router's thread, which has no end of its own: at what the edge keeps from it, a link that is gone and says
    /// that there is room. It panics.
    pub fn end(self) {
        let Ok(Link { mut tx, mut rx }) = self.router.link("firedrill-end") else {
            return;
        };
        let goodbye = Disconnect {
            reason_code: DisconnectReasonCode::NormalDisconnection,
        };
        let _ = futures::FutureExt::now_or_never(tx.send(Packet::Disconnect(goodbye, None)));
        while rx.recv().is_ok() {}
        let _ = rx.ready();
    }

    /// A message of the observer comes back to it.
    fn still_routes(&mut self) -> Result<(), Box<LinkError>> {
        self.observer
            .tx
            .publish(OBSERVER_TOPIC, "still here")
            .map_err(Box::new)?;
        loop {
            match self.observer.rx.recv().map_err(Box::new)? {
                Some(Notification::Forward(_)) => return Ok(()),
                Some(Notification::Unschedule) => self.observer.rx.ready().map_err(Box::new)?,
                _ => {}
            }
        }
    }
}

/// Messages that a client may owe an acknowledgement of.
const MOST_OWED: usize = 8;

/// What a client and the router say to each other.
struct Talk {
    link: Link,
    answers: Vec<Vec<u8>>,
    unacknowledged: Unacknowledged,
    /// Pings that were not answered yet.
    pings: u64,
}

impl Talk {
    fn say(&mut self, packet: Packet) -> Result<(), Box<LinkError>> {
        self.pings += u64::from(matches!(packet, Packet::PingReq(_)));
        // Sending does not suspend.
        match futures::FutureExt::now_or_never(self.link.tx.send(packet)) {
            Some(sent) => sent.map(drop).map_err(Box::new),
            None => Ok(()),
        }
    }

    /// Hears all that the router has for the client: it answers a ping in its turn.
    fn catch_up(&mut self) -> Result<(), String> {
        let cut_off = |error: Box<LinkError>| format!("the router cut a client off: {error}");
        self.say(Packet::PingReq(PingReq)).map_err(cut_off)?;
        while self.pings > 0 {
            if let Some(notification) = self.link.rx.recv().map_err(|error| cut_off(Box::new(error)))? {
                self.answer(notification)?;
            }
        }
        Ok(())
    }

    fn answer(&mut self, notification: Notification) -> Result<(), String> {
        let Some(packet) = Option::<Packet>::from(notification) else {
            return self.link.rx.ready().map_err(|error| error.to_string());
        };
        self.pings -= u64::from(matches!(packet, Packet::PingResp(_)));
        let bytes = written(packet)?;
        self.unacknowledged.note(&bytes);
        self.answers.push(bytes);
        // The router says nothing more, not even that it is there, to a client that owes it many.
        if self.unacknowledged.0.len() > MOST_OWED
            && let Some(pkid) = self.unacknowledged.0.pop_front()
        {
            let reason = PubAckReason::Success;
            let acknowledged = self.say(Packet::PubAck(PubAck { pkid, reason }, None));
            acknowledged.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// Where the observer writes to itself: a topic of the router that is none of any client's, since a mark always stands
/// before what needs one.
const OBSERVER_TOPIC: &str = "\u{1}observer";

/// The bytes of a packet as the edge writes it to a client.
///
/// # Errors
/// It cannot be written.
pub fn written(mut packet: Packet) -> Result<Vec<u8>, String> {
    if let Packet::Publish(publish, _) = &mut packet {
        publish.topic = topic::from_router(std::mem::take(&mut publish.topic));
    }
    let mut bytes = BytesMut::new();
    V4.write(packet, &mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes.to_vec())
}
