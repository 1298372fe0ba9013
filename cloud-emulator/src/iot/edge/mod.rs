//! The door of the broker: one address, quotas, and many listeners behind it.
//!
//! ```text
//!   device ──TCP──► accept ──► quota ──► CONNECT ──► quota of the id, take-over ──► a listener ──► splice
//!                               │ none left: closed   │ malformed, slow: closed      └ at most 64 under
//!                               └─────────────────────┴ refused: CONNACK says so       way at each
//! ```
//!
//! A rumqttd listener accepts one connection per millisecond or so and lets the rest wait in a short
//! backlog, where they would time out in a storm. The edge therefore counts what is under way at each: from
//! the connect to the first byte of the answer (the CONNACK). A connection that is over a quota is closed
//! at once and without a word; AWS does not document what it does there.
//!
//! Quotas and keep-alive go by drill time. What bounds a silent client goes by wall time, since nobody in a drill
//! waits for it.

mod connect;
mod keep_alive;
mod sessions;
mod splice;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use runtime::{Clock, wall};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;

use self::connect::{Connect, No};
use self::keep_alive::KeepAlive;
use self::sessions::Leave;
pub(super) use self::sessions::Sessions;
use self::splice::{LastWords, see_off, splice, until_answered};
use super::config::CONNECTS_IN_FLIGHT;
use super::quota::Quota;
use super::report::{Counts, RuleCounts};

/// How long a client may take for its first packet, and a listener for its answer.
const SILENCE: Duration = Duration::from_secs(30);

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
pub(super) struct Door {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Door {
    /// Binds `address`; port 0 gives a free one.
    ///
    /// # Errors
    /// The address is in use, or not ours.
    pub(super) fn bind(address: SocketAddr) -> io::Result<Door> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let address = socket.local_addr()?;
        Ok(Door { socket, address })
    }

    /// Where clients connect to.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections are queued from now on.
    ///
    /// # Errors
    /// Somebody else listens there.
    pub(super) fn open(self) -> io::Result<TcpListener> {
        self.socket.listen(BACKLOG)
    }
}

/// The listeners behind the edge, each with the connects that it still has room for.
#[derive(Debug)]
pub(super) struct Listeners {
    places: Vec<(SocketAddr, Semaphore)>,
    next: AtomicUsize,
}

impl Listeners {
    pub(super) fn new(addresses: &[SocketAddr]) -> Listeners {
        let place = |address: &SocketAddr| (*address, Semaphore::new(CONNECTS_IN_FLIGHT));
        Listeners {
            places: addresses.iter().map(place).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// The next listener in turn.
    fn next(&self) -> &(SocketAddr, Semaphore) {
        &self.places[self.next.fetch_add(1, Ordering::Relaxed) % self.places.len()]
    }
}

/// What all connections of an edge share.
pub(super) struct Edge {
    pub(super) clock: Clock,
    pub(super) listeners: Listeners,
    pub(super) counters: Arc<EdgeCounters>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) max_connections: u64,
}

impl Edge {
    /// Accepts connections for as long as it is polled.
    pub(super) async fn run(self, listener: TcpListener, mut quota: Quota) {
        let edge = Arc::new(self);
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "the edge cannot accept");
                    wall::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            };
            if !quota.take(edge.clock.now()) {
                edge.counters.throttled.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            match Seat::take(&edge) {
                Some(seat) => drop(tokio::spawn(serve(seat, stream))),
                None => drop(edge.counters.turned_away.fetch_add(1, Ordering::Relaxed)),
            }
        }
    }
}

/// The right of one connection to be there.
struct Seat {
    edge: Arc<Edge>,
}

impl Seat {
    fn take(edge: &Arc<Edge>) -> Option<Seat> {
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
    // Either end may go at any time; that is what connections do, and both ends see it.
    let Ok((mut broker, mut last)) = introduce(&edge.listeners, connect, &mut client).await else {
        return;
    };
    let leave = async {
        tokio::select! {
            why = session.leave() => why,
            () = keep_alive.is_over() => Leave::Silent,
        }
    };
    let cut = splice(&mut client, &mut broker, &mut last, &keep_alive, leave, SILENCE).await;
    if let Some(why) = cut {
        edge.counters.cut_off.fetch_add(1, Ordering::Relaxed);
        if why == Leave::Reset {
            // The end of the connection is a reset then, and nothing else can be done if it is not.
            let _ = client.set_zero_linger();
        }
        drop(client);
        see_off(&mut broker, last, SILENCE).await;
    }
}

/// Hears who a client is and whether it may come in.
async fn admit(edge: &Edge, client: &mut TcpStream) -> Option<Connect> {
    client.set_nodelay(true).ok()?;
    let refused = || edge.counters.refused.fetch_add(1, Ordering::Relaxed);
    let Ok(Some(connect)) = Connect::read(client, SILENCE).await else {
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

/// Connects a client to a listener, and passes on what it says until the listener has answered.
async fn introduce(
    listeners: &Listeners,
    connect: Connect,
    client: &mut TcpStream,
) -> io::Result<(TcpStream, LastWords)> {
    let silent = || io::Error::from(io::ErrorKind::TimedOut);
    let (address, room) = listeners.next();
    let _place = room.acquire().await.map_err(io::Error::other)?;
    let mut broker = TcpStream::connect(address).await?;
    broker.set_nodelay(true)?;
    let bytes = connect.into_bytes();
    broker.write_all(&bytes).await?;
    let said = LastWords::of(&bytes);
    drop(bytes);
    let answered = wall::timeout(SILENCE, until_answered(client, &mut broker, said)).await;
    let last = answered.ok_or_else(silent)??;
    Ok((broker, last))
}
