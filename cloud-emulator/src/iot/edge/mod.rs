//! The door of the broker: one address, a quota, and many listeners behind it.
//!
//! ```text
//!   device ──TCP──► accept ──► quota ──► first bytes ──► a listener with room ──► splice both ways
//!                                └ none left: closed         └ at most 64 connects under way each
//! ```
//!
//! A rumqttd listener accepts one connection per millisecond or so and lets the rest wait in a short
//! backlog, where they would time out in a storm. The edge therefore counts what is under way at each: from
//! the connect to the first byte of the answer (the CONNACK). A connection that is over the quota is
//! closed at once and without a word; AWS does not document what it does there.
//!
//! The quota goes by drill time. What bounds a silent client goes by wall time, since nobody in a drill
//! waits for it.

mod splice;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use runtime::{Clock, wall};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;

use self::splice::{LastWords, splice, until_answered};
use super::config::CONNECTS_IN_FLIGHT;
use super::quota::Quota;
use super::report::{Counts, RuleCounts};

/// How long a client may be silent before its first byte, and a listener before its answer.
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
    // Either end may go at any time; that is what connections do, and both ends see it.
    if let Ok((mut broker, last)) = introduce(&seat.edge.listeners, &mut client).await {
        splice(&mut client, &mut broker, last, SILENCE).await;
    }
}

/// Connects a client that has something to say to a listener, and passes on what it says until the listener
/// has answered.
async fn introduce(listeners: &Listeners, client: &mut TcpStream) -> io::Result<(TcpStream, LastWords)> {
    let silent = || io::Error::from(io::ErrorKind::TimedOut);
    client.set_nodelay(true)?;
    wall::timeout(SILENCE, client.readable())
        .await
        .ok_or_else(silent)??;
    let (address, room) = listeners.next();
    let _place = room.acquire().await.map_err(io::Error::other)?;
    let mut broker = TcpStream::connect(address).await?;
    broker.set_nodelay(true)?;
    let answered = wall::timeout(SILENCE, until_answered(client, &mut broker)).await;
    let last = answered.ok_or_else(silent)??;
    Ok((broker, last))
}
