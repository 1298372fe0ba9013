//! The way from a device to its broker, with the queue in front of it.
//!
//! ```text
//!   Down ──► Queued ──► Dialling ──► Up (CONNECT sent) ──► Up (CONNACK)
//!            └ a turn: at most 64 attempts of an endpoint at once, from dialling to CONNACK ┘
//! ```
//!
//! The backlog of one listener of rumqttd is 128; attempts beyond it would be lost by the kernel and
//! seconds of drill time with them.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::device::Input;
use crate::wire::{Connection, Received};

/// Attempts under way at once for each endpoint.
pub(crate) const TURNS: usize = 64;

/// A future on the heap.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes the byte streams on which devices speak: TCP, or pipes in tests.
pub trait Dial: Send + Sync + 'static {
    /// A byte stream to a broker.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// How many endpoints there are; at least one.
    fn endpoints(&self) -> usize;

    /// Connects to an endpoint, counted from 0.
    fn dial(&self, endpoint: usize) -> Boxed<io::Result<Self::Stream>>;
}

/// Connects by TCP.
#[derive(Clone, Debug)]
pub struct TcpDial {
    /// The brokers' listeners. Without any, every attempt fails.
    pub endpoints: Vec<SocketAddr>,
}

impl Dial for TcpDial {
    type Stream = TcpStream;

    fn endpoints(&self) -> usize {
        self.endpoints.len().max(1)
    }

    fn dial(&self, endpoint: usize) -> Boxed<io::Result<TcpStream>> {
        let address = self.endpoints.get(endpoint).copied();
        Box::pin(async move {
            let stream = TcpStream::connect(address.ok_or(io::ErrorKind::AddrNotAvailable)?).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        })
    }
}

/// The turns of each endpoint.
#[derive(Debug)]
pub(crate) struct Turns(Vec<Arc<Semaphore>>);

impl Turns {
    pub(crate) fn new(endpoints: usize) -> Turns {
        Turns((0..endpoints).map(|_| Arc::new(Semaphore::new(TURNS))).collect())
    }

    /// Waits for a turn; first come, first served.
    fn take(&self, endpoint: usize) -> Boxed<OwnedSemaphorePermit> {
        let turns = Arc::clone(&self.0[endpoint]);
        Box::pin(async move { turns.acquire_owned().await.expect("turns are never closed") })
    }
}

/// Where a device's connection stands.
pub(crate) enum Link<S> {
    Down,
    Queued(Boxed<OwnedSemaphorePermit>),
    Dialling(Boxed<io::Result<S>>, OwnedSemaphorePermit),
    /// The turn is over with CONNACK.
    Up(Box<Connection<S>>, Option<OwnedSemaphorePermit>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    /// Queues for an endpoint.
    pub(crate) fn ask(turns: &Turns, endpoint: usize) -> Link<S> {
        Link::Queued(turns.take(endpoint))
    }

    /// What happens next on this way; never, if there is none.
    pub(crate) fn poll_input<D: Dial<Stream = S>>(
        &mut self,
        dial: &D,
        endpoint: usize,
        client_id: impl Fn() -> String,
        cx: &mut Context<'_>,
    ) -> Poll<Input> {
        match self {
            Link::Down => Poll::Pending,
            Link::Queued(turn) => {
                let turn = ready!(turn.as_mut().poll(cx));
                *self = Link::Dialling(dial.dial(endpoint), turn);
                Poll::Ready(Input::TurnCame)
            }
            Link::Dialling(dialling, _) => {
                let dialled = ready!(dialling.as_mut().poll(cx));
                let Link::Dialling(_, turn) = std::mem::replace(self, Link::Down) else {
                    unreachable!("it was dialling");
                };
                let Ok(stream) = dialled else {
                    return Poll::Ready(Input::Closed);
                };
                *self = Link::Up(Box::new(Connection::begin(stream, client_id())), Some(turn));
                self.poll_input(dial, endpoint, client_id, cx)
            }
            Link::Up(connection, turn) => {
                let received = ready!(connection.poll_received(cx));
                let input = match received {
                    Ok(Received::Connected) => Input::Connected,
                    Ok(Received::PubAck(packet_id)) => Input::PubAck(packet_id),
                    Ok(Received::PingResp) => Input::PingResp,
                    Err(error) => {
                        tracing::debug!(client = client_id(), %error, "connection lost");
                        Input::Closed
                    }
                };
                match input {
                    Input::Connected => *turn = None,
                    Input::Closed => *self = Link::Down,
                    _ => {}
                }
                Poll::Ready(input)
            }
        }
    }
}
