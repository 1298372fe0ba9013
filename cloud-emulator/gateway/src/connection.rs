//! A connection as its requests see it: whose listener it came through, and the means to end it rudely.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// A connection of a client.
pub(crate) struct Connection {
    /// The region whose listener it came through.
    pub(crate) listener: Arc<str>,
    /// The address at which that listener listens.
    pub(crate) at: IpAddr,
    /// It came through the listener of the audit.
    pub(crate) private: bool,
    /// How it ends.
    pub(crate) ending: Arc<Ending>,
    /// The whole gateway shuts down.
    pub(crate) shutdown: CancellationToken,
}

/// How a connection ends before its time.
pub(crate) struct Ending {
    reset: CancellationToken,
    silent: AtomicBool,
}

impl Ending {
    /// That of a connection which is reset when `reset` is cancelled.
    pub(crate) fn new(reset: CancellationToken) -> Arc<Ending> {
        Arc::new(Ending {
            reset,
            silent: AtomicBool::new(false),
        })
    }

    /// Resets the connection: its peer sees RST, whatever was still to be sent.
    pub(crate) fn reset(&self) {
        self.reset.cancel();
    }

    /// From now on nothing is sent any more, not even `100 Continue`. There is no way back.
    pub(crate) fn stall(&self) {
        self.silent.store(true, Ordering::Release);
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Acquire)
    }

    pub(crate) fn is_reset(&self) -> bool {
        self.reset.is_cancelled()
    }

    /// Ready once the connection is to be reset.
    pub(crate) async fn to_be_reset(&self) {
        self.reset.cancelled().await;
    }
}

/// A stream that can be closed so that its peer sees a reset.
pub(crate) trait Abrupt {
    /// Closing it will reset the connection.
    fn reset_on_close(&self);
}

impl Abrupt for tokio::net::TcpStream {
    fn reset_on_close(&self) {
        // If the system refuses, the peer sees an orderly end: still no answer.
        if let Err(error) = rustix::net::sockopt::set_socket_linger(self, Some(Duration::ZERO)) {
            tracing::warn!(%error, "a connection ends in order instead of being reset");
        }
    }
}
