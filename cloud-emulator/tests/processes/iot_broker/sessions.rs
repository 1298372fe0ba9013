//! Sessions as the edge keeps them: taken over, refused, reset, malformed; and what is announced to them.

use std::process::Command;
use std::time::Duration;

use cloud_emulator::iot::BrokerConfig;
use drill::units::Span;
use runtime::wall;
use test_harness::trial;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::iot_broker::bench::{Bench, resident_kib, until};
use crate::iot_broker::devices::{connect, connecting};

/// What an answer takes at most.
const SOON: Duration = Duration::from_secs(20);

async fn ping(stream: &mut TcpStream) -> bool {
    let mut pong = [0; 2];
    let answered = async {
        stream.write_all(&[0xc0, 0]).await?;
        stream.read_exact(&mut pong).await
    };
    let answered = wall::timeout(SOON, answered).await.expect("an answer, or an end");
    answered.is_ok() && pong == [0xd0, 0]
}

/// What comes until the connection ends, and how it ends.
async fn rest(stream: &mut TcpStream) -> (Vec<u8>, Option<std::io::ErrorKind>) {
    let mut bytes = Vec::new();
    let read = wall::timeout(SOON, stream.read_to_end(&mut bytes)).await;
    let ended = read.expect("it ends").err().map(|error| error.kind());
    (bytes, ended)
}

trial!(async a_connect_with_the_same_client_id_takes_over_the_session);
async fn a_connect_with_the_same_client_id_takes_over_the_session() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(500, Span::from_secs(1))).await;
    let address = site.address();
    let mut other = connect(address, 2).await.unwrap();
    let mut present = connect(address, 1).await.unwrap();
    for round in 0..100 {
        let mut newcomer = match round % 3 {
            // The older one is still there, has just gone, or says goodbye at this moment.
            0 => connect(address, 1).await.unwrap(),
            1 => {
                drop(present);
                connect(address, 1).await.unwrap()
            }
            _ => {
                present.write_all(&[0xe0, 0]).await.unwrap();
                connect(address, 1).await.unwrap()
            }
        };
        assert!(ping(&mut newcomer).await, "round {round}");
        present = newcomer;
    }
    // Many at once: one of them stays, and is really there.
    let all = (0..20).map(|_| tokio::spawn(connect(address, 1)));
    let mut alive = 0;
    let mut let_in = Vec::new();
    for one in all.collect::<Vec<_>>() {
        let_in.extend(one.await.unwrap());
    }
    for stream in &mut let_in {
        alive += u32::from(ping(stream).await);
    }
    assert_eq!(alive, 1, "of {}", let_in.len());
    assert!(!ping(&mut present).await);
    assert!(ping(&mut other).await, "no other client was cut off");
    until("they are counted", || {
        let counts = site.counts();
        counts.connected <= 3 && counts.cut_off > 30
    })
    .await;
    site.stop().await.unwrap();
}

trial!(async new_connections_are_refused_and_open_ones_reset);
async fn new_connections_are_refused_and_open_ones_reset() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(500, Span::from_secs(1))).await;
    let mut present = connect(site.address(), 1).await.unwrap();
    let (outer, inner) = (site.refuse(), site.refuse());
    let refused = || async {
        let mut stream = connecting(site.address(), 7, &[]).await;
        let mut connack = [0; 4];
        stream.read_exact(&mut connack).await.unwrap();
        connack == [0x20, 2, 0, 3]
    };
    let refuses = async {
        while !refused().await {
            wall::sleep(Duration::from_millis(5)).await;
        }
    };
    wall::timeout(SOON, refuses).await.expect("it refuses");
    assert!(ping(&mut present).await, "who is connected stays");
    assert!(!site.answers(SOON).await);
    let port = site.address().port().to_string();
    let mosquitto = Command::new("mosquitto_pub")
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-t",
            "a",
            "-m",
            "b",
            "-V",
            "mqttv311",
        ])
        .output();
    match mosquitto {
        Ok(output) => assert_eq!(output.status.code(), Some(3), "{output:?}"),
        Err(_) => eprintln!("mosquitto_pub is not installed: it was not asked"),
    }
    drop(outer);
    site.restart().await.unwrap();
    assert!(refused().await, "one still refuses, also after a restart");
    drop(inner);
    let answers = async { while !site.answers(SOON).await {} };
    wall::timeout(SOON, answers).await.expect("it lets in again");

    let mut present = [
        connect(site.address(), 1).await.unwrap(),
        connect(site.address(), 2).await.unwrap(),
    ];
    site.reset_sessions();
    for stream in &mut present {
        assert_eq!(rest(stream).await.1, Some(std::io::ErrorKind::ConnectionReset));
    }
    let mut again = connect(site.address(), 1).await.expect("newcomers come in");
    assert!(ping(&mut again).await);
    site.stop().await.unwrap();
}

trial!(async malformed_packets_end_their_own_connection_only);
async fn malformed_packets_end_their_own_connection_only() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(500, Span::from_secs(1))).await;
    let crashed = tokio::spawn(site.crashed());
    let answer = |bytes: &'static [u8]| {
        let address = site.address();
        async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // It may be sent away before all is said.
            let _ = stream.write_all(bytes).await;
            rest(&mut stream).await.0
        }
    };
    assert_eq!(answer(b"GET / HTTP/1.1\r\n\r\n").await, b"");
    assert_eq!(answer(b"\x10\xff\xff\xff\x7f\x00\x04MQTT").await, b"");
    assert_eq!(
        answer(b"\x10\x11\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x04name").await,
        [0x20, 3, 0, 0x84, 0]
    );
    // rumqttd would break down at the second of these.
    for _ in 0..20 {
        assert_eq!(
            answer(b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03a/b").await,
            [0x20, 2, 0, 2]
        );
    }
    until("they are counted", || site.counts().refused == 23).await;
    assert!(site.answers(SOON).await && !crashed.is_finished());
    // A keep-alive of 0 turns it off, and is no reason to be sent away.
    let mut stream = TcpStream::connect(site.address()).await.unwrap();
    stream
        .write_all(b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x00\x00\x03abc")
        .await
        .unwrap();
    let mut connack = [0; 4];
    stream.read_exact(&mut connack).await.unwrap();
    assert_eq!(connack, [0x20, 2, 0, 0]);
    site.stop().await.unwrap();
}

fn publication(topic: &[u8], quality: u8, message: &str) -> Vec<u8> {
    let id: &[u8] = if quality == 0 { &[] } else { &[0, 9] };
    let length = (2 + topic.len() + id.len() + message.len()) as u8;
    let head = [0x30 | quality << 1, length, 0, topic.len() as u8];
    [&head[..], topic, id, message.as_bytes()].concat()
}

/// A client that is in, with a last will to this topic if there is one.
async fn client(address: std::net::SocketAddr, name: &str, will: Option<&[u8]>) -> TcpStream {
    let will: Vec<u8> = will.map_or(Vec::new(), |topic| {
        [&[0, topic.len() as u8][..], topic, b"\x00\x03bye"].concat()
    });
    let flags = if will.is_empty() { 0x02 } else { 0x06 };
    let length = (12 + name.len() + will.len()) as u8;
    let head = [
        &[0x10, length, 0, 4][..],
        b"MQTT",
        &[4, flags, 0, 60, 0, name.len() as u8],
    ]
    .concat();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(&[&head[..], name.as_bytes(), &will].concat())
        .await
        .unwrap();
    assert_eq!(packet(&mut stream).await.0, 0x20);
    stream
}

trial!(async topics_in_any_writing_reach_who_subscribed_to_them);
/// rumqttd ends its process at a topic that begins with a character of several bytes, and drills with it.
async fn topics_in_any_writing_reach_who_subscribed_to_them() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(500, Span::from_secs(1))).await;
    let crashed = tokio::spawn(site.crashed());
    let address = site.address();
    for (n, filter) in ["ünï/code", "日本/#", "+/code", "#", "ünï/+"].iter().enumerate() {
        let mut hears = client(address, &format!("hears-{n}"), None).await;
        hears.write_all(&subscription(filter)).await.unwrap();
        assert_eq!(packet(&mut hears).await.0, 0x90, "{filter}");
        let topic: &str = if filter.starts_with('日') {
            "日本/x"
        } else {
            "ünï/code"
        };
        let begins = [&[0, topic.len() as u8][..], topic.as_bytes()].concat();
        // By a client, by a last will, and over HTTP.
        let mut says = client(address, "says", None).await;
        says.write_all(&publication(topic.as_bytes(), 0, "hello"))
            .await
            .unwrap();
        let hello = packet(&mut hears).await.1;
        assert!(
            hello.starts_with(&begins) && hello.ends_with(b"hello"),
            "{filter}"
        );
        drop(client(address, "goes", Some(topic.as_bytes())).await);
        let will = packet(&mut hears).await.1;
        assert!(will.starts_with(&begins) && will.ends_with(b"bye"), "{filter}");
        site.publish(topic, b"hi").await.unwrap();
        let hi = packet(&mut hears).await.1;
        assert!(hi.starts_with(&begins) && hi.ends_with(b"hi"), "{filter}");
    }
    assert!(site.answers(SOON).await && !crashed.is_finished());
    site.stop().await.unwrap();
}

trial!(async what_aws_takes_for_no_topic_ends_its_connection_only);
async fn what_aws_takes_for_no_topic_ends_its_connection_only() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(500, Span::from_secs(1))).await;
    let crashed = tokio::spawn(site.crashed());
    let topics: [&[u8]; 7] = [
        b"",
        b"a/+",
        b"#",
        b"a\0b",
        b"\xff\xfe",
        b"a/b/c/d/e/f/g/h/i",
        b"$aws/things/x",
    ];
    for topic in topics {
        let mut stream = client(site.address(), "says", None).await;
        stream.write_all(&publication(topic, 0, "x")).await.unwrap();
        assert_eq!(rest(&mut stream).await.0, b"", "{topic:?}");
    }
    let mut stream = client(site.address(), "says", None).await;
    // Exactly once is not among AWS's qualities of service.
    stream.write_all(&publication(b"a", 2, "x")).await.unwrap();
    assert_eq!(rest(&mut stream).await.0, b"");
    for filter in ["", "a#", "a/+b", "$share/group/a"] {
        let mut stream = client(site.address(), "hears", None).await;
        stream.write_all(&subscription(filter)).await.unwrap();
        assert_eq!(rest(&mut stream).await.0, b"", "{filter}");
    }
    assert!(site.answers(SOON).await && !crashed.is_finished());
    site.stop().await.unwrap();
}

fn subscription(topic: &str) -> Vec<u8> {
    let length = topic.len() as u8;
    [&[0x82, 5 + length, 0, 1, 0, length][..], topic.as_bytes(), &[1]].concat()
}

/// The next packet: its first byte and what follows its length.
async fn packet(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let reading = async {
        let first = stream.read_u8().await.unwrap();
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = stream.read_u8().await.unwrap();
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        (first, body)
    };
    wall::timeout(SOON, reading).await.expect("a packet comes")
}

trial!(async a_program_is_announced_to_all_devices);
async fn a_program_is_announced_to_all_devices() {
    const DEVICES: u32 = 2000;
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let config = BrokerConfig {
        max_connections: DEVICES + 10,
        ..bench.config(500, Span::from_secs(1))
    };
    let site = bench.start(&config).await;
    let mut devices = Vec::new();
    for device in 0..DEVICES {
        let mut stream = connect(site.address(), device).await.unwrap();
        for topic in [format!("cmd/{device}/program"), "cmd/all/program".to_owned()] {
            stream.write_all(&subscription(&topic)).await.unwrap();
            assert_eq!(packet(&mut stream).await.0, 0x90);
        }
        devices.push(stream);
    }
    let began = wall::mono();
    let program = "(blink 3)".repeat(500);
    site.publish("cmd/all/program", program.as_bytes()).await.unwrap();
    for stream in &mut devices {
        let (_, body) = packet(stream).await;
        assert!(body.ends_with(program.as_bytes()) && body[2..].starts_with(b"cmd/all/program"));
    }
    let all = wall::mono().since(began);
    for device in 0..DEVICES {
        site.publish(&format!("cmd/{device}/program"), device.to_string().as_bytes())
            .await
            .unwrap();
    }
    for (device, stream) in devices.iter_mut().enumerate() {
        let (_, body) = packet(stream).await;
        assert!(body.ends_with(device.to_string().as_bytes()), "{device}");
    }
    let each = wall::mono().since(began) - all;
    let resident = resident_kib(site.pid().unwrap());
    eprintln!(
        "announced to {DEVICES} devices in {all:?}, to one after the other in {each:?}; {resident} KiB"
    );
    assert!(resident < 300 * 1024, "{resident} KiB");
    assert_eq!(site.counts().cut_off, 0);
    site.stop().await.unwrap();
}

trial!(async a_message_without_a_subscriber_is_acknowledged);
async fn a_message_without_a_subscriber_is_acknowledged() {
    let bench = Bench::new(1.0).await;
    bench.clock.start();
    let site = bench.start(&bench.config(500, Span::from_secs(1))).await;
    site.publish("no/subscriber", b"x").await.unwrap();
    site.publish("no/subscriber", &vec![b'x'; 128 * 1024])
        .await
        .unwrap();
    let mut device = connect(site.address(), 1).await.unwrap();
    for _ in 0..1000 {
        device.write_all(b"\x32\x0a\x00\x04none\x00\x01hi").await.unwrap();
        assert_eq!(
            packet(&mut device).await,
            (0x40, vec![0, 1]),
            "it is acknowledged all the same"
        );
    }
    assert!(ping(&mut device).await);
    site.stop().await.unwrap();
    assert!(site.publish("no/subscriber", b"x").await.is_err());
}
