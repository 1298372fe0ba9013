//! The address of a broker, which is its own while no process listens there.
//!
//! A socket that is bound and does not listen keeps the port: whoever connects is refused, and whoever
//! wants to bind it is told that it is in use. A broker's process can listen there only while the address
//! is *lent*: then the socket has `SO_REUSEADDR`, with which Linux lets a second socket in.

use std::io;
use std::net::SocketAddr;

use parking_lot::Mutex;
use tokio::net::TcpSocket;

/// A bound address that nobody listens at.
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
    use crate::iot::edge::Door;

    async fn connects(address: SocketAddr) -> io::Result<()> {
        tokio::net::TcpStream::connect(address).await.map(drop)
    }

    #[tokio::test]
    async fn nobody_takes_an_address_that_is_held_and_not_lent() {
        let held = HeldAddress::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = held.address();
        for _ in 0..3 {
            let refused = connects(address).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            let loan = held.lend();
            let listener = Door::bind(address).unwrap().open().unwrap();
            drop(loan);
            connects(address).await.unwrap();
            assert!(Door::bind(address).is_err(), "one listens there");
            drop(listener);
            // With SO_REUSEADDR, as here, and without.
            let taken = Door::bind(address).and_then(Door::open).unwrap_err();
            assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
            let plain = TcpSocket::new_v4().unwrap();
            plain.set_reuseaddr(false).unwrap();
            assert!(plain.bind(address).is_err());
        }
    }

    #[test]
    fn an_address_where_somebody_listens_is_not_to_be_had() {
        let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = HeldAddress::bind(listening.local_addr().unwrap()).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
    }
}
