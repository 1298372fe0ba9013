//! A file written by one thread behind a bounded queue: what the journal and the binary records share.
//!
//! ```text
//!   put ─┐
//!   put ─┼─► bounded queue ─► encoder (stamps, hashes) ─► one write per batch ─► file
//!   put ─┘   blocks when full                               └ error ─► failed()
//! ```
//!
//! The file is opened before the run. A batch is what waits in the queue, so each message reaches the
//! file as soon as the one before it has: after kill -9 everything is there but the last moments, and at
//! most the last write is torn. A failed write is reported once, by [`Sink::failed`]; from then on messages
//! are taken and thrown away, so that the drill can end in order.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use tokio::sync::watch;

/// How many messages wait before the next one blocks its sender.
const QUEUE: usize = 8192;
/// A batch is written once it has this many bytes.
const BATCH_BYTES: usize = 256 * 1024;

/// A file of the run could not be written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    /// Which file.
    pub path: PathBuf,
    /// The system's error.
    #[source]
    pub source: Arc<io::Error>,
}

/// Turns messages into the bytes of the file, in order.
pub(crate) trait Encoder: Send + 'static {
    /// What is sent to it.
    type Message: Send + 'static;
    /// What is known of the file when it is complete.
    type End: Send + 'static;

    /// Appends the bytes of `message` to `out`.
    fn encode(&mut self, message: Self::Message, out: &mut Vec<u8>);

    /// Everything has been written.
    fn end(self) -> Self::End;
}

enum Job<M> {
    Put(M),
    Flush(SyncSender<()>),
    Close,
}

type Ended<E> = Result<<E as Encoder>::End, WriteError>;

/// The sending side; the file is complete when it is closed or dropped.
pub(crate) struct Sink<E: Encoder> {
    queue: SyncSender<Job<E::Message>>,
    failure: watch::Receiver<Option<WriteError>>,
    thread: Mutex<Option<JoinHandle<Ended<E>>>>,
    path: PathBuf,
}

/// Opens a new file of the run.
///
/// # Errors
/// If it is there already or cannot be made.
pub(crate) fn create(path: &Path) -> Result<File, WriteError> {
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    opened.map_err(|source| WriteError {
        path: path.to_owned(),
        source: Arc::new(source),
    })
}

impl<E: Encoder> Sink<E> {
    /// Writes to `file`, which is called `path` in errors, first of all `header`.
    pub(crate) fn open(file: File, path: &Path, header: Vec<u8>, encoder: E) -> Result<Sink<E>, WriteError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let (fail, failure) = watch::channel(None);
        let mut writer = Writer {
            file,
            path: path.to_owned(),
            encoder,
            fail,
        };
        let spawned = std::thread::Builder::new()
            .name("drill-records".to_owned())
            .spawn(move || {
                writer.write(&header);
                writer.run(&jobs)
            });
        let thread = spawned.map_err(|source| WriteError {
            path: path.to_owned(),
            source: Arc::new(source),
        })?;
        Ok(Sink {
            queue,
            failure,
            thread: Mutex::new(Some(thread)),
            path: path.to_owned(),
        })
    }

    /// Puts a message into the queue; blocks while that is full.
    pub(crate) fn put(&self, message: E::Message) {
        if self.queue.send(Job::Put(message)).is_err() {
            tracing::warn!(path = %self.path.display(), "a record came after the end and is not written");
        }
    }

    /// Blocks until everything that was put before is in the file, or has failed to be.
    pub(crate) fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.queue.send(Job::Flush(done)).is_ok() {
            let _ = wait.recv(); // Only fails if the thread is gone, and then nothing is outstanding.
        }
    }

    /// The error, once a write has failed.
    pub(crate) fn failure(&self) -> Option<WriteError> {
        self.failure.borrow().clone()
    }

    /// Waits until a write fails: forever, if none does.
    pub(crate) fn failed(&self) -> impl Future<Output = WriteError> + Send + use<E> {
        let mut failure = self.failure.clone();
        async move {
            loop {
                if let Some(error) = failure.borrow_and_update().clone() {
                    return error;
                }
                if failure.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Writes what is still in the queue, and the file to its disk; `None` if it was closed before.
    pub(crate) fn close(&self) -> Option<Ended<E>> {
        let thread = self.thread.lock().take()?;
        // A thread that is gone already is found by the join.
        let _ = self.queue.send(Job::Close);
        match thread.join() {
            Ok(ended) => Some(ended),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl<E: Encoder> Drop for Sink<E> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.lock().take() {
            let _ = self.queue.send(Job::Close);
            let _ = thread.join(); // A failure was told by `failed`, a panic by the panic hook.
        }
    }
}

struct Writer<E> {
    file: File,
    path: PathBuf,
    encoder: E,
    fail: watch::Sender<Option<WriteError>>,
}

impl<E: Encoder> Writer<E> {
    fn run(mut self, jobs: &Receiver<Job<E::Message>>) -> Ended<E> {
        let mut batch = Vec::new();
        // It ends with the queue, too: then no sender is left.
        while let Ok(job) = jobs.recv() {
            let mut next = Some(job);
            let mut flushed = Vec::new();
            let mut closed = false;
            while let Some(job) = next.take() {
                match job {
                    Job::Put(message) => self.encoder.encode(message, &mut batch),
                    Job::Flush(done) => flushed.push(done),
                    Job::Close => closed = true,
                }
                if !closed && batch.len() < BATCH_BYTES {
                    next = jobs.try_recv().ok();
                }
            }
            self.write(&batch);
            batch.clear();
            for done in flushed {
                let _ = done.send(()); // The caller may have stopped waiting.
            }
            if closed {
                break;
            }
        }
        if !self.has_failed()
            && let Err(error) = self.file.sync_all()
        {
            self.failed(error);
        }
        match self.fail.borrow().clone() {
            Some(error) => Err(error),
            None => Ok(self.encoder.end()),
        }
    }

    fn has_failed(&self) -> bool {
        self.fail.borrow().is_some()
    }

    fn failed(&self, source: io::Error) {
        let error = WriteError {
            path: self.path.clone(),
            source: Arc::new(source),
        };
        tracing::error!("{error}");
        self.fail.send_replace(Some(error));
    }

    fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || self.has_failed() {
            return;
        }
        if let Err(error) = self.file.write_all(bytes) {
            self.failed(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain(u64);

    impl Encoder for Plain {
        type Message = u64;
        type End = u64;
        fn encode(&mut self, message: u64, out: &mut Vec<u8>) {
            self.0 += 1;
            out.extend(format!("{message}\n").bytes());
        }
        fn end(self) -> u64 {
            self.0
        }
    }

    fn full() -> Sink<Plain> {
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        Sink::open(file, Path::new("the/journal"), Vec::new(), Plain(0)).unwrap()
    }

    #[test]
    fn many_senders_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let sink = Sink::open(create(&path).unwrap(), &path, b"head\n".to_vec(), Plain(0)).unwrap();
        std::thread::scope(|scope| {
            for t in 0..4u64 {
                let sink = &sink;
                scope.spawn(move || (0..20_000).for_each(|n| sink.put(t * 100_000 + n)));
            }
        });
        sink.flush();
        let flushed = std::fs::read_to_string(&path).unwrap();
        assert_eq!(sink.close().unwrap().unwrap(), 80_000);
        assert_eq!(flushed, std::fs::read_to_string(&path).unwrap());
        let mut lines = flushed.lines();
        assert_eq!(lines.next(), Some("head"));
        let mut next = [0u64; 4];
        for line in lines {
            let number: u64 = line.parse().unwrap();
            let sender = (number / 100_000) as usize;
            assert_eq!(
                number % 100_000,
                next[sender],
                "a sender's messages keep their order"
            );
            next[sender] += 1;
        }
        assert_eq!(next, [20_000; 4]);
        assert!(sink.close().is_none());
    }

    #[tokio::test]
    async fn full_disk_is_reported_and_blocks_no_sender() {
        let sink = full();
        assert!(sink.failure().is_none());
        let failed = sink.failed();
        (0..3 * QUEUE as u64).for_each(|n| sink.put(n));
        let error = failed.await;
        assert!(
            error
                .to_string()
                .starts_with("cannot write the/journal: No space left"),
            "{error}"
        );
        assert!(sink.failure().is_some());
        assert!(sink.close().unwrap().is_err());
    }

    #[test]
    fn a_file_that_is_there_is_not_overwritten() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(create(file.path()).unwrap_err().to_string().contains("exists"));
    }

    #[test]
    fn dropping_the_sink_completes_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let sink = Sink::open(create(&path).unwrap(), &path, Vec::new(), Plain(0)).unwrap();
        (0..1000).for_each(|n| sink.put(n));
        drop(sink);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1000);
    }
}
