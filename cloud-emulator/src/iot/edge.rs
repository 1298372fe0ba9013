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

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use runtime::{Clock, wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;

use super::config::CONNECTS_IN_FLIGHT;
use super::quota::Quota;
use super::report::{Counts, RuleCounts};

/// Bytes per direction and connection; telemetry is smaller, and ten thousand of these are 20 MB.
const BUFFER: usize = 1024;

/// How long a client may be silent before its first byte, and a listener before its answer.
const SILENCE: Duration = Duration::from_secs(30);

/// How a client says goodbye: an MQTT packet of two bytes.
const DISCONNECT: [u8; 2] = [0xe0, 0];

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
    if let Ok(mut broker) = introduce(&seat.edge.listeners, &mut client).await {
        splice(&mut client, &mut broker).await;
    }
}

/// Passes on what both say until both have gone.
///
/// A client's end is passed on at once, unless it said goodbye. Then the broker hangs up by itself, and must
/// be given the time to: rumqttd forgets a connection when it reads DISCONNECT, and again when the
/// connection ends before it has hung up. By then its number may be somebody else's, who is cut off.
async fn splice(client: &mut TcpStream, broker: &mut TcpStream) {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_broker, mut to_broker) = broker.split();
    let mut down = pin!(pump(&mut from_broker, &mut to_client));
    let last = tokio::select! {
        last = pump(&mut from_client, &mut to_broker) => last,
        _ = &mut down => return,
    };
    if last != DISCONNECT {
        // It may have gone, too; then there is nobody to tell.
        let _ = to_broker.shutdown().await;
    }
    wall::timeout(SILENCE, down).await;
}

/// Passes on all that comes; tells the last two bytes. An error ends it like a goodbye does.
async fn pump(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>) -> [u8; 2] {
    let mut buffer = vec![0; BUFFER];
    let mut last = [0; 2];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let read = &buffer[..length];
        last = match *read {
            [.., a, b] => [a, b],
            [b] => [last[1], b],
            [] => last,
        };
        if to.write_all(read).await.is_err() {
            break;
        }
    }
    last
}

/// Connects a client that has something to say to a listener, and passes on what both say until the
/// listener has answered.
async fn introduce(listeners: &Listeners, client: &mut TcpStream) -> io::Result<TcpStream> {
    let silent = || io::Error::from(io::ErrorKind::TimedOut);
    client.set_nodelay(true)?;
    wall::timeout(SILENCE, client.readable())
        .await
        .ok_or_else(silent)??;
    let (address, room) = listeners.next();
    let _place = room.acquire().await.map_err(io::Error::other)?;
    let mut broker = TcpStream::connect(address).await?;
    broker.set_nodelay(true)?;
    wall::timeout(SILENCE, until_answered(client, &mut broker))
        .await
        .ok_or_else(silent)??;
    Ok(broker)
}

async fn until_answered(client: &mut TcpStream, broker: &mut TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        tokio::select! {
            answered = broker.readable() => return answered,
            read = client.read(&mut buffer) => match read? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => broker.write_all(&buffer[..length]).await?,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A listener that answers the first bytes of each connection with what it got.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        address
    }

    async fn edge(
        clock: &Clock,
        per_second: u32,
        max: u64,
        places: usize,
    ) -> (SocketAddr, Arc<EdgeCounters>) {
        let mut addresses = Vec::new();
        for _ in 0..places {
            addresses.push(echo().await);
        }
        let door = Door::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = door.address();
        let counters = Arc::new(EdgeCounters::default());
        let edge = Edge {
            clock: clock.clone(),
            listeners: Listeners::new(&addresses),
            counters: counters.clone(),
            max_connections: max,
        };
        tokio::spawn(edge.run(door.open().unwrap(), Quota::new(per_second, clock.now())));
        (address, counters)
    }

    /// Whether a connection gets an answer.
    async fn talks(address: SocketAddr) -> Option<TcpStream> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut answer = [0; 5];
        // A connection that is closed may take the bytes or not.
        let _ = stream.write_all(b"hello").await;
        stream.read_exact(&mut answer).await.ok()?;
        assert_eq!(&answer, b"hello");
        Some(stream)
    }

    #[tokio::test]
    async fn the_quota_is_counted_in_drill_time() {
        let (clock, hand) = Clock::by_hand(120.0).unwrap();
        clock.start();
        let (address, counters) = edge(&clock, 2, 100, 3).await;
        let mut passed = Vec::new();
        for _ in 0..4 {
            passed.push(talks(address).await.is_some());
        }
        assert_eq!(passed, [true, true, false, false]);
        assert_eq!(counters.throttled.load(Ordering::Relaxed), 2);
        hand.advance(drill::units::Span::from_millis(500)).await;
        assert!(talks(address).await.is_some());
        assert!(talks(address).await.is_none());
        hand.advance(drill::units::Span::from_secs(60)).await;
        for _ in 0..2 {
            assert!(talks(address).await.is_some());
        }
        assert!(talks(address).await.is_none());
    }

    #[tokio::test]
    async fn too_many_are_turned_away_until_one_leaves() {
        let (clock, _hand) = Clock::by_hand(1.0).unwrap();
        clock.start();
        let (address, counters) = edge(&clock, 1000, 2, 1).await;
        let first = talks(address).await.unwrap();
        let _second = talks(address).await.unwrap();
        assert!(talks(address).await.is_none());
        assert_eq!(counters.turned_away.load(Ordering::Relaxed), 1);
        drop(first);
        while counters.connected.load(Ordering::Relaxed) > 1 {
            tokio::task::yield_now().await;
        }
        assert!(talks(address).await.is_some());
        assert_eq!(counters.accepted.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn more_than_a_buffer_passes_unchanged_both_ways() {
        let (clock, _hand) = Clock::by_hand(1.0).unwrap();
        clock.start();
        let (address, _) = edge(&clock, 1000, 10, 1).await;
        let sent: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
        let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
        let all = sent.clone();
        tokio::spawn(async move { write.write_all(&all).await });
        let mut got = vec![0; sent.len()];
        read.read_exact(&mut got).await.unwrap();
        assert_eq!(got, sent);
    }

    #[tokio::test]
    async fn a_door_that_is_taken_says_so() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let opened = Door::bind(address).and_then(Door::open);
        assert_eq!(opened.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
