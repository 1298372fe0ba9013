//! A stream that counts what goes through it, stops responding on request, and is reset when its end is abrupt.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::{Abrupt, Ending};
use super::handler::Gateway;

pub(crate) struct Counted<S: Abrupt> {
    inner: S,
    gateway: Arc<Gateway>,
    ending: Arc<Ending>,
}

impl<S: Abrupt> Counted<S> {
    pub(crate) fn new(inner: S, gateway: Arc<Gateway>, ending: Arc<Ending>) -> Self {
        Counted {
            inner,
            gateway,
            ending,
        }
    }

    fn wrote(&self, n: usize) -> usize {
        self.gateway.counts.bytes_out(n as u64);
        n
    }
}

impl<S: Abrupt> Drop for Counted<S> {
    fn drop(&mut self) {
        if self.ending.is_reset() {
            self.inner.reset_on_close();
        }
    }
}

impl<S: AsyncRead + Abrupt + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        self.gateway.counts.bytes_in((buf.filled().len() - before) as u64);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Abrupt + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.ending.is_silent() {
            return Poll::Ready(Ok(buf.len()));
        }
        let n = ready!(Pin::new(&mut self.inner).poll_write(cx, buf))?;
        Poll::Ready(Ok(self.wrote(n)))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.ending.is_silent() {
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        let n = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, bufs))?;
        Poll::Ready(Ok(self.wrote(n)))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
