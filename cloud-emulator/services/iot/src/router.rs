//! rumqttd's router, inside of this process, and the links to it.
//!
//! ```text
//!   edge, one link a client ─┐                  ┌─ a link for each rule
//!   services, wills ─────────┴─► router thread ─┴─► subscribers' links
//! ```
//!
//! rumqttd's own listeners are not used. In front of them stood a second connection, four more system calls and two more
//! threads for each message, and each of them accepts one connection a millisecond. What they did is done by the edge.

use rumqttd::local::{LinkBuilder, LinkError, LinkRx, LinkTx};
use rumqttd::{Notification, Router, RouterConfig};

/// What the broker keeps of each topic filter, in payload bytes: `SEGMENTS` times this. A rule that is
/// further behind than that misses messages, which is counted.
const SEGMENT_BYTES: usize = 512 << 10;
const SEGMENTS: usize = 8;

/// Messages that one turn of the router hands to a subscriber.
const MESSAGES_PER_TURN: u64 = 200;

/// Room for the links of the rules and services, and for connections that are just being replaced.
const OTHER_LINKS: usize = 256;

/// A client's way to the router and back.
pub(super) struct Link {
    pub(super) tx: LinkTx,
    pub(super) rx: LinkRx,
}

/// Joins a client to the router; the type of the router's channel has no name outside of rumqttd.
type Join = Box<dyn Fn(&str, bool) -> Result<(Link, Notification), Box<LinkError>> + Send + Sync>;

/// The router of a broker.
pub(super) struct MessageRouter {
    join: Join,
}

impl MessageRouter {
    /// Starts one for so many clients, on a thread of its own.
    pub(super) fn start(max_connections: u32) -> MessageRouter {
        MessageRouter::with(RouterConfig {
            max_connections: max_connections as usize + OTHER_LINKS,
            max_outgoing_packet_count: MESSAGES_PER_TURN,
            max_segment_size: SEGMENT_BYTES,
            max_segment_count: SEGMENTS,
            ..RouterConfig::default()
        })
    }

    /// Starts one as configured.
    pub(super) fn with(config: RouterConfig) -> MessageRouter {
        let router = Router::new(0, config).spawn();
        let join = move |client_id: &str, clean_session: bool| {
            let builder = LinkBuilder::new(client_id, router.clone()).clean_session(clean_session);
            let (tx, rx, answer) = builder.build()?;
            Ok((Link { tx, rx }, answer))
        };
        MessageRouter { join: Box::new(join) }
    }

    /// Joins a client, and gives what it is answered (a CONNACK). Of one client id there may be one link at a time: the
    /// router cuts off the one before. It waits for the router's thread, for microseconds.
    ///
    /// # Errors
    /// There is no room, or the router is gone.
    pub(super) fn join(
        &self,
        client_id: &str,
        clean_session: bool,
    ) -> Result<(Link, Notification), Box<LinkError>> {
        (self.join)(client_id, clean_session)
    }

    /// A link of this process's own.
    ///
    /// # Errors
    /// Likewise.
    pub(super) fn link(&self, name: &str) -> Result<Link, Box<LinkError>> {
        self.join(name, true).map(|(link, _)| link)
    }
}
