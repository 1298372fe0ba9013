//! The door of a region: a port that is ours for the whole run, whether it is open or closed.
//!
//! ```text
//!   open:    a socket listens                                   ── a client connects
//!   closed:  a socket is bound to the same port, and does not   ── a client is refused (RST)
//! ```
//!
//! While the door is open its socket may have got its port from the system, and would lose it when it stops
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

/// A region's door.
#[derive(Debug, Default)]
pub(crate) struct Door {
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
    /// Nobody serves the region yet, or any more.
    #[default]
    None,
    /// Connections are accepted; those that were are reset by the token.
    Open(Arc<TcpListener>, CancellationToken),
    /// The port is held.
    Held(OwnedFd),
}

impl Door {
    /// Begins to serve `listener`, if nobody does yet. If the door was closed before, it closes now.
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

    /// Waits until the door is open: its listener, and the token that is cancelled when it closes.
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
    /// From open to held; a door that is not served has nothing to shut.
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

/// A door, to close it.
#[derive(Clone, Debug)]
pub struct DoorHandle(pub(crate) Arc<Door>);

impl DoorHandle {
    /// Closes the door until the guard is dropped: connections are refused, those that stand are reset.
    /// The port stays ours. A door that is closed several times opens when the last guard goes.
    ///
    /// # Errors
    /// The system gives no second socket on the port; the door is as it was.
    pub fn close(&self) -> io::Result<DoorGuard> {
        self.0.close()?;
        Ok(DoorGuard(self.0.clone()))
    }

    /// Whether the region is served and accepts connections.
    pub fn is_open(&self) -> bool {
        matches!(self.0.state.lock().socket, Socket::Open(..))
    }
}

/// Keeps a door closed.
#[derive(Debug)]
#[must_use = "the door opens again when its guard is dropped"]
pub struct DoorGuard(Arc<Door>);

impl Drop for DoorGuard {
    fn drop(&mut self) {
        if let Err(error) = self.0.reopen() {
            tracing::error!(%error, "a region's door cannot be opened again");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn door() -> (DoorHandle, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let door = DoorHandle(Arc::default());
        door.0.put(listener).unwrap();
        (door, address)
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
    fn a_closed_door_refuses_and_keeps_its_port() {
        let (door, address) = door();
        for _ in 0..3 {
            assert!(TcpStream::connect(address).is_ok());
            assert!(!can_be_taken(address));
            let guard = door.close().unwrap();
            assert!(!door.is_open() && refused(address));
            assert!(!can_be_taken(address));
            drop(guard);
            assert!(door.is_open());
        }
        assert!(TcpStream::connect(address).is_ok());
    }

    #[test]
    fn a_door_opens_when_the_last_guard_goes() {
        let (door, address) = door();
        let first = door.close().unwrap();
        let second = door.close().unwrap();
        drop(first);
        assert!(!door.is_open() && refused(address));
        drop(second);
        assert!(door.is_open() && TcpStream::connect(address).is_ok());
    }

    #[test]
    fn connections_that_stand_do_not_keep_a_door_from_opening() {
        let (door, address) = door();
        let client = TcpStream::connect(address).unwrap();
        let listener = match &door.0.state.lock().socket {
            Socket::Open(listener, _) => listener.clone(),
            other => panic!("{other:?}"),
        };
        let accepted = listener.accept().unwrap();
        drop(door.close().unwrap());
        assert!(TcpStream::connect(address).is_ok());
        drop((client, accepted));
        assert!(TcpStream::connect(address).is_ok());
    }

    #[test]
    fn a_door_can_be_closed_before_it_is_served() {
        let door = DoorHandle(Arc::default());
        let guard = door.close().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        door.0.put(listener).unwrap();
        assert!(refused(address));
        drop(guard);
        assert!(TcpStream::connect(address).is_ok());
        assert!(door.0.put(TcpListener::bind("127.0.0.1:0").unwrap()).is_err());
        door.0.take_down();
        assert!(refused(address));
    }
}
