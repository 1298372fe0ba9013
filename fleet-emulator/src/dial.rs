//! How devices get a byte stream to a broker: by TCP, or through pipes in tests.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A future on the heap.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes the byte streams of devices: TCP, or pipes in tests.
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
