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
use rumqttd::protocol::{Disconnect, DisconnectReasonCode, LastWill, Packet, Protocol};

use super::edge::connect::Connect;
use super::edge::exchange::{Heard, hear};
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
        match hear(&mut behind) {
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
    witness: Link,
}

impl Broker {
    /// Starts one.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start() -> Result<Broker, String> {
        let router = MessageRouter::start(64);
        let wills = Injector::open(&router, "firedrill-wills").map_err(|error| error.to_string())?;
        let mut witness = router
            .link("firedrill-witness")
            .map_err(|error| error.to_string())?;
        witness.tx.subscribe(WITNESS).map_err(|error| error.to_string())?;
        Ok(Broker {
            router,
            wills,
            witness,
        })
    }

    /// Hands the router all that a client says, then its will and its end, and gives what the client is answered until
    /// the router has forgotten it.
    ///
    /// # Errors
    /// The router is gone.
    pub fn take(&mut self, client: Client) -> Result<Vec<Packet>, String> {
        let gone = |what: &str| format!("the router is gone: {what}");
        let joined = self.router.join(&client.id, client.clean_session);
        let (Link { mut tx, mut rx }, connack) = joined.map_err(|error| gone(&error.to_string()))?;
        let mut answers = Vec::from_iter(Option::<Packet>::from(connack));
        let goodbye = Disconnect {
            reason_code: DisconnectReasonCode::NormalDisconnection,
        };
        tx.buffer().extend(client.packets);
        // The router may have cut it off for what it said.
        let _ = futures::FutureExt::now_or_never(tx.send(Packet::Disconnect(goodbye, None)));
        loop {
            match rx.recv() {
                Ok(Some(Notification::Unschedule)) => drop(rx.ready()),
                Ok(Some(notification)) => answers.extend(Option::<Packet>::from(notification)),
                Ok(None) => {}
                Err(_) => break,
            }
        }
        if let Some(will) = client.will {
            self.wills.publish_will(will);
        }
        self.still_routes().map_err(|error| gone(&error.to_string()))?;
        Ok(answers)
    }

    /// A message of the witness comes back to it.
    fn still_routes(&mut self) -> Result<(), LinkError> {
        self.witness.tx.publish(WITNESS, "still here")?;
        loop {
            match self.witness.rx.recv()? {
                Some(Notification::Forward(_)) => return Ok(()),
                Some(Notification::Unschedule) => self.witness.rx.ready()?,
                _ => {}
            }
        }
    }
}

/// Where the witness writes to itself: a topic that the edge lets nobody else write to.
const WITNESS: &str = "$firedrill/witness";

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
