//! One MQTT connection on any byte stream, with rumqttc's packet codec: no task and no timers of its own,
//! and no buffers while nothing is on its way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use rumqttc::mqttbytes::v4::{self, ConnectReturnCode};
use rumqttc::mqttbytes::{Error, QoS};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The largest packet that a broker sends to a device; a larger one ends the connection. AWS IoT Core
/// takes payloads of up to 128 KiB; the rest is for the topic.
const MAX_PACKET: usize = 132 * 1024;
/// Acknowledgements have 4 bytes: one read takes dozens of them.
const READ_SIZE: usize = 256;

/// What the broker received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// The session stands.
    Connected,
    /// It has the publish with this packet id.
    PubAck(u16),
    /// It is there.
    PingResp,
    /// It took the subscription, or would not have it.
    SubAck,
    /// It has a message for the client.
    Message {
        topic: String,
        /// To be acknowledged, unless it is 0: then it came at QoS 0.
        packet_id: u16,
        payload: Bytes,
    },
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The stream ended or failed.
    #[error("the connection ended: {0}")]
    Io(#[from] io::Error),
    /// The broker refused the session.
    #[error("the broker refused the session: {0:?}")]
    Refused(ConnectReturnCode),
    /// The broker received what is no MQTT, or nothing that a device expects.
    #[error("the broker broke the protocol: {0}")]
    Protocol(String),
}

/// An MQTT connection.
pub(crate) struct Connection<S> {
    stream: S,
    incoming: BytesMut,
    outgoing: BytesMut,
    /// Written but not flushed.
    unflushed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Begins a session: CONNECT goes out with the first poll.
    pub(crate) fn begin(stream: S, client_id: String) -> Connection<S> {
        let mut connection = Connection {
            stream,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            unflushed: false,
        };
        let mut connect = v4::Connect::new(client_id);
        // Brokers count in wall time; what the device itself does about keep-alive goes by drill time.
        connect.keep_alive = u16::MAX;
        connection.send(&v4::Packet::Connect(connect));
        connection
    }

    /// Puts a publish at QoS 1 behind what is to be written.
    pub(crate) fn publish(&mut self, topic: String, packet_id: u16, duplicate: bool, payload: Vec<u8>) {
        let mut publish = v4::Publish::new(topic, QoS::AtLeastOnce, payload);
        publish.pkid = packet_id;
        publish.dup = duplicate;
        self.send(&v4::Packet::Publish(publish));
    }

    /// Puts a SUBSCRIBE at QoS 1 behind what is to be written.
    pub(crate) fn subscribe(&mut self, topic: &str, packet_id: u16) {
        let mut subscribe = v4::Subscribe::new(topic, QoS::AtLeastOnce);
        subscribe.pkid = packet_id;
        self.send(&v4::Packet::Subscribe(subscribe));
    }

    /// Puts the acknowledgement of a message behind what is to be written.
    pub(crate) fn acknowledge(&mut self, packet_id: u16) {
        self.send(&v4::Packet::PubAck(v4::PubAck::new(packet_id)));
    }

    /// Puts a PINGREQ behind what is to be written.
    pub(crate) fn ping(&mut self) {
        self.send(&v4::Packet::PingReq);
    }

    /// Puts a DISCONNECT behind what is to be written.
    pub(crate) fn disconnect(&mut self) {
        self.send(&v4::Packet::Disconnect);
    }

    fn send(&mut self, packet: &v4::Packet) {
        packet
            .write(&mut self.outgoing, usize::MAX)
            .expect("our own packets are far below MQTT's limit of 256 MiB");
    }

    /// The next packet of the broker. What is to be written is written meanwhile, once everything
    /// that has been read was taken.
    pub(crate) fn poll_received(&mut self, cx: &mut Context<'_>) -> Poll<Result<Received, ConnectionError>> {
        loop {
            if let Some(received) = self.parse()? {
                return Poll::Ready(Ok(received));
            }
            if let Poll::Ready(Err(error)) = self.poll_written(cx) {
                return Poll::Ready(Err(error.into()));
            }
            let mut chunk = [0; READ_SIZE];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()));
            }
            self.incoming.extend_from_slice(chunk.filled());
        }
    }

    /// Ready when everything is written and flushed.
    pub(crate) fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outgoing))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(written);
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
            self.outgoing = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    /// The next whole packet of what was read.
    fn parse(&mut self) -> Result<Option<Received>, ConnectionError> {
        if self.incoming.is_empty() {
            return Ok(None);
        }
        let packet = match v4::Packet::read(&mut self.incoming, MAX_PACKET) {
            Ok(packet) => packet,
            Err(Error::InsufficientBytes(_)) => return Ok(None),
            Err(error) => return Err(ConnectionError::Protocol(error.to_string())),
        };
        if self.incoming.is_empty() {
            self.incoming = BytesMut::new();
        }
        match packet {
            v4::Packet::ConnAck(ack) if ack.code == ConnectReturnCode::Success => {
                Ok(Some(Received::Connected))
            }
            v4::Packet::ConnAck(ack) => Err(ConnectionError::Refused(ack.code)),
            v4::Packet::PubAck(ack) => Ok(Some(Received::PubAck(ack.pkid))),
            v4::Packet::PingResp => Ok(Some(Received::PingResp)),
            v4::Packet::SubAck(ack) => {
                tracing::trace!(?ack, "subscribed");
                Ok(Some(Received::SubAck))
            }
            // Nothing here subscribes at QoS 2.
            v4::Packet::Publish(publish) if publish.qos != QoS::ExactlyOnce => Ok(Some(Received::Message {
                topic: publish.topic,
                packet_id: publish.pkid,
                payload: publish.payload,
            })),
            other => Err(ConnectionError::Protocol(format!("unexpected {other:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().unwrap()
    }

    #[tokio::test]
    async fn a_session_on_the_wire() {
        // A pipe of 16 bytes: every packet is written in pieces.
        let (ours, mut theirs) = duplex(16);
        let mut connection = Connection::begin(ours, "device-000001".to_owned());
        let broker = tokio::spawn(async move {
            let mut connect = [0; 27];
            theirs.read_exact(&mut connect).await.unwrap();
            theirs.write_all(&[0x20, 2, 0, 0]).await.unwrap();
            let mut publish = vec![0; 2 + 2 + 1 + 2 + 3];
            theirs.read_exact(&mut publish).await.unwrap();
            for byte in [0x40, 2, 0, 9, 0xd0, 0] {
                theirs.write_all(&[byte]).await.unwrap();
            }
            (connect, publish, theirs)
        });
        let next = poll_fn(|cx| connection.poll_received(cx)).await.unwrap();
        assert_eq!(next, Received::Connected);
        connection.publish("t".to_owned(), 9, true, b"abc".to_vec());
        assert_eq!(
            poll_fn(|cx| connection.poll_received(cx)).await.unwrap(),
            Received::PubAck(9)
        );
        assert_eq!(
            poll_fn(|cx| connection.poll_received(cx)).await.unwrap(),
            Received::PingResp
        );
        let (connect, publish, theirs) = broker.await.unwrap();
        assert_eq!(connect[10..12], [0xff, 0xff], "the longest keep-alive");
        assert_eq!(publish, [0x3a, 8, 0, 1, b't', 0, 9, b'a', b'b', b'c']);
        drop(theirs);
        let ended = poll_fn(|cx| connection.poll_received(cx)).await;
        assert!(matches!(ended, Err(ConnectionError::Io(_))));
    }

    fn received(bytes: &[u8]) -> Vec<Result<Received, ConnectionError>> {
        runtime().block_on(async {
            let (ours, mut theirs) = duplex(4096);
            let mut connection = Connection::begin(ours, "x".to_owned());
            theirs.write_all(bytes).await.unwrap();
            theirs.shutdown().await.unwrap();
            let mut received = Vec::new();
            while received.last().is_none_or(Result::is_ok) {
                received.push(poll_fn(|cx| connection.poll_received(cx)).await);
            }
            received
        })
    }

    #[test]
    fn a_refusal_ends_it() {
        let Some(Err(ConnectionError::Refused(code))) = received(&[0x20, 2, 0, 5]).pop() else {
            panic!("not refused");
        };
        assert_eq!(code, ConnectReturnCode::NotAuthorized);
    }

    proptest! {
        #[test]
        fn arbitrary_broker_bytes_end_in_an_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            prop_assert!(received(&bytes).pop().unwrap().is_err());
        }
    }
}
