//! Listeners and connections: accepted up to a cap, counted, ended by their listener or the shutdown.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt;
use futures::future::Either;
use futures::stream::FuturesUnordered;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Abrupt, Connection, Ending};
use super::handler::Gateway;
use super::io;
use super::region_listener::RegionListener;

/// How long connections may go on with what they are doing once the gateway shuts down (wall time).
const GRACE: Duration = Duration::from_millis(500);

impl Gateway {
    /// Serves `listener` as the listener of `region` until `shutdown`; then lets requests under way finish for
    /// a moment and ends.
    ///
    /// # Errors
    /// The listener cannot be used by this runtime, or the region has a listener already.
    pub async fn serve(
        self: Arc<Self>,
        region: &str,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let region_listener = self.listener(region).0;
        self.serve_at(region_listener, region, false, listener, shutdown)
            .await
    }

    /// Serves `listener` for the audit alone until `shutdown`: no outage closes this listener, and other principals
    /// are refused.
    ///
    /// # Errors
    /// The listener cannot be used by this runtime.
    pub async fn serve_private(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let region = self.regions.first().cloned().unwrap_or_default();
        self.serve_at(Arc::default(), &region, true, listener, shutdown)
            .await
    }

    /// Serves one connection of the listener of `region` that is no socket, to its end: for the fuzz targets.
    #[doc(hidden)]
    pub async fn serve_stream<S>(self: Arc<Self>, region: &str, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connection = Connection {
            listener: Arc::from(region),
            at: IpAddr::V4(Ipv4Addr::LOCALHOST),
            private: false,
            ending: Ending::new(CancellationToken::new()),
            shutdown: CancellationToken::new(),
        };
        let stream = io::Counted::new(Pipe(stream), self.clone(), connection.ending.clone());
        self.connection(connection, stream).await;
    }

    async fn serve_at(
        self: Arc<Self>,
        region_listener: Arc<RegionListener>,
        region: &str,
        private: bool,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        region_listener.put(listener)?;
        let (region, connections) = (Arc::from(region), TaskTracker::new());
        let mut served = Ok(());
        while let Some((listener, closed)) = shutdown.run_until_cancelled(region_listener.open()).await {
            // One that does not tell where it listens is taken for the strictest.
            let at = listener
                .local_addr()
                .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |at| at.ip());
            let arrival = || Connection {
                listener: Arc::clone(&region),
                at,
                private,
                ending: Ending::new(closed.child_token()),
                shutdown: shutdown.clone(),
            };
            let accepting = self.accept(&listener, &connections, arrival);
            let until_closed = closed.run_until_cancelled(accepting);
            if let Some(Some(Err(error))) = shutdown.run_until_cancelled(until_closed).await {
                served = Err(error);
                break;
            }
        }
        region_listener.take_down();
        connections.close();
        connections.wait().await;
        served
    }

    /// Accepts connections for as long as it is awaited. One beyond the cap may be accepted: it waits here
    /// for its turn.
    async fn accept(
        self: &Arc<Self>,
        listener: &TcpListener,
        connections: &TaskTracker,
        arrival: impl Fn() -> Connection,
    ) -> std::io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of files, or the peer was gone before it was accepted.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            // Small replies should not wait for the peer's acknowledgement; if they do, they are only late.
            let _ = stream.set_nodelay(true);
            let connection = arrival();
            let stream = io::Counted::new(stream, self.clone(), connection.ending.clone());
            let turn = self.connections.clone().acquire_owned().await;
            let permit = turn.expect("the semaphore is never closed");
            let gateway = self.clone();
            connections.spawn(async move {
                gateway.connection(connection, stream).await;
                drop(permit);
            });
        }
    }

    /// Serves one connection to its end, until it is to be reset, or until the shutdown.
    async fn connection<S>(self: Arc<Self>, connection: Connection, stream: io::Counted<S>)
    where
        S: AsyncRead + AsyncWrite + Abrupt + Unpin + Send + 'static,
    {
        let connection = Arc::new(connection);
        let (ending, shutdown) = (connection.ending.clone(), connection.shutdown.clone());
        let service = service_fn(move |request| {
            let (gateway, connection) = (self.clone(), connection.clone());
            async move { gateway.handle(&connection, request).await }
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        let serving = http
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        let mut serving = std::pin::pin!(serving);
        let ended = tokio::select! {
            biased;
            ended = serving.as_mut() => ended,
            told = interruption(&ending, &shutdown) => {
                if matches!(told, Told::Reset) {
                    return;
                }
                serving.as_mut().graceful_shutdown();
                tokio::select! {
                    () = ending.to_be_reset() => return,
                    ended = tokio::time::timeout(GRACE, serving) => match ended {
                        Ok(ended) => ended,
                        Err(_) => return,
                    },
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// What a connection is told from outside.
enum Told {
    Reset,
    ShutDown,
}

/// Ready once a connection is to be reset or the gateway shuts down. A token's future takes a lock, which all
/// connections share, whenever it is polled; here it is polled only when it has something to say, not with every
/// byte that arrives.
async fn interruption(ending: &Ending, shutdown: &CancellationToken) -> Told {
    let reset = async {
        ending.to_be_reset().await;
        Told::Reset
    };
    let shut_down = async {
        shutdown.cancelled().await;
        Told::ShutDown
    };
    let mut told = FuturesUnordered::new();
    told.push(Either::Left(reset));
    told.push(Either::Right(shut_down));
    // It ends after both; the first is enough.
    told.next().await.unwrap_or(Told::ShutDown)
}

/// A stream that is no socket: its end is always in order.
struct Pipe<S>(S);

impl<S> Abrupt for Pipe<S> {
    fn reset_on_close(&self) {}
}

impl<S: AsyncRead + Unpin> AsyncRead for Pipe<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Pipe<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
