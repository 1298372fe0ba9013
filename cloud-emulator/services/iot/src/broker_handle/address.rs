//! The address of a broker, which is its own while no process listens there.
//!
//! A socket that is bound and does not listen keeps the port: connections are refused, and an attempt to bind
//! it fails because the address is in use. A broker's process can listen there only while the address
//! is *lent*: then the socket has `SO_REUSEADDR`, with which Linux lets a second socket in.

use std::io;
use std::net::SocketAddr;

use parking_lot::Mutex;
use tokio::net::TcpSocket;

/// A bound address at which no process listens.
#[derive(Debug)]
pub(super) struct HeldAddress {
    socket: Mutex<TcpSocket>,
    address: SocketAddr,
}

impl HeldAddress {
    /// Binds `address`; port 0 gives a free one.
    ///
    /// # Errors
    /// The address is in use, or not ours.
    pub(super) fn bind(address: SocketAddr) -> io::Result<HeldAddress> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // Old connections of a run before this one may still be dying at a port that the user chose.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.set_reuseaddr(false)?;
        let address = socket.local_addr()?;
        Ok(HeldAddress {
            socket: Mutex::new(socket),
            address,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets a process that sets `SO_REUSEADDR`, too, listen there until the loan is dropped; it goes on
    /// listening thereafter.
    pub(super) fn lend(&self) -> Loan<'_> {
        self.allow(true);
        Loan { held: self }
    }

    fn allow(&self, others: bool) {
        // It succeeded when the socket was bound, and a socket does not lose the option.
        let set = self.socket.lock().set_reuseaddr(others);
        debug_assert!(set.is_ok(), "{set:?}");
    }
}

/// See [`HeldAddress::lend`].
pub(super) struct Loan<'a> {
    held: &'a HeldAddress,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        self.held.allow(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::EdgeListener;

    async fn connects(address: SocketAddr) -> io::Result<()> {
        tokio::net::TcpStream::connect(address).await.map(drop)
    }

    /// The error of a connection. A child that another test starts has a copy of a listener until it is another program.
    async fn refusal(address: SocketAddr) -> io::Error {
        loop {
            match connects(address).await {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => return error,
            }
        }
    }

    #[tokio::test]
    async fn an_address_that_is_held_and_not_lent_cannot_be_bound() {
        let held = HeldAddress::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = held.address();
        for _ in 0..3 {
            let refused = refusal(address).await;
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            let loan = held.lend();
            let listener = EdgeListener::bind(address).unwrap().open().unwrap();
            drop(loan);
            connects(address).await.unwrap();
            assert!(EdgeListener::bind(address).is_err(), "one listens there");
            drop(listener);
            // With SO_REUSEADDR, as here, and without.
            let taken = EdgeListener::bind(address)
                .and_then(EdgeListener::open)
                .unwrap_err();
            assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
            let plain = TcpSocket::new_v4().unwrap();
            plain.set_reuseaddr(false).unwrap();
            assert!(plain.bind(address).is_err());
        }
    }

    #[test]
    fn an_address_in_use_cannot_be_held() {
        let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = HeldAddress::bind(listening.local_addr().unwrap()).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
    }
}
