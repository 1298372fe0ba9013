//! The listener of a region: a port that is ours for the whole run, whether it is open or closed.
//!
//! ```text
//!   open:    a socket listens                                   ── a client connects
//!   closed:  a socket is bound to the same port, and does not   ── a client is refused (RST)
//! ```
//!
//! While the listener is open its socket may have got its port from the system, and would lose it when it stops
//! listening. So a second socket is bound to the port first (both agree to share it for that moment), then
//! gives up sharing, and the first one stops. To open again, the second one listens. While the two share the port,
//! a process of the same user that asks to share it (`SO_REUSEPORT`) can bind to it, too; the kernel refuses it to every
//! other process, and at every other time.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::net::{AddressFamily, Shutdown, SocketFlags, SocketType, sockopt};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Connections that wait to be accepted, at most; the standard library's listeners have as many.
const BACKLOG: i32 = 1024;

/// A region's listener.
#[derive(Debug, Default)]
pub(crate) struct RegionListener {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How many want it closed.
    closers: usize,
    socket: Socket,
}

#[derive(Debug, Default)]
enum Socket {
    /// The region is not served yet, or not any more.
    #[default]
    None,
    /// Connections are accepted; those that were are reset by the token.
    Open(Arc<TcpListener>, CancellationToken),
    /// The port is held.
    Held(OwnedFd),
}

impl RegionListener {
    /// Begins to serve `listener`, if it is not served yet. If the listener was closed before, it closes now.
    pub(crate) fn put(&self, listener: TcpListener) -> io::Result<()> {
        let mut state = self.state.lock();
        if !matches!(state.socket, Socket::None) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the region is served already",
            ));
        }
        state.socket = Socket::Open(Arc::new(listener), CancellationToken::new());
        if state.closers > 0 {
            state.shut()?;
        }
        Ok(())
    }

    /// Ends serving; the port is free.
    pub(crate) fn take_down(&self) {
        self.state.lock().socket = Socket::None;
    }

    /// Waits until the listener is open: its listener, and the token that is cancelled when it closes.
    pub(crate) async fn open(&self) -> (Arc<TcpListener>, CancellationToken) {
        loop {
            let changed = self.changed.notified();
            if let Socket::Open(listener, closed) = &self.state.lock().socket {
                return (listener.clone(), closed.clone());
            }
            changed.await;
        }
    }

    fn close(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        if state.closers == 0 {
            state.shut()?;
        }
        state.closers += 1;
        Ok(())
    }

    fn reopen(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        state.closers -= 1;
        if state.closers == 0 {
            state.listen()?;
            self.changed.notify_waiters();
        }
        Ok(())
    }
}

impl State {
    /// From open to held; a listener that is not served has nothing to shut.
    fn shut(&mut self) -> io::Result<()> {
        let Socket::Open(listener, closed) = &self.socket else {
            return Ok(());
        };
        let held = hold(listener)?;
        let address = listener.local_addr()?;
        rustix::net::shutdown(&**listener, Shutdown::Read)?;
        closed.cancel();
        let kept = keep(&held, &address);
        self.socket = Socket::Held(held);
        kept.or_else(|error| self.listen().and(Err(error)))
    }

    /// From held to open.
    fn listen(&mut self) -> io::Result<()> {
        let Socket::Held(held) = &self.socket else {
            return Ok(());
        };
        // Connections of before, which are going down, must not keep it from listening.
        sockopt::set_socket_reuseaddr(held, true)?;
        rustix::net::listen(held, BACKLOG)?;
        let listener = TcpListener::from(held.try_clone()?);
        self.socket = Socket::Open(Arc::new(listener), CancellationToken::new());
        Ok(())
    }
}

/// A second socket on the port of `listener`, which listens: both share the port for the moment.
fn hold(listener: &TcpListener) -> io::Result<OwnedFd> {
    let address = listener.local_addr()?;
    let held = socket_like(&address)?;
    sockopt::set_socket_reuseport(&held, true)?;
    sockopt::set_socket_reuseport(listener, true)?;
    let bound = rustix::net::bind(&held, &address);
    sockopt::set_socket_reuseport(listener, false)?;
    bound?;
    sockopt::set_socket_reuseport(&held, false)?;
    Ok(held)
}

/// Makes `held` the only one on its port. The kernel remembers of a port that it was shared, until a socket
/// that does not share is bound to it.
fn keep(held: &OwnedFd, address: &SocketAddr) -> io::Result<()> {
    rustix::net::bind(&socket_like(address)?, address)?;
    sockopt::set_socket_reuseaddr(held, false)?;
    Ok(())
}

fn socket_like(address: &SocketAddr) -> io::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    Ok(socket)
}

/// A listener, to close it.
#[derive(Clone, Debug)]
pub struct ListenerHandle(pub(crate) Arc<RegionListener>);

impl ListenerHandle {
    /// Closes the listener until the guard is dropped: connections are refused, those that stand are reset.
    /// The port stays ours. A listener that is closed several times opens when the last guard goes.
    ///
    /// # Errors
    /// The system gives no second socket on the port; the listener is as it was.
    pub fn close(&self) -> io::Result<ClosedListener> {
        self.0.close()?;
        Ok(ClosedListener(self.0.clone()))
    }

    /// Whether the region is served and accepts connections.
    pub fn is_open(&self) -> bool {
        matches!(self.0.state.lock().socket, Socket::Open(..))
    }
}

/// Keeps a listener closed.
#[derive(Debug)]
#[must_use = "the listener opens again when its guard is dropped"]
pub struct ClosedListener(Arc<RegionListener>);

impl Drop for ClosedListener {
    fn drop(&mut self) {
        if let Err(error) = self.0.reopen() {
            tracing::error!(%error, "a region's listener cannot be opened again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn region_listener() -> (ListenerHandle, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let region_listener = ListenerHandle(Arc::default());
        region_listener.0.put(listener).unwrap();
        (region_listener, address)
    }

    fn refused(address: SocketAddr) -> bool {
        TcpStream::connect(address).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    }

    /// Binds as servers do (sharing with what goes down), as strangers do, and as rivals do (sharing at all).
    fn can_be_taken(address: SocketAddr) -> bool {
        let bind = |reuse_address, reuse_port| {
            let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
            sockopt::set_socket_reuseaddr(&socket, reuse_address).unwrap();
            sockopt::set_socket_reuseport(&socket, reuse_port).unwrap();
            rustix::net::bind(&socket, &address).is_ok()
        };
        bind(false, false) || bind(true, false) || bind(false, true) || bind(true, true)
    }

    #[test]
    fn a_closed_listener_refuses_and_keeps_its_port() {
        let (region_listener, address) = region_listener();
        for _ in 0..3 {
            assert!(TcpStream::connect(address).is_ok());
            assert!(!can_be_taken(address));
            let guard = region_listener.close().unwrap();
            assert!(!region_listener.is_open() && refused(address));
            assert!(!can_be_taken(address));
            drop(guard);
            assert!(region_listener.is_open());
        }
        assert!(TcpStream::connect(address).is_ok());
    }

    #[test]
    fn a_listener_opens_when_the_last_guard_is_dropped() {
        let (region_listener, address) = region_listener();
        let first = region_listener.close().unwrap();
        let second = region_listener.close().unwrap();
        drop(first);
        assert!(!region_listener.is_open() && refused(address));
        drop(second);
        assert!(region_listener.is_open() && TcpStream::connect(address).is_ok());
    }

    #[test]
    fn open_connections_do_not_keep_a_listener_from_opening() {
        let (region_listener, address) = region_listener();
        let client = TcpStream::connect(address).unwrap();
        let listener = match &region_listener.0.state.lock().socket {
            Socket::Open(listener, _) => listener.clone(),
            other => panic!("{other:?}"),
        };
        let accepted = listener.accept().unwrap();
        drop(region_listener.close().unwrap());
        assert!(TcpStream::connect(address).is_ok());
        drop((client, accepted));
        assert!(TcpStream::connect(address).is_ok());
    }

    #[test]
    fn a_listener_can_be_closed_before_it_is_served() {
        let region_listener = ListenerHandle(Arc::default());
        let guard = region_listener.close().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        region_listener.0.put(listener).unwrap();
        assert!(refused(address));
        drop(guard);
        assert!(TcpStream::connect(address).is_ok());
        assert!(
            region_listener
                .0
                .put(TcpListener::bind("127.0.0.1:0").unwrap())
                .is_err()
        );
        region_listener.0.take_down();
        assert!(refused(address));
    }
}
