//! Two connections as one: what a client says goes to the broker, and the answers come back.

use std::io;
use std::pin::pin;
use std::time::Duration;

use runtime::wall;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use super::keep_alive::KeepAlive;

/// Bytes per direction and connection; telemetry is smaller, and ten thousand of these are 20 MB.
const BUFFER: usize = 1024;

/// How a client says goodbye: an MQTT packet of two bytes.
const DISCONNECT: [u8; 2] = [0xe0, 0];

/// The last two bytes that a client said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LastWords([u8; 2]);

impl LastWords {
    /// Of a client that has said no more than this.
    pub(super) fn of(said: &[u8]) -> LastWords {
        let mut last = LastWords::default();
        last.hear(said);
        last
    }

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

/// Passes on what a client says until the broker has something to answer; `last` is what it said before.
pub(super) async fn until_answered(
    client: &mut TcpStream,
    broker: &mut TcpStream,
    mut last: LastWords,
) -> io::Result<LastWords> {
    let mut buffer = vec![0; BUFFER];
    loop {
        tokio::select! {
            answered = broker.readable() => return answered.map(|()| last),
            read = client.read(&mut buffer) => match read {
                Ok(length @ 1..) => {
                    last.hear(&buffer[..length]);
                    broker.write_all(&buffer[..length]).await?;
                }
                // The broker has still to answer, and to be told.
                Ok(0) | Err(_) => return broker.readable().await.map(|()| last),
            },
        }
    }
}

/// Passes on what both say until both have gone, or `leave`, which says why; `last` is what the client said
/// before.
///
/// A client's end is passed on at once, unless it said goodbye. Then the broker hangs up by itself, and must
/// be given the time to: rumqttd forgets a connection when it reads DISCONNECT, and again when the
/// connection ends before it has hung up. By then its number may be somebody else's, who is cut off.
pub(super) async fn splice<L>(
    client: &mut TcpStream,
    broker: &mut TcpStream,
    last: &mut LastWords,
    keep_alive: &KeepAlive,
    leave: impl Future<Output = L>,
    patience: Duration,
) -> Option<L> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_broker, mut to_broker) = broker.split();
    let mut down = pin!(answer(&mut from_broker, &mut to_client));
    let mut leave = pin!(leave);
    tokio::select! {
        biased;
        () = say(&mut from_client, &mut to_broker, last, keep_alive) => {}
        () = &mut down => return None,
        why = &mut leave => return Some(why),
    }
    if !last.are_goodbye() {
        // The broker may have gone, too; then there is nobody to tell.
        let _ = to_broker.shutdown().await;
    }
    tokio::select! {
        _ = wall::timeout(patience, down) => None,
        why = leave => Some(why),
    }
}

/// Ends a connection to the broker whose client is gone, and waits until the broker has hung up.
pub(super) async fn see_off(broker: &mut TcpStream, last: LastWords, patience: Duration) {
    if !last.are_goodbye() {
        let _ = broker.shutdown().await;
    }
    let mut buffer = vec![0; BUFFER];
    let unread = async { while let Ok(1..) = broker.read(&mut buffer).await {} };
    wall::timeout(patience, unread).await;
}

/// Passes on what a client says, until it or the broker has gone.
async fn say(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, last: &mut LastWords, keep_alive: &KeepAlive) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        last.hear(&buffer[..length]);
        keep_alive.heard();
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
