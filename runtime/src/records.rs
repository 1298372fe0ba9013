//! Writes `ledger.bin` and `audit.bin`, hashing them as they grow.
//!
//! The format is in [`drill::frames`]. Records are encoded by the thread that appends them and written by one
//! thread per file; [`Records::seal`] gives the SHA-256 of the whole file for the journal.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use drill::frames::{self, FrameError};
use drill::journal::Record;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::sink::{Encoder, Sink, WriteError, create};

/// A binary record of a run, whose frames are `T`. Cheap to clone; all clones write the same file.
pub struct Records<T> {
    sink: Arc<Sink<Hashing>>,
    frames: PhantomData<fn(T)>,
}

/// What a complete record is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256 (hex) of the whole file.
    pub sha256: String,
    /// How many frames it has.
    pub frames: u64,
}

impl<T: Serialize> Records<T> {
    /// A new record at `path`.
    ///
    /// # Errors
    /// If the file is there already or cannot be made.
    pub fn create(path: &Path, record: Record) -> Result<Records<T>, WriteError> {
        let header = frames::header(record).to_vec();
        let hashing = Hashing {
            hash: Sha256::new_with_prefix(&header),
            frames: 0,
        };
        let sink = Sink::open(create(path)?, path, header, hashing)?;
        Ok(Records {
            sink: Arc::new(sink),
            frames: PhantomData,
        })
    }

    /// Appends a frame. Blocks while the queue is full, and never loses anything unless writing itself
    /// fails.
    ///
    /// # Errors
    /// If the record is longer than a frame may be.
    pub fn append(&self, record: &T) -> Result<(), FrameError> {
        self.sink.put(frames::encode(record)?);
        Ok(())
    }

    /// Blocks until everything that was appended before is in the file.
    pub fn flush(&self) {
        self.sink.flush();
    }

    /// The error, once writing has failed; the drill cannot be judged then.
    pub fn failure(&self) -> Option<WriteError> {
        self.sink.failure()
    }

    /// Waits until writing fails: forever, if it does not.
    pub fn failed(&self) -> impl Future<Output = WriteError> + Send + use<T> {
        self.sink.failed()
    }

    /// Completes the file, on its disk. What is appended thereafter is not written. `Ok(None)` if it was
    /// sealed before.
    ///
    /// # Errors
    /// If a frame could not be written.
    pub fn seal(&self) -> Result<Option<Sealed>, WriteError> {
        self.sink.close().transpose()
    }
}

impl<T> Clone for Records<T> {
    fn clone(&self) -> Records<T> {
        Records {
            sink: Arc::clone(&self.sink),
            frames: PhantomData,
        }
    }
}

impl<T> std::fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records")
            .field("failure", &self.sink.failure())
            .finish_non_exhaustive()
    }
}

struct Hashing {
    hash: Sha256,
    frames: u64,
}

impl Encoder for Hashing {
    type Message = Vec<u8>;
    type End = Sealed;

    fn encode(&mut self, frame: Vec<u8>, out: &mut Vec<u8>) {
        self.hash.update(&frame);
        self.frames += 1;
        out.extend_from_slice(&frame);
    }

    fn end(self) -> Sealed {
        Sealed {
            sha256: hex::encode(self.hash.finalize()),
            frames: self.frames,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drill::frames::decode;

    #[test]
    fn the_seal_is_the_hash_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.bin");
        let records: Records<(u32, String)> = Records::create(&path, Record::Ledger).unwrap();
        let written: Vec<(u32, String)> = (0..5000).map(|n| (n, format!("key {n}"))).collect();
        for record in &written {
            records.append(record).unwrap();
        }
        records.flush();
        let half = decode::<(u32, String)>(&std::fs::read(&path).unwrap(), Record::Ledger).unwrap();
        assert_eq!(half.records, written, "readable before it is sealed");
        let sealed = records.seal().unwrap().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(sealed.sha256, hex::encode(Sha256::digest(&bytes)));
        assert_eq!(sealed.frames, 5000);
        assert_eq!(records.seal().unwrap(), None);
    }

    #[test]
    fn an_empty_record_has_a_header_and_a_seal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.bin");
        let records: Records<u8> = Records::create(&path, Record::Audit).unwrap();
        assert_eq!(records.seal().unwrap().unwrap().frames, 0);
        let read = decode::<u8>(&std::fs::read(&path).unwrap(), Record::Audit).unwrap();
        assert!(read.records.is_empty() && !read.torn);
    }
}
