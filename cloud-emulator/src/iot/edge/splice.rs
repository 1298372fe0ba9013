//! Two connections as one: what a client says goes to the broker, and the answers come back.

use std::io;
use std::pin::pin;
use std::time::Duration;

use runtime::wall;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

/// Bytes per direction and connection; telemetry is smaller, and ten thousand of these are 20 MB.
const BUFFER: usize = 1024;

/// How a client says goodbye: an MQTT packet of two bytes.
const DISCONNECT: [u8; 2] = [0xe0, 0];

/// The last two bytes that a client said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LastWords([u8; 2]);

impl LastWords {
    fn hear(&mut self, said: &[u8]) {
        self.0 = match *said {
            [.., a, b] => [a, b],
            [b] => [self.0[1], b],
            [] => self.0,
        };
    }

    fn are_goodbye(self) -> bool {
        self.0 == DISCONNECT
    }
}

/// Passes on what a client says until the broker has something to answer, or the client has gone.
pub(super) async fn until_answered(client: &mut TcpStream, broker: &mut TcpStream) -> io::Result<LastWords> {
    let mut buffer = vec![0; BUFFER];
    let mut last = LastWords::default();
    loop {
        tokio::select! {
            answered = broker.readable() => return answered.map(|()| last),
            read = client.read(&mut buffer) => match read? {
                0 => return Ok(last),
                length => {
                    last.hear(&buffer[..length]);
                    broker.write_all(&buffer[..length]).await?;
                }
            },
        }
    }
}

/// Passes on what both say until both have gone; `last` is what the client said before.
///
/// A client's end is passed on at once, unless it said goodbye. Then the broker hangs up by itself, and must
/// be given the time to: rumqttd forgets a connection when it reads DISCONNECT, and again when the
/// connection ends before it has hung up. By then its number may be somebody else's, who is cut off.
pub(super) async fn splice(
    client: &mut TcpStream,
    broker: &mut TcpStream,
    mut last: LastWords,
    patience: Duration,
) {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_broker, mut to_broker) = broker.split();
    let mut down = pin!(answer(&mut from_broker, &mut to_client));
    tokio::select! {
        () = say(&mut from_client, &mut to_broker, &mut last) => {}
        () = &mut down => return,
    }
    if !last.are_goodbye() {
        // The broker may have gone, too; then there is nobody to tell.
        let _ = to_broker.shutdown().await;
    }
    wall::timeout(patience, down).await;
}

/// Passes on what a client says, until it or the broker has gone.
async fn say(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, last: &mut LastWords) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        last.hear(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

/// Passes on what the broker answers, until it hangs up. What a client does not wait for is thrown away:
/// the broker has still to read what the client said.
async fn answer(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>) {
    let mut buffer = vec![0; BUFFER];
    let mut listens = true;
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        listens = listens && to.write_all(&buffer[..length]).await.is_ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goodbye_is_heard_however_it_comes() {
        let heard = |parts: &[&[u8]]| {
            let mut last = LastWords::default();
            parts.iter().for_each(|part| last.hear(part));
            last.are_goodbye()
        };
        assert!(heard(&[b"\x30\x03abc\xe0\x00"]));
        assert!(heard(&[b"\x30\x03abc\xe0", b"\x00"]));
        assert!(heard(&[b"\xe0", b"", b"\x00"]));
        assert!(!heard(&[b"\xe0\x00\x00"]));
        assert!(!heard(&[b"\xc0\x00"]));
        assert!(!heard(&[]));
    }
}
