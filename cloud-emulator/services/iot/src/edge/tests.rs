use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Accepted with a clean session of its own.
const WELCOME: [u8; 4] = [0x20, 2, 0, 0];

fn edge(clock: &Clock, per_second: u32, max: u64) -> (SocketAddr, Arc<EdgeCounters>) {
    let router = Arc::new(MessageRouter::start(100));
    let edge_listener = EdgeListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = edge_listener.address();
    let counters = Arc::new(EdgeCounters::default());
    let edge = Edge {
        clock: clock.clone(),
        wills: Injector::open(&router, "wills").unwrap(),
        router,
        counters: counters.clone(),
        sessions: Sessions::new(1),
        max_connections: max,
        open_to_others: false,
        nameless: AtomicU64::new(0),
    };
    tokio::spawn(edge.run(edge_listener.open().unwrap(), Quota::new(per_second, clock.now())));
    (address, counters)
}

/// A CONNECT without a keep-alive that is enforced.
fn connect(id: &str) -> Vec<u8> {
    let length = [12 + id.len() as u8];
    let id_length = [id.len() as u8];
    [
        b"\x10",
        &length[..],
        b"\x00\x04MQTT\x04\x02\xff\xff\x00",
        &id_length,
        id.as_bytes(),
    ]
    .concat()
}

/// A CONNECT of a client id that no other client has.
fn hello() -> Vec<u8> {
    static IDS: AtomicU64 = AtomicU64::new(100_000);
    connect(&IDS.fetch_add(1, Ordering::Relaxed).to_string())
}

/// The connection of a client that is let in.
async fn talks(address: SocketAddr) -> Option<TcpStream> {
    says(address, &hello()).await
}

async fn says(address: SocketAddr, hello: &[u8]) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = [0; 4];
    // A connection that is closed may take the bytes or not.
    let _ = stream.write_all(hello).await;
    stream.read_exact(&mut answer).await.ok()?;
    assert_eq!(answer, WELCOME);
    Some(stream)
}

async fn ping(stream: &mut TcpStream) -> bool {
    let mut pong = [0; 2];
    stream.write_all(&[0xc0, 0]).await.is_ok()
        && stream.read_exact(&mut pong).await.is_ok()
        && pong == [0xd0, 0]
}

/// A SUBSCRIBE at QoS 1 to a topic of one letter.
const SUBSCRIBE_T: &[u8] = b"\x82\x06\x00\x01\x00\x01t\x01";

#[tokio::test]
async fn each_client_has_a_quota_of_its_own_in_drill_time() {
    let (clock, hand) = Clock::by_hand(120.0).unwrap();
    clock.start();
    let (address, counters) = edge(&clock, 1000, 100);
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
    let (address, counters) = edge(&clock, 1000, 100);
    let mut forever = talks(address).await.unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x")
        .await
        .unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    for _ in 0..3 {
        hand.advance(drill::units::Span::from_secs(80)).await;
        assert!(ping(&mut stream).await);
    }
    hand.advance(drill::units::Span::from_secs(91)).await;
    assert_eq!(stream.read(&mut answer).await.unwrap(), 0);
    hand.advance(drill::units::Span::from_mins(48 * 60)).await;
    assert!(ping(&mut forever).await);
    assert_eq!(counters.cut_off.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_quota_is_counted_in_drill_time() {
    let (clock, hand) = Clock::by_hand(120.0).unwrap();
    clock.start();
    let (address, counters) = edge(&clock, 2, 100);
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
    let (address, counters) = edge(&clock, 1000, 2);
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
async fn large_messages_pass_unchanged_to_a_subscriber() {
    let (clock, _hand) = Clock::by_hand(1.0).unwrap();
    clock.start();
    let (address, _) = edge(&clock, 1000, 10);
    let mut subscriber = talks(address).await.unwrap();
    subscriber.write_all(SUBSCRIBE_T).await.unwrap();
    let mut suback = [0; 5];
    subscriber.read_exact(&mut suback).await.unwrap();
    assert_eq!(suback, [0x90, 3, 0, 1, 1]);
    let mut publisher = talks(address).await.unwrap();
    let body: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
    // Its length, 100,005 with topic and packet id, in MQTT's way.
    let mut publish = b"\x32\xa5\x8d\x06\x00\x01t\x00\x07".to_vec();
    publish.extend(&body);
    publisher.write_all(&publish).await.unwrap();
    let mut puback = [0; 4];
    publisher.read_exact(&mut puback).await.unwrap();
    assert_eq!(puback, [0x40, 2, 0, 7]);
    let mut got = vec![0; publish.len()];
    subscriber.read_exact(&mut got).await.unwrap();
    assert!(got.ends_with(&body));
}

#[tokio::test]
async fn a_last_will_is_published_unless_its_client_says_goodbye() {
    let (clock, _hand) = Clock::by_hand(1.0).unwrap();
    clock.start();
    let (address, _) = edge(&clock, 1000, 10);
    let mut subscriber = talks(address).await.unwrap();
    subscriber.write_all(SUBSCRIBE_T).await.unwrap();
    let mut suback = [0; 5];
    subscriber.read_exact(&mut suback).await.unwrap();
    let with_will = |id: u8| {
        [
            b"\x10\x15\x00\x04MQTT\x04\x06\xff\xff\x00\x01",
            &[id][..],
            b"\x00\x01t\x00\x03bye",
        ]
        .concat()
    };
    let mut polite = says(address, &with_will(b'p')).await.unwrap();
    polite.write_all(&[0xe0, 0]).await.unwrap();
    assert_eq!(polite.read(&mut suback).await.unwrap(), 0, "it is hung up on");
    drop(says(address, &with_will(b'l')).await.unwrap());
    let mut will = [0; 10];
    subscriber.read_exact(&mut will).await.unwrap();
    assert!(will.ends_with(b"bye"), "{will:?}");
    assert!(ping(&mut subscriber).await, "that was the only one");
}

#[tokio::test]
async fn what_is_no_mqtt_ends_its_connection_alone() {
    let (clock, _hand) = Clock::by_hand(1.0).unwrap();
    clock.start();
    let (address, counters) = edge(&clock, 1000, 10);
    let mut other = talks(address).await.unwrap();
    for nonsense in [
        &b"\x00\x00"[..],
        b"\xff\xff\xff\xff\xff",
        b"\x32\x01\x00",
        &connect("again"),
    ] {
        let mut stream = talks(address).await.unwrap();
        stream.write_all(nonsense).await.unwrap();
        let mut rest = Vec::new();
        // It ends in order, or by a reset where bytes were left unread.
        let _ = stream.read_to_end(&mut rest).await;
        assert_eq!(rest, b"", "{nonsense:?}");
    }
    while counters.connected.load(Ordering::Relaxed) > 1 {
        tokio::task::yield_now().await;
    }
    assert!(ping(&mut other).await);
}

#[tokio::test]
async fn what_the_router_would_hang_up_on_never_gets_to_it() {
    let (clock, _hand) = Clock::by_hand(1.0).unwrap();
    clock.start();
    let (address, _) = edge(&clock, 1000, 10);
    // An acknowledgement of nothing, and a filter of AWS's own; what is said behind it is not heard.
    for wrong in [&b"\x40\x02\x00\x07"[..], b"\x82\x07\x00\x01\x00\x02$x\x00"] {
        let mut stream = talks(address).await.unwrap();
        let said = [b"\xc0\x00", wrong, b"\xc0\x00"].concat();
        stream.write_all(&said).await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty() || rest == [0xd0, 0], "{rest:?}");
    }
    let mut subscriber = talks(address).await.unwrap();
    subscriber.write_all(SUBSCRIBE_T).await.unwrap();
    let mut got = [0; 5];
    subscriber.read_exact(&mut got).await.unwrap();
    let mut publisher = talks(address).await.unwrap();
    publisher.write_all(b"\x32\x06\x00\x01t\x00\x09x").await.unwrap();
    let mut message = [0; 8];
    subscriber.read_exact(&mut message).await.unwrap();
    assert_eq!(message[..6], *b"\x32\x06\x00\x01t\x00");
    let acknowledged = [b"\x40\x02", &message[5..7], b"\xc0\x00"].concat();
    subscriber.write_all(&acknowledged).await.unwrap();
    let mut pong = [0; 2];
    subscriber.read_exact(&mut pong).await.unwrap();
    assert_eq!(pong, [0xd0, 0], "what was got may be acknowledged");
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let opened = EdgeListener::bind(address).and_then(EdgeListener::open);
    assert_eq!(opened.unwrap_err().kind(), io::ErrorKind::AddrInUse);
}
