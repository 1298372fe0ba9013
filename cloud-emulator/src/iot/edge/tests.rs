use tokio::io::{AsyncReadExt, AsyncWriteExt};

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

async fn edge(clock: &Clock, per_second: u32, max: u64, places: usize) -> (SocketAddr, Arc<EdgeCounters>) {
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
        sessions: Sessions::new(1),
        max_connections: max,
    };
    tokio::spawn(edge.run(door.open().unwrap(), Quota::new(per_second, clock.now())));
    (address, counters)
}

/// A CONNECT as it is passed on, of a client id that nobody else has.
fn hello() -> Vec<u8> {
    static IDS: AtomicU64 = AtomicU64::new(100_000);
    let id = IDS.fetch_add(1, Ordering::Relaxed).to_string();
    [b"\x10\x12\x00\x04MQTT\x04\x02\xff\xff\x00\x06", id.as_bytes()].concat()
}

/// Whether a connection gets an answer.
async fn talks(address: SocketAddr) -> Option<TcpStream> {
    says(address, &hello()).await
}

async fn says(address: SocketAddr, hello: &[u8]) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = vec![0; hello.len()];
    // A connection that is closed may take the bytes or not.
    let _ = stream.write_all(hello).await;
    stream.read_exact(&mut answer).await.ok()?;
    assert_eq!(answer, hello);
    Some(stream)
}

#[tokio::test]
async fn each_client_has_a_quota_of_its_own_in_drill_time() {
    let (clock, hand) = Clock::by_hand(120.0).unwrap();
    clock.start();
    let (address, counters) = edge(&clock, 1000, 100, 1).await;
    let hello = hello();
    assert!(says(address, &hello).await.is_some());
    assert!(says(address, &hello).await.is_none());
    assert!(talks(address).await.is_some());
    assert_eq!(counters.throttled.load(Ordering::Relaxed), 1);
    hand.advance(drill::units::Span::from_secs(1)).await;
    assert!(says(address, &hello).await.is_some());
    assert_eq!(
        counters.cut_off.load(Ordering::Relaxed),
        0,
        "the one before had left by itself"
    );
}

#[tokio::test]
async fn who_is_silent_is_cut_off_in_drill_time() {
    let (clock, hand) = Clock::by_hand(120.0).unwrap();
    clock.start();
    let (address, counters) = edge(&clock, 1000, 100, 1).await;
    let mut forever = talks(address).await.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x")
        .await
        .unwrap();
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(
        answer[10..12],
        [0xff, 0xff],
        "nobody behind the edge enforces it, too"
    );
    for _ in 0..3 {
        hand.advance(drill::units::Span::from_secs(80)).await;
        stream.write_all(b"ping").await.unwrap();
        stream.read_exact(&mut answer[..4]).await.unwrap();
    }
    hand.advance(drill::units::Span::from_secs(91)).await;
    assert_eq!(stream.read(&mut answer).await.unwrap(), 0);
    hand.advance(drill::units::Span::from_mins(48 * 60)).await;
    forever.write_all(b"ping").await.unwrap();
    forever.read_exact(&mut answer[..4]).await.unwrap();
    assert_eq!(counters.cut_off.load(Ordering::Relaxed), 1);
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
    let mut sent = hello();
    sent.extend((0..100_000u32).map(|n| (n % 251) as u8));
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
