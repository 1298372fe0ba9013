//! Carries connections that were made inside a sandbox to the drill's endpoints.
//!
//! The listeners belong to the sandbox's network namespace; a descriptor is all that it takes to accept
//! from them here. What happens to one side happens to the other: half a connection that is closed, and a
//! reset, which is also what a connection gets whose endpoint refuses.

use std::io;
use std::net::{SocketAddr, TcpListener as BlockingListener};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::wall;

/// Connections of one sandbox at a time; others wait in the listener's queue.
const CONNECTIONS: usize = 512;
/// The buffer of each direction, in bytes.
const BUFFER: usize = 64 * 1024;
/// How long to wait when this process is out of descriptors.
const RETRY: Duration = Duration::from_millis(10);

/// The relay of one sandbox; dropping it ends all connections.
pub(super) struct Relay {
    _tasks: JoinSet<()>,
}

impl Relay {
    /// Serves each listener with the endpoint of the same place.
    pub(super) fn begin(listeners: Vec<OwnedFd>, endpoints: &[SocketAddr]) -> io::Result<Relay> {
        if listeners.len() != endpoints.len() {
            return Err(io::Error::other("there are not as many listeners as endpoints"));
        }
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        let mut tasks = JoinSet::new();
        for (listener, endpoint) in listeners.into_iter().zip(endpoints) {
            let listener = BlockingListener::from(listener);
            listener.set_nonblocking(true)?;
            tasks.spawn(serve(
                TcpListener::from_std(listener)?,
                *endpoint,
                Arc::clone(&permits),
            ));
        }
        Ok(Relay { _tasks: tasks })
    }
}

async fn serve(listener: TcpListener, endpoint: SocketAddr, permits: Arc<Semaphore>) {
    let mut connections = JoinSet::new();
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        match listener.accept().await {
            Ok((inside, _)) => {
                connections.spawn(carry(inside, endpoint, permit));
            }
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection from a sandbox");
                wall::sleep(RETRY).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn carry(mut inside: TcpStream, endpoint: SocketAddr, _permit: OwnedSemaphorePermit) {
    let mut outside = match TcpStream::connect(endpoint).await {
        Ok(outside) => outside,
        Err(error) => {
            tracing::debug!(%endpoint, %error, "an endpoint of a sandbox refuses");
            return reset(&inside);
        }
    };
    let both = [&inside, &outside];
    both.iter().for_each(|stream| drop(stream.set_nodelay(true)));
    let carried = copy_bidirectional_with_sizes(&mut inside, &mut outside, BUFFER, BUFFER).await;
    if carried.is_err() {
        reset(&inside);
        reset(&outside);
    }
}

/// Lets the other end see a reset when the stream is dropped.
fn reset(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(%error, "a connection is closed instead of reset");
    }
}
