//! The way from a device to its broker, with the queue in front of it.
//!
//! ```text
//!     ┌─► Gathered (the port was closed)
//!     │      ▼
//!   Down ──► Queued ──► Dialling ──► Up (CONNECT sent) ──► Up (CONNACK)
//!     │         │       └ a turn: at most 64 attempts of an endpoint at once ┘
//!     └─────────┴─► Lost (no such name, refused, no response): fails without a socket of its own
//! ```
//!
//! More attempts at once than fit into the backlog of a broker's listener would be lost by the kernel, and seconds of
//! drill time with them.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use runtime::Clock;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::device::Input;
use crate::dial::{Boxed, Dial};
use crate::shared_dial::SharedDial;
use crate::wire::{Connection, Received};

/// Attempts under way at once for each endpoint.
pub(crate) const TURNS: usize = 64;

/// What stands in front of each endpoint.
#[derive(Debug)]
pub(crate) struct Entrances(Vec<Entrance>);

#[derive(Debug)]
struct Entrance {
    turns: Arc<Semaphore>,
    shared_dial: Arc<SharedDial>,
}

impl Entrances {
    pub(crate) fn new(endpoints: usize) -> Entrances {
        let entrance = |_| Entrance {
            turns: Arc::new(Semaphore::new(TURNS)),
            shared_dial: Arc::default(),
        };
        Entrances((0..endpoints).map(entrance).collect())
    }

    /// Waits for a turn; first come, first served.
    fn turn(&self, endpoint: usize) -> Boxed<OwnedSemaphorePermit> {
        let turns = Arc::clone(&self.0[endpoint].turns);
        Box::pin(async move { turns.acquire_owned().await.expect("turns are never closed") })
    }
}

/// What happened on the way.
pub(crate) enum Event {
    /// An input for the device.
    Input(Input),
    /// A message: the device's input, topic and payload.
    Message(Input, String, Bytes),
}

/// Where a device's connection stands.
pub(crate) enum Link<S> {
    Down,
    /// An attempt that must fail: whether the device has had the input that it began.
    Lost(bool),
    /// Until it is known whether an endpoint still refuses.
    Gathered(usize, Boxed<bool>),
    /// For an endpoint.
    Queued(usize, Boxed<OwnedSemaphorePermit>),
    /// To an endpoint.
    Dialling(usize, Boxed<io::Result<S>>, OwnedSemaphorePermit),
    /// The turn is over with CONNACK.
    Up(Box<Connection<S>>, Option<OwnedSemaphorePermit>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    /// Queues for an endpoint.
    pub(crate) fn request<D: Dial<Stream = S>>(
        entrances: &Entrances,
        dial: &Arc<D>,
        endpoint: usize,
        clock: &Clock,
    ) -> Link<S> {
        let shared_dial = &entrances.0[endpoint].shared_dial;
        if shared_dial.was_refused() {
            Link::Gathered(endpoint, shared_dial.still_refuses(dial, endpoint, clock))
        } else {
            Link::Queued(endpoint, entrances.turn(endpoint))
        }
    }

    /// The next event of this link; never, if there is none.
    pub(crate) fn poll_input<D: Dial<Stream = S>>(
        &mut self,
        dial: &D,
        entrances: &Entrances,
        client_id: impl Fn() -> String,
        cx: &mut Context<'_>,
    ) -> Poll<Event> {
        match self {
            Link::Down => Poll::Pending,
            Link::Lost(began) if !*began => {
                *began = true;
                Poll::Ready(Event::Input(Input::TurnCame))
            }
            Link::Lost(_) => {
                *self = Link::Down;
                Poll::Ready(Event::Input(Input::Closed))
            }
            Link::Gathered(endpoint, refuses) => {
                *self = if ready!(refuses.as_mut().poll(cx)) {
                    Link::Lost(false)
                } else {
                    Link::Queued(*endpoint, entrances.turn(*endpoint))
                };
                self.poll_input(dial, entrances, client_id, cx)
            }
            Link::Queued(endpoint, turn) => {
                let turn = ready!(turn.as_mut().poll(cx));
                *self = Link::Dialling(*endpoint, dial.dial(*endpoint), turn);
                Poll::Ready(Event::Input(Input::TurnCame))
            }
            Link::Dialling(endpoint, dialling, _) => {
                let dialled = ready!(dialling.as_mut().poll(cx));
                let shared_dial = &entrances.0[*endpoint].shared_dial;
                let Link::Dialling(_, _, turn) = std::mem::replace(self, Link::Down) else {
                    unreachable!("it was dialling");
                };
                let stream = match dialled {
                    Ok(stream) => stream,
                    Err(error) => {
                        shared_dial.failed(&error);
                        return Poll::Ready(Event::Input(Input::Closed));
                    }
                };
                *self = Link::Up(Box::new(Connection::begin(stream, client_id())), Some(turn));
                self.poll_input(dial, entrances, client_id, cx)
            }
            Link::Up(connection, turn) => {
                let received = ready!(connection.poll_received(cx));
                let input = match received {
                    Ok(Received::Connected) => Input::Connected,
                    Ok(Received::PubAck(packet_id)) => Input::PubAck(packet_id),
                    Ok(Received::PingResp) => Input::PingResp,
                    Ok(Received::SubAck) => Input::SubAck,
                    Ok(Received::Message {
                        topic,
                        packet_id,
                        payload,
                    }) => return Poll::Ready(Event::Message(Input::Message(packet_id), topic, payload)),
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
                Poll::Ready(Event::Input(input))
            }
        }
    }
}
