//! A client's CONNECT, to see whether a broker answers.

use std::io;
use std::net::SocketAddr;

use bytes::BytesMut;
use rumqttd::protocol::v4::V4;
use rumqttd::protocol::{Connect, ConnectReturnCode, Packet, Protocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::config::MAX_PACKET;

/// Connects to a broker as `client_id`, and leaves when it was let in.
///
/// # Errors
/// It is not there, says no, or does not speak MQTT.
pub(super) async fn connect(address: SocketAddr, client_id: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let connect = Connect {
        keep_alive: 60,
        client_id: client_id.to_owned(),
        clean_session: true,
    };
    let mut bytes = BytesMut::new();
    V4.write(Packet::Connect(connect, None, None, None, None), &mut bytes)
        .map_err(io::Error::other)?;
    stream.write_all(&bytes).await?;
    let mut answer = BytesMut::new();
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match V4.read_mut(&mut answer, MAX_PACKET) {
            Ok(Packet::ConnAck(ack, _)) if ack.code == ConnectReturnCode::Success => return Ok(()),
            Ok(packet) => return Err(io::Error::other(format!("it answered {packet:?}"))),
            Err(rumqttd::protocol::Error::InsufficientBytes(_)) => {}
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_speak_mqtt_does_not_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await
        });
        assert!(connect(address, "probe").await.is_err());
    }
}
