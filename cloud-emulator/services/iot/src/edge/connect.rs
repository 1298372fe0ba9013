//! The first packet of a client. Reading is pure.
//!
//! ```text
//!   10 | length | "MQTT" | level | flags | keep-alive | (5: properties) | client id | will, name, password
//!   └ what it must be     └ 4 is spoken                └ skipped          └ who      └ read when it may come in
//! ```

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use rumqttd::protocol::v4::V4;
use rumqttd::protocol::{self, LastWill, Packet, Protocol};
use runtime::wall;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::config::MAX_PACKET;
use crate::topic;

/// The longest client id in bytes, as AWS IoT Core has it.
const CLIENT_ID_BYTES: usize = 128;

/// Bytes that are read at first; most packets are shorter.
const USUAL: usize = 128;

/// A CONNECT that has come whole, with what came behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connect {
    bytes: Vec<u8>,
    keep_alive_at: usize,
    /// 4 is MQTT 3.1.1, 5 is MQTT 5.
    pub(super) level: u8,
    /// Whom it says to be; it may be empty.
    pub(crate) client_id: String,
}

/// What a CONNECT asks for.
#[derive(Debug)]
pub(crate) struct ConnectRequest {
    /// Whether nothing is to be kept of the session.
    pub(crate) clean_session: bool,
    /// What is to be published if the client goes without a goodbye.
    pub(crate) will: Option<LastWill>,
    /// What came behind the CONNECT.
    pub(crate) behind: BytesMut,
}

/// Why a client is sent away at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// It does not begin with a CONNECT.
    NoConnect,
    /// Its lengths contradict each other, or are more than is allowed.
    Lengths,
    /// Text that is none.
    Text,
}

/// What a CONNECT is answered with that is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum No {
    /// A version of MQTT that is not spoken here.
    Version,
    /// A client id that cannot be.
    Identifier,
    /// The service is not available.
    Unavailable,
}

impl Connect {
    /// Reads one from a client that sends it within `limit` of wall time; `None` otherwise, and if it is
    /// malformed.
    pub(super) async fn read(client: &mut TcpStream, limit: Duration) -> io::Result<Option<Connect>> {
        let reading = async {
            let mut bytes = Vec::with_capacity(USUAL);
            loop {
                match Connect::parse(&bytes) {
                    Ok(Some(connect)) => return Ok(Some(connect)),
                    Ok(None) if bytes.len() < MAX_PACKET => {}
                    Ok(None) | Err(_) => return Ok(None),
                }
                if client.read_buf(&mut bytes).await? == 0 {
                    return Ok(None);
                }
            }
        };
        wall::timeout(limit, reading).await.unwrap_or(Ok(None))
    }

    /// A CONNECT at the beginning of `bytes`, or `None` if it is not whole yet.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Connect>, Malformed> {
        match bytes.first() {
            None => return Ok(None),
            Some(0x10) => {}
            Some(_) => return Err(Malformed::NoConnect),
        }
        let mut rest = &bytes[1..];
        let Some(length) = variable_length(&mut rest)? else {
            return Ok(None);
        };
        if length > MAX_PACKET {
            return Err(Malformed::Lengths);
        }
        let Some(mut packet) = rest.get(..length) else {
            return Ok(None);
        };
        let name = take_text(&mut packet)?;
        if name != b"MQTT" && name != b"MQIsdp" {
            return Err(Malformed::NoConnect);
        }
        let level = split_off(&mut packet, 1)?[0];
        split_off(&mut packet, 1)?;
        let keep_alive_at = bytes.len() - rest.len() + length - packet.len();
        split_off(&mut packet, 2)?;
        if level == 5 {
            let properties = variable_length(&mut packet)?.ok_or(Malformed::Lengths)?;
            split_off(&mut packet, properties)?;
        }
        let client_id = std::str::from_utf8(take_text(&mut packet)?).map_err(|_| Malformed::Text)?;
        Ok(Some(Connect {
            keep_alive_at,
            level,
            client_id: client_id.to_owned(),
            bytes: bytes.to_vec(),
        }))
    }

    /// What it is answered, if it is not to be passed on.
    pub(crate) fn refusal(&self) -> Option<No> {
        let id = &self.client_id;
        if self.level != 4 {
            return Some(No::Version);
        }
        // rumqttd takes none with these characters, and breaks down when such a client comes back.
        let usual = id.len() <= CLIENT_ID_BYTES && !id.contains(['+', '$', '#', '/', '\0']);
        (!usual).then_some(No::Identifier)
    }

    /// The CONNACK that says no, as this client's version has it.
    pub(super) fn answer(&self, no: No) -> &'static [u8] {
        match (self.level, no) {
            (5, No::Version) => &[0x20, 3, 0, 0x84, 0],
            (5, No::Identifier) => &[0x20, 3, 0, 0x85, 0],
            (5, No::Unavailable) => &[0x20, 3, 0, 0x88, 0],
            (_, No::Version) => &[0x20, 2, 0, 1],
            (_, No::Identifier) => &[0x20, 2, 0, 2],
            (_, No::Unavailable) => &[0x20, 2, 0, 3],
        }
    }

    /// The keep-alive in seconds.
    pub(super) fn keep_alive(&self) -> u16 {
        u16::from_be_bytes([self.bytes[self.keep_alive_at], self.bytes[self.keep_alive_at + 1]])
    }

    /// What it asks for.
    ///
    /// # Errors
    /// It is malformed in what was not looked at before.
    pub(crate) fn read_whole(self) -> Result<ConnectRequest, protocol::Error> {
        let mut behind = BytesMut::from(self.bytes.as_slice());
        match V4.read_mut(&mut behind, MAX_PACKET)? {
            Packet::Connect(_, _, Some(will), _, _) if topic::check_name(&will.topic).is_err() => {
                Err(protocol::Error::TopicNotUtf8)
            }
            Packet::Connect(connect, _, will, _, _) => Ok(ConnectRequest {
                clean_session: connect.clean_session,
                will,
                behind,
            }),
            _ => Err(protocol::Error::InvalidProtocol),
        }
    }
}

fn split_off<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(Malformed::Lengths)?;
    *bytes = rest;
    Ok(taken)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let length = split_off(bytes, 2)?;
    split_off(bytes, usize::from(u16::from_be_bytes([length[0], length[1]])))
}

/// MQTT's variable byte integer of at most four bytes; `None` if it goes on.
fn variable_length(bytes: &mut &[u8]) -> Result<Option<usize>, Malformed> {
    let mut value = 0;
    for shift in [0, 7, 14, 21] {
        let Some((byte, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        *bytes = rest;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(Some(value));
        }
    }
    Err(Malformed::Lengths)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V4: &[u8] = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05hello";
    const V5: &[u8] = b"\x10\x17\x00\x04MQTT\x05\x02\x00\x3c\x05\x11\x00\x00\x00\x0a\x00\x05hello";

    #[test]
    fn a_client_says_who_it_is() {
        for (bytes, level) in [(V4, 4), (V5, 5)] {
            for short in 0..bytes.len() {
                assert_eq!(Connect::parse(&bytes[..short]), Ok(None), "{level} {short}");
            }
            let connect = Connect::parse(&[bytes, b"\x30\x02"].concat()).unwrap().unwrap();
            assert_eq!((connect.level, connect.client_id.as_str()), (level, "hello"));
            assert_eq!(connect.keep_alive(), 60);
            if level == 4 {
                let asked = connect.read_whole().unwrap();
                assert_eq!((asked.clean_session, asked.will), (true, None));
                assert_eq!(&asked.behind[..], b"\x30\x02", "what follows is kept");
            }
        }
    }

    #[test]
    fn a_last_will_is_read() {
        let bytes = b"\x10\x16\x00\x04MQTT\x04\x04\x00\x3c\x00\x02id\x00\x01t\x00\x03bye";
        let asked = Connect::parse(bytes).unwrap().unwrap().read_whole().unwrap();
        let will = asked.will.unwrap();
        assert_eq!(
            (&will.topic[..], &will.message[..], asked.clean_session),
            (&b"t"[..], &b"bye"[..], false)
        );
        let cut = b"\x10\x11\x00\x04MQTT\x04\x04\x00\x3c\x00\x02id\x00\x01t";
        assert!(
            Connect::parse(cut).unwrap().unwrap().read_whole().is_err(),
            "a will without a message"
        );
    }

    #[test]
    fn who_cannot_be_passed_on_is_told() {
        let with = |level: u8, id: &str| Connect {
            bytes: Vec::new(),
            keep_alive_at: 0,
            level,
            client_id: id.to_owned(),
        };
        assert_eq!(with(4, "device-1").refusal(), None);
        assert_eq!(with(4, "").refusal(), None);
        assert_eq!(with(5, "device-1").refusal(), Some(No::Version));
        assert_eq!(with(3, "device-1").refusal(), Some(No::Version));
        for id in ["a/b", "+", "#", "$x", "\0", &"x".repeat(129)] {
            assert_eq!(with(4, id).refusal(), Some(No::Identifier), "{id}");
        }
        assert_eq!(with(4, "").answer(No::Unavailable), [0x20, 2, 0, 3]);
        assert_eq!(with(5, "").answer(No::Unavailable), [0x20, 3, 0, 0x88, 0]);
    }

    #[test]
    fn what_is_no_connect_is_seen_as_soon_as_can_be() {
        let malformed = |bytes: &[u8]| Connect::parse(bytes).unwrap_err();
        assert_eq!(malformed(b"GET / HTTP/1.1"), Malformed::NoConnect);
        assert_eq!(malformed(b"\x30"), Malformed::NoConnect);
        assert_eq!(malformed(b"\x10\xff\xff\xff\xff"), Malformed::Lengths);
        assert_eq!(malformed(b"\x10\xff\xff\xff\x7f"), Malformed::Lengths);
        assert_eq!(malformed(b"\x10\x00"), Malformed::Lengths);
        assert_eq!(malformed(b"\x10\x06\x00\x04HTTP"), Malformed::NoConnect);
        assert_eq!(
            malformed(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x05hello"),
            Malformed::Lengths
        );
        assert_eq!(
            malformed(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01\xff"),
            Malformed::Text
        );
    }

    #[tokio::test]
    async fn who_is_slow_or_leaves_is_not_waited_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut edge, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut client, &V4[..9])
            .await
            .unwrap();
        let brief = Duration::from_millis(20);
        assert_eq!(Connect::read(&mut edge, brief).await.unwrap(), None);
        tokio::io::AsyncWriteExt::write_all(&mut client, V4)
            .await
            .unwrap();
        drop(client);
        let long = Duration::from_secs(60);
        assert!(Connect::read(&mut edge, long).await.unwrap().is_some());
        assert_eq!(Connect::read(&mut edge, long).await.unwrap(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_much(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..30) {
            let _ = Connect::parse(&bytes);
            let mut packet = V5.to_vec();
            packet.splice(cut.min(V5.len())..cut.min(V5.len()), bytes);
            if let Ok(Some(connect)) = Connect::parse(&packet) {
                let _ = connect.read_whole();
            }
        }
    }
}
