//! Listeners and connections: accepted up to a cap, counted, ended by the shutdown.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Gateway, ListenerRegion, io};

/// How long connections may go on with what they are doing once the gateway shuts down (wall time).
const GRACE: Duration = Duration::from_millis(500);

impl Gateway {
    /// Serves `listener` as the door of `region` until `shutdown`; then lets requests under way finish for
    /// a moment and ends.
    ///
    /// # Errors
    /// The listener cannot be used by this runtime.
    pub async fn serve(
        self: Arc<Self>,
        region: &str,
        listener: std::net::TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let region = ListenerRegion(Arc::from(region));
        let connections = TaskTracker::new();
        // One connection per listener may be accepted beyond the cap: it waits here for its turn.
        while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of files, or the peer was gone before it was accepted.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            let turn = shutdown
                .run_until_cancelled(self.connections.clone().acquire_owned())
                .await;
            // Nobody closes the semaphore, so there is no permit only when the gateway shuts down.
            let Some(Ok(permit)) = turn else { break };
            // Small replies should not wait for the peer's acknowledgement; if they do, they are only late.
            let _ = stream.set_nodelay(true);
            let (gateway, region, shutdown) = (self.clone(), region.clone(), shutdown.clone());
            connections.spawn(async move {
                gateway.connection(region, stream, shutdown).await;
                drop(permit);
            });
        }
        connections.close();
        connections.wait().await;
        Ok(())
    }

    /// Serves one connection to its end, or until the shutdown.
    async fn connection<S>(self: Arc<Self>, region: ListenerRegion, stream: S, shutdown: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(io::Counted::new(stream, self.clone()));
        let service = service_fn(move |request| {
            let (gateway, region) = (self.clone(), region.clone());
            async move { gateway.handle(&region, request).await }
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        let connection = http.timer(TokioTimer::new()).serve_connection(io, service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                match tokio::time::timeout(GRACE, connection).await {
                    Ok(ended) => ended,
                    Err(_) => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
