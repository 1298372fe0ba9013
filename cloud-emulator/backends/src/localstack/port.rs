//! A port of 127.0.0.1 that is ours before a container publishes it, and while its container is down.
//!
//! A socket that is bound and does not listen keeps the port from others and refuses connections, as the port of
//! a dead process does.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use rustix::fd::OwnedFd;
use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{
    AddressFamily, Shutdown, SocketFlags, SocketType, bind, getsockname, listen, shutdown, socket_with,
};

/// Holds a port until it is dropped.
#[derive(Debug)]
pub(super) struct PortHold {
    address: SocketAddr,
    _socket: OwnedFd,
}

impl PortHold {
    /// A free port.
    pub(super) fn free() -> io::Result<PortHold> {
        let socket = socket()?;
        bind(&socket, &local(0))?;
        PortHold::from_socket(socket)
    }

    /// A certain port again, after its container is down.
    pub(super) fn again(port: u16) -> io::Result<PortHold> {
        let socket = socket()?;
        // What is left of old connections has the port for another minute, and shares it with any socket that would share.
        // So would we with others, until we have once listened and do not share any more.
        set_socket_reuseaddr(&socket, true)?;
        bind(&socket, &local(port))?;
        listen(&socket, 0)?;
        shutdown(&socket, Shutdown::Both)?;
        set_socket_reuseaddr(&socket, false)?;
        PortHold::from_socket(socket)
    }

    fn from_socket(socket: OwnedFd) -> io::Result<PortHold> {
        let address = SocketAddr::try_from(getsockname(&socket)?)?;
        Ok(PortHold {
            address,
            _socket: socket,
        })
    }

    /// Which one it is.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn socket() -> io::Result<OwnedFd> {
    let kind = SocketType::STREAM;
    Ok(socket_with(
        AddressFamily::INET,
        kind,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

fn local(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
}

/// Whether the engine says that another process has the port.
pub(super) fn is_port_taken(cause: &str) -> bool {
    cause.contains("port is already allocated") || cause.contains("address already in use")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    fn is_held(hold: &PortHold) {
        let address = hold.address();
        assert!(address.ip().is_loopback());
        let kind = |error: io::Error| error.kind();
        assert_eq!(
            TcpListener::bind(address).map_err(kind).unwrap_err(),
            io::ErrorKind::AddrInUse
        );
        let refused = TcpStream::connect(address).map_err(kind).unwrap_err();
        assert_eq!(refused, io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn a_held_port_is_not_available_and_refuses() {
        let hold = PortHold::free().unwrap();
        let address = hold.address();
        is_held(&hold);
        drop(hold);
        // With a connection that has ended a moment ago, whose end the listener began.
        let listener = TcpListener::bind(address).unwrap();
        let client = TcpStream::connect(address).unwrap();
        drop(listener.accept().unwrap());
        drop((client, listener));
        let hold = PortHold::again(address.port()).unwrap();
        assert_eq!(hold.address(), address);
        is_held(&hold);
        drop(hold);
        TcpListener::bind(address).unwrap();
    }
}
