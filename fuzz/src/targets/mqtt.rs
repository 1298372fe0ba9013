//! What MQTT clients send.
//!
//! What the edge passes on is what AWS IoT takes, is what another decoder reads in the same bytes, is nothing that the
//! router ends at, and what comes back to the client is MQTT.

use bytes::{Bytes, BytesMut};
use cloud_emulator::iot::fuzzing::{Broker, Client, Listened, from_router, listen, protocol, written};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use rumqttc::mqttbytes::{self, v4};

use crate::Target;
use crate::mutate::{changed, changes, noise};

/// The target.
pub const TARGET: Target = Target {
    name: "mqtt",
    weight: 45,
    check,
    inputs,
};

/// AWS IoT Core's quotas: bytes of a topic, its slashes, filters in a SUBSCRIBE, bytes of a payload, of a client id.
const TOPIC: usize = 256;
const SLASHES: usize = 7;
const FILTERS: usize = 8;
const PAYLOAD: usize = 128 << 10;
const CLIENT_ID: usize = 128;

/// The largest packet that another decoder is to take: more than any here.
const LARGEST_PACKET: usize = 1 << 20;

fn topic() -> BoxedStrategy<String> {
    let usual = || {
        select(vec![
            "dt",
            "devices",
            "7",
            "t",
            "telemetry",
            "a",
            "b",
            "ünï",
            "日本",
            "é",
        ])
        .prop_map(str::to_owned)
    };
    let odd = prop_oneof![
        3 => usual(),
        2 => select(vec!["+", "#", "", "$aws", "\u{1}", "\u{1}é", "\u{feff}", "$share", "a+", "\u{10ffff}", " "])
            .prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    prop_oneof![
        20 => vec(usual(), 1..5).prop_map(|levels| levels.join("/")),
        3 => vec(odd, 1..10).prop_map(|levels| levels.join("/")),
        1 => (200usize..300).prop_map(|length| "x".repeat(length)),
    ]
    .boxed()
}

/// What is subscribed to.
fn filter() -> BoxedStrategy<String> {
    prop_oneof![
        5 => topic(),
        3 => select(vec!["#", "+", "dt/+/t", "a/#", "+/+", "dt/7/t", "日本/+", "é/#", "\u{1}/+"]).prop_map(str::to_owned),
    ]
    .boxed()
}

fn qos() -> BoxedStrategy<rumqttc::QoS> {
    use rumqttc::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
    prop_oneof![20 => Just(AtMostOnce), 20 => Just(AtLeastOnce), 1 => Just(ExactlyOnce)].boxed()
}

fn bytes_of<E: std::fmt::Debug>(write: impl FnOnce(&mut BytesMut) -> Result<usize, E>) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    // What this encoder does not write is not said.
    match write(&mut bytes) {
        Ok(_) => bytes.to_vec(),
        Err(_) => Vec::new(),
    }
}

fn connect() -> BoxedStrategy<Vec<u8>> {
    let id = prop_oneof![6 => "[a-z]{1,8}", 1 => "\\PC{0,6}", 1 => select(vec!["", "a/b", "$x", "+"]).prop_map(str::to_owned),
        1 => (120usize..140).prop_map(|length| "i".repeat(length))];
    let will = proptest::option::weighted(0.3, (topic(), vec(any::<u8>(), 0..20), qos(), any::<bool>()));
    let login = proptest::option::weighted(0.2, ("\\PC{0,9}", "\\PC{0,9}"));
    (id, any::<bool>(), any::<u16>(), will, login)
        .prop_map(|(id, clean, keep_alive, will, login)| {
            let mut connect = v4::Connect::new(id);
            connect.clean_session = clean;
            connect.keep_alive = keep_alive;
            connect.last_will =
                will.map(|(topic, message, qos, retain)| v4::LastWill::new(topic, message, qos, retain));
            if let Some((name, password)) = login {
                connect.set_login(name, password);
            }
            bytes_of(|bytes| connect.write(bytes))
        })
        .boxed()
}

fn publish() -> BoxedStrategy<Vec<u8>> {
    let payload = prop_oneof![
        200 => vec(any::<u8>(), 0..40),
        20 => (0usize..9000).prop_map(|length| vec![b'p'; length]),
        1 => (PAYLOAD - 40..PAYLOAD + 5000).prop_map(|length| vec![b'p'; length]),
    ];
    (
        topic(),
        qos(),
        payload,
        any::<[bool; 2]>(),
        prop_oneof![1u16..5, any::<u16>()],
    )
        .prop_map(|(topic, qos, payload, [retain, dup], id)| {
            let mut publish = v4::Publish::new(topic, qos, payload);
            publish.retain = retain;
            publish.dup = dup;
            publish.pkid = id;
            // This encoder refuses an id of 0; a mutation may still make one.
            bytes_of(|bytes| publish.write(bytes))
        })
        .boxed()
}

fn packet() -> BoxedStrategy<Vec<u8>> {
    let subscribe = (
        prop_oneof![9 => vec((filter(), qos()), 1..4), 1 => vec((filter(), qos()), 1..11)],
        any::<u16>(),
    )
        .prop_map(|(filters, id)| {
            let filters = filters
                .into_iter()
                .map(|(path, qos)| v4::SubscribeFilter::new(path, qos));
            let mut subscribe = v4::Subscribe::new_many(filters);
            subscribe.pkid = id;
            bytes_of(|bytes| subscribe.write(bytes))
        });
    let unsubscribe = (vec(filter(), 0..5), any::<u16>()).prop_map(|(topics, id)| {
        let mut unsubscribe = v4::Unsubscribe::new("x");
        unsubscribe.topics = topics;
        unsubscribe.pkid = id;
        bytes_of(|bytes| unsubscribe.write(bytes))
    });
    prop_oneof![
        12 => publish(),
        8 => subscribe,
        3 => unsubscribe,
        3 => select(vec![1u16, 1, 1, 2, 2, 3, 4, 9]).prop_map(|id| bytes_of(|bytes| v4::PubAck::new(id).write(bytes))),
        4 => Just(vec![0xc0, 0]),
        1 => Just(vec![0xe0, 0]),
        1 => connect(),
        1 => (0u16..9).prop_map(|id| bytes_of(|bytes| v4::PubRel::new(id).write(bytes))),
        1 => (0u16..9).prop_map(|id| bytes_of(|bytes| v4::PubRec::new(id).write(bytes))),
    ]
    .boxed()
}

fn inputs() -> BoxedStrategy<Vec<u8>> {
    let said = (connect(), vec(packet(), 0..8)).prop_map(|(connect, packets)| (connect, packets.concat()));
    prop_oneof![
        // Most changes behind the CONNECT, which otherwise would keep all else out.
        10 => (said.clone(), changes()).prop_map(|((connect, packets), changes)| {
            [connect, changed(packets, &changes, &[])].concat()
        }),
        5 => (said, changes()).prop_map(|((connect, packets), changes)| {
            changed([connect, packets].concat(), &changes, &[])
        }),
        1 => noise(),
    ]
    .boxed()
}

fn check(bytes: &[u8]) -> &'static str {
    let client = match listen(bytes) {
        Listened::Refused(why) => {
            return match why {
                "incomplete" => "CONNECT is incomplete",
                "malformed" => "CONNECT is malformed",
                "answered" => "CONNECT is answered with no",
                _ => "CONNECT is unreadable behind the client id",
            };
        }
        Listened::In(client) => *client,
    };
    assert!(
        client.id.len() <= CLIENT_ID,
        "a client id of {} bytes",
        client.id.len()
    );
    if let Some(will) = &client.will {
        is_topic(&will.topic, false);
    }
    for packet in &client.packets {
        is_taken_by_aws(packet);
    }
    is_what_others_read(bytes, &client);
    let kind = match (client.packets.is_empty(), client.end) {
        (true, "broken") => "let in, and hung up on at once",
        (true, _) => "let in, says nothing",
        (false, "broken") => "let in, hung up on after some packets",
        (false, _) => "let in, all packets passed on",
    };
    route(client);
    kind
}

/// The router lives on, and what it answers is MQTT: each SUBSCRIBE is, and nothing has a topic that none can have.
fn route(client: Client) {
    let is_subscribe = |packet: &&protocol::Packet| matches!(packet, protocol::Packet::Subscribe(..));
    let asked = client.packets.iter().filter(is_subscribe).count();
    let acknowledges = client
        .packets
        .iter()
        .any(|packet| matches!(packet, protocol::Packet::PubAck(..)));
    // Each client has a router of its own, so that a case depends on nothing before it.
    let mut broker = Broker::start().expect("a router starts");
    let answers = broker.serve(client);
    broker.end();
    let answers = answers.unwrap_or_else(|why| panic!("{why}"));
    let mut answered = 0;
    for bytes in answers {
        let mut stream = BytesMut::from(&*bytes);
        let read = v4::Packet::read(&mut stream, LARGEST_PACKET);
        match read
            .unwrap_or_else(|error| panic!("an answer that is no MQTT: {error} in {}", bytes.escape_ascii()))
        {
            v4::Packet::Publish(publish) => {
                assert!(
                    !publish.topic.is_empty() && !publish.topic.contains(['+', '#', '\0']),
                    "{:?}",
                    publish.topic
                );
            }
            v4::Packet::SubAck(_) => answered += 1,
            _ => {}
        }
        assert!(stream.is_empty(), "one packet at a time");
    }
    // What is said behind a wrong acknowledgement is not heard.
    assert!(
        answered == asked || acknowledges,
        "{answered} of {asked} SUBSCRIBE are answered"
    );
}

/// A topic or a filter, as the router gets it.
fn is_topic(topic: &[u8], marked: bool) {
    let first = topic.first().expect("a topic is not empty");
    assert!(
        !marked || first.is_ascii(),
        "{} reaches the router unmarked",
        topic.escape_ascii()
    );
    let said = if marked {
        from_router(Bytes::copy_from_slice(topic))
    } else {
        Bytes::copy_from_slice(topic)
    };
    let text = std::str::from_utf8(&said).expect("a topic is UTF-8");
    assert!(
        (1..=TOPIC).contains(&text.len()),
        "a topic of {} bytes",
        text.len()
    );
    assert!(
        text.matches('/').count() <= SLASHES,
        "{text:?} has too many levels"
    );
    assert!(!text.contains('\0'), "{text:?}");
}

fn is_taken_by_aws(packet: &protocol::Packet) {
    match packet {
        protocol::Packet::Publish(publish, properties) => {
            is_topic(&publish.topic, true);
            let topic = String::from_utf8_lossy(&publish.topic);
            assert!(
                !topic.contains(['+', '#']) && !topic.starts_with('$'),
                "{topic:?} is published to"
            );
            assert!(
                publish.payload.len() <= PAYLOAD,
                "a payload of {} bytes",
                publish.payload.len()
            );
            assert!(properties.is_none(), "properties of MQTT 5");
            assert_ne!(qos_of(packet), 2, "a message that is to arrive exactly once");
        }
        protocol::Packet::Subscribe(subscribe, _) => {
            assert!(
                (1..=FILTERS).contains(&subscribe.filters.len()),
                "{} filters",
                subscribe.filters.len()
            );
            for filter in &subscribe.filters {
                is_topic(filter.path.as_bytes(), true);
                assert!(is_filter(&filter.path), "{:?} is subscribed to", filter.path);
                assert_ne!(filter.qos, protocol::QoS::ExactlyOnce);
            }
        }
        protocol::Packet::Unsubscribe(unsubscribe, _) => {
            for filter in &unsubscribe.filters {
                is_topic(filter.as_bytes(), true);
            }
        }
        protocol::Packet::PubAck(..) | protocol::Packet::PingReq(_) => {}
        other => panic!("{other:?} is nothing that a client says"),
    }
}

/// The quality of service of a message, from its own bytes: its field is not public.
fn qos_of(packet: &protocol::Packet) -> u8 {
    written(packet.clone()).map_or(0, |bytes| bytes[0] >> 1 & 3)
}

/// MQTT 3.1.1, 4.7.1: `#` is the last level, and wildcards are levels of their own.
fn is_filter(filter: &str) -> bool {
    let levels: Vec<&str> = filter.split('/').collect();
    let (last, before) = levels.split_last().expect("there is one level at least");
    let plain = |level: &&str| **level == *"+" || !level.contains(['+', '#']);
    before.iter().all(plain) && (*last == "#" || plain(last)) && !filter.starts_with('$')
}

/// The decoder of another library reads the same messages in the same order.
fn is_what_others_read(bytes: &[u8], client: &Client) {
    let mut stream = BytesMut::from(bytes);
    let Ok(v4::Packet::Connect(connect)) = v4::Packet::read(&mut stream, LARGEST_PACKET) else {
        // It is stricter with some that the edge lets in.
        return;
    };
    assert_eq!(connect.client_id, client.id);
    assert_eq!(connect.clean_session, client.clean_session);
    for ours in &client.packets {
        let theirs = match v4::Packet::read(&mut stream, LARGEST_PACKET) {
            Ok(theirs) => theirs,
            Err(mqttbytes::Error::InsufficientBytes(_)) => panic!("{ours:?} is not there"),
            Err(_) => return,
        };
        match (ours, theirs) {
            (protocol::Packet::Publish(ours, _), v4::Packet::Publish(theirs)) => {
                assert_eq!(from_router(ours.topic.clone()), theirs.topic.as_bytes());
                assert_eq!(ours.payload, theirs.payload);
            }
            (protocol::Packet::Subscribe(ours, _), v4::Packet::Subscribe(theirs)) => {
                assert_eq!(ours.pkid, theirs.pkid);
                let ours = ours
                    .filters
                    .iter()
                    .map(|filter| from_router(filter.path.clone().into()));
                assert!(
                    ours.eq(theirs.filters.iter().map(|filter| filter.path.as_bytes())),
                    "{theirs:?}"
                );
            }
            (protocol::Packet::Unsubscribe(ours, _), v4::Packet::Unsubscribe(theirs)) => {
                let ours = ours
                    .filters
                    .iter()
                    .map(|filter| from_router(filter.clone().into()));
                assert!(
                    ours.eq(theirs.topics.iter().map(|topic| topic.as_bytes())),
                    "{theirs:?}"
                );
            }
            (protocol::Packet::PubAck(ours, _), v4::Packet::PubAck(theirs)) => {
                assert_eq!(ours.pkid, theirs.pkid)
            }
            (protocol::Packet::PingReq(_), v4::Packet::PingReq) => {}
            (ours, theirs) => panic!("{ours:?} is {theirs:?} for another decoder"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objection;

    #[test]
    fn invalid_packets_that_passed_are_detected() {
        let wrong: [(&[u8], bool, &str); 6] = [
            (&b"a/b\0c"[..], false, "\\0"),
            (b"\xff", false, "UTF-8"),
            (b"", false, "not empty"),
            (b"1/2/3/4/5/6/7/8/9", false, "too many levels"),
            (&[b'n'; 257], false, "257 bytes"),
            ("日本".as_bytes(), true, "unmarked"),
        ];
        for (topic, marked, word) in wrong {
            let said = objection(|| is_topic(topic, marked));
            assert!(said.contains(word), "{topic:?}: {said}");
        }
        let subscribed = |path: &str, qos, filters: usize| {
            let filter = protocol::Filter {
                path: path.to_owned(),
                qos,
                nolocal: false,
                preserve_retain: false,
                retain_forward_rule: protocol::RetainForwardRule::Never,
            };
            let subscribe = protocol::Subscribe {
                pkid: 1,
                filters: vec![filter; filters],
            };
            protocol::Packet::Subscribe(subscribe, None)
        };
        is_taken_by_aws(&subscribed("a/+/#", protocol::QoS::AtLeastOnce, 8));
        for (path, qos, filters) in [
            ("a/#/b", protocol::QoS::AtMostOnce, 1),
            ("$SYS/#", protocol::QoS::AtMostOnce, 1),
            ("a", protocol::QoS::ExactlyOnce, 1),
            ("a", protocol::QoS::AtMostOnce, 9),
        ] {
            let packet = subscribed(path, qos, filters);
            objection(|| is_taken_by_aws(&packet));
        }
    }
}
