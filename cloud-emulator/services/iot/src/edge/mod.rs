//! The edge of the broker: one address, quotas, and the MQTT that clients speak.
//!
//! ```text
//!   device ──TCP──► accept ──► whose? ──► quota ──► CONNECT ──► quota of the id, take-over ──► router ──► exchange
//!                               │          │ none left: closed   │ malformed, slow: closed       └ CONNACK
//!                               │          └─────────────────────┴ refused: CONNACK says so
//!                               └ another user's: closed
//! ```
//!
//! Every packet is parsed here before the router sees it. A connection that is over a quota is closed at once and
//! without an error; AWS does not document what it does there.
//!
//! Quotas and keep-alive go by drill time. What bounds a silent client goes by wall time, since the drill does
//! not wait for it.

pub(super) mod connect;
pub(super) mod exchange;
mod keep_alive;
mod sessions;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use runtime::{Clock, wall};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use self::connect::{Connect, No};
use self::exchange::{Ended, Exchange};
use self::keep_alive::KeepAlive;
use self::sessions::Leave;
pub(super) use self::sessions::Sessions;
use super::inject::Injector;
use super::report::{Counts, RuleCounts};
use super::router::MessageRouter;
use drill::firmware::Quota;

/// How long a client may take for its first packet, and the router to forget it.
const IDLE: Duration = Duration::from_secs(30);

/// Connections that wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// What the edge counts.
#[derive(Debug, Default)]
pub(super) struct EdgeCounters {
    pub(super) connected: AtomicU64,
    pub(super) accepted: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) turned_away: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) cut_off: AtomicU64,
}

impl EdgeCounters {
    /// What was counted so far, with what the rules counted.
    pub(super) fn read(&self, rules: Vec<RuleCounts>) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            connected: get(&self.connected),
            accepted: get(&self.accepted),
            throttled: get(&self.throttled),
            turned_away: get(&self.turned_away),
            refused: get(&self.refused),
            cut_off: get(&self.cut_off),
            rules,
        }
    }
}

/// A bound address that does not accept yet.
pub(super) struct EdgeListener {
    socket: TcpSocket,
    address: SocketAddr,
}

impl EdgeListener {
    /// Binds `address`; port 0 gives a free one.
    ///
    /// # Errors
    /// The address is in use, or not ours.
    pub(super) fn bind(address: SocketAddr) -> io::Result<EdgeListener> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let address = socket.local_addr()?;
        Ok(EdgeListener { socket, address })
    }

    /// Where clients connect to.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections are queued from now on.
    ///
    /// # Errors
    /// Another process listens there.
    pub(super) fn open(self) -> io::Result<TcpListener> {
        self.socket.listen(BACKLOG)
    }
}

/// What all connections of an edge share.
pub(super) struct Edge {
    pub(super) clock: Clock,
    pub(super) router: Arc<MessageRouter>,
    /// Publishes the last wills of those who do not say goodbye.
    pub(super) wills: Injector,
    pub(super) counters: Arc<EdgeCounters>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) max_connections: u64,
    /// Whether others than this process's user and root may connect.
    pub(super) open_to_others: bool,
    /// How many clients without a client id there were.
    pub(super) nameless: AtomicU64,
}

impl Edge {
    /// Accepts connections for as long as it is polled.
    pub(super) async fn run(self, listener: TcpListener, mut quota: Quota) {
        let edge = Arc::new(self);
        loop {
            let stream = match listener.accept().await {
                Ok((stream, peer)) if edge.open_to_others || is_ours(&stream, peer) => stream,
                // Before the quota, of which they would take from the drill's own devices.
                Ok(_) => {
                    edge.counters.refused.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "the edge cannot accept");
                    wall::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            if !quota.acquire(edge.clock.now()) {
                edge.counters.throttled.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            match Seat::acquire(&edge) {
                Some(seat) => drop(tokio::spawn(serve(seat, stream))),
                None => drop(edge.counters.turned_away.fetch_add(1, Ordering::Relaxed)),
            }
        }
    }
}

/// Whether a client is of this process's user or root: the protocol does not tell who it is.
fn is_ours(stream: &TcpStream, peer: SocketAddr) -> bool {
    let ours = stream
        .local_addr()
        .and_then(|own| runtime::peer::is_ours(own, peer));
    if !matches!(ours, Ok(true)) {
        tracing::warn!(%peer, answer = ?ours, "a client of another user is turned away");
    }
    ours.unwrap_or(false)
}

/// The right of one connection to be there.
struct Seat {
    edge: Arc<Edge>,
}

impl Seat {
    fn acquire(edge: &Arc<Edge>) -> Option<Seat> {
        let counters = &edge.counters;
        if counters.connected.load(Ordering::Relaxed) >= edge.max_connections {
            return None;
        }
        counters.connected.fetch_add(1, Ordering::Relaxed);
        counters.accepted.fetch_add(1, Ordering::Relaxed);
        Some(Seat { edge: edge.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.edge.counters.connected.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn serve(seat: Seat, mut client: TcpStream) {
    let edge = &seat.edge;
    let Some(connect) = admit(edge, &mut client).await else {
        return;
    };
    let keep_alive = KeepAlive::new(edge.clock.clone(), connect.keep_alive());
    let session = edge.sessions.enter(&connect.client_id).await;
    let name = if connect.client_id.is_empty() {
        format!(
            "firedrill-nameless-{}",
            edge.nameless.fetch_add(1, Ordering::Relaxed)
        )
    } else {
        connect.client_id.clone()
    };
    let Ok(asked) = connect.read_whole() else {
        edge.counters.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let Ok((link, answer)) = edge.router.join(&name, asked.clean_session) else {
        return;
    };
    let mut exchange = Exchange::new(client, link, answer, asked.behind);
    let leave = async {
        tokio::select! {
            why = session.leave() => why,
            () = keep_alive.is_over() => Leave::Silent,
        }
    };
    let ended = exchange.run(&keep_alive, leave).await;
    if ended != Ended::Goodbye
        && let Some(will) = asked.will
    {
        edge.wills.publish_will(will);
    }
    match ended {
        Ended::CutOff => {}
        Ended::Goodbye | Ended::Lost => exchange.see_off(false, IDLE).await,
        Ended::Leave(why) => {
            edge.counters.cut_off.fetch_add(1, Ordering::Relaxed);
            exchange.see_off(why == Leave::Reset, IDLE).await;
        }
    }
}

/// Hears who a client is and whether it may come in.
async fn admit(edge: &Edge, client: &mut TcpStream) -> Option<Connect> {
    client.set_nodelay(true).ok()?;
    let refused = || edge.counters.refused.fetch_add(1, Ordering::Relaxed);
    let Ok(Some(connect)) = Connect::read(client, IDLE).await else {
        refused();
        return None;
    };
    let unavailable = edge.sessions.refuses().then_some(No::Unavailable);
    if let Some(no) = unavailable.or_else(|| connect.refusal()) {
        refused();
        // It may have gone.
        let _ = client.write_all(connect.answer(no)).await;
        return None;
    }
    if !edge.sessions.may_connect(&connect.client_id, edge.clock.now()) {
        edge.counters.throttled.fetch_add(1, Ordering::Relaxed);
        return None;
    }
    Some(connect)
}
