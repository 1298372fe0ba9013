//! The binary records, `ledger.bin` and `audit.bin`: a header, then frames.
//!
//! ```text
//!   8 bytes         the header: "fdledgr" or "fdaudit", and the format's version as one byte
//!   ┌ 4 bytes       length n of the payload, unsigned, little-endian, at most MAX_PAYLOAD
//!   └ n bytes       the payload: one record in postcard encoding
//!   ...             until the end of the file
//! ```
//!
//! Frames have no checksum of their own: the SHA-256 of the whole file stands in the journal once the
//! record is sealed. A record that was not sealed (a crash) is read up to its last whole frame.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::journal::Record;

/// The version of the format, the last byte of the header.
pub const VERSION: u8 = 1;

/// Bytes of the header.
pub const HEADER_LEN: usize = 8;

/// The longest payload of a frame, in bytes.
pub const MAX_PAYLOAD: usize = 1 << 26;

/// Bytes of a frame before its payload.
const LENGTH_LEN: usize = 4;

/// A record that cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// It does not begin as such a record does.
    #[error("this is no {expected} file of Firedrill")]
    Header {
        /// What it should have been.
        expected: &'static str,
    },
    /// Another version wrote it.
    #[error("the {record} file has format version {found}, this program reads {VERSION}")]
    Version {
        /// Which record.
        record: &'static str,
        /// The version that stands there.
        found: u8,
    },
    /// A frame is longer than any may be.
    #[error("frame {frame} says that it is {length} bytes long; at most {MAX_PAYLOAD} are allowed")]
    TooLong {
        /// Counted from 0.
        frame: usize,
        /// Its length in bytes.
        length: usize,
    },
    /// A payload is not what it should be.
    #[error("frame {frame} cannot be read: {reason}")]
    Payload {
        /// Counted from 0.
        frame: usize,
        /// What the decoder said.
        reason: String,
    },
}

/// All records of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frames<T> {
    /// The records in the order in which they were written.
    pub records: Vec<T>,
    /// The file ends within a frame (a crash); that frame is not among `records`.
    pub torn: bool,
}

fn name(record: Record) -> &'static str {
    match record {
        Record::Ledger => "ledger",
        Record::Audit => "audit",
    }
}

/// The first bytes of a record.
pub fn header(record: Record) -> [u8; HEADER_LEN] {
    let mut header = match record {
        Record::Ledger => *b"fdledgr\0",
        Record::Audit => *b"fdaudit\0",
    };
    header[HEADER_LEN - 1] = VERSION;
    header
}

/// One record as a frame.
///
/// # Errors
/// If it is longer than [`MAX_PAYLOAD`], or cannot be encoded at all; both are faults of the caller.
pub fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, FrameError> {
    let bytes = postcard::to_extend(record, vec![0; LENGTH_LEN]);
    let mut frame = bytes.map_err(|error| FrameError::Payload {
        frame: 0,
        reason: error.to_string(),
    })?;
    let length = frame.len() - LENGTH_LEN;
    if length > MAX_PAYLOAD {
        return Err(FrameError::TooLong { frame: 0, length });
    }
    frame[..LENGTH_LEN].copy_from_slice(&(length as u32).to_le_bytes());
    Ok(frame)
}

/// Reads a whole file. Nothing at all, or less than a header, is a torn record without frames.
///
/// # Errors
/// A wrong header, another version, a frame that is too long or whose payload is no `T`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], record: Record) -> Result<Frames<T>, FrameError> {
    let mut frames = Frames {
        records: Vec::new(),
        torn: false,
    };
    let wanted = header(record);
    let Some((found, mut rest)) = bytes.split_at_checked(HEADER_LEN) else {
        frames.torn = true;
        return if wanted.starts_with(bytes) {
            Ok(frames)
        } else {
            Err(FrameError::Header {
                expected: name(record),
            })
        };
    };
    check_header(found, record)?;
    while !rest.is_empty() {
        let frame = frames.records.len();
        let Some((payload, tail)) = split_frame(rest, frame)? else {
            frames.torn = true;
            break;
        };
        let record = postcard::from_bytes(payload).map_err(|error| FrameError::Payload {
            frame,
            reason: error.to_string(),
        })?;
        frames.records.push(record);
        rest = tail;
    }
    Ok(frames)
}

fn check_header(found: &[u8], record: Record) -> Result<(), FrameError> {
    let wanted = header(record);
    if found[..HEADER_LEN - 1] != wanted[..HEADER_LEN - 1] {
        return Err(FrameError::Header {
            expected: name(record),
        });
    }
    match found[HEADER_LEN - 1] {
        VERSION => Ok(()),
        found => Err(FrameError::Version {
            record: name(record),
            found,
        }),
    }
}

/// A payload, and the bytes after it.
type Split<'a> = (&'a [u8], &'a [u8]);

/// The payload of the first frame and what follows; `None` if the bytes end within it.
fn split_frame(bytes: &[u8], frame: usize) -> Result<Option<Split<'_>>, FrameError> {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_LEN>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_PAYLOAD {
        return Err(FrameError::TooLong { frame, length });
    }
    Ok(rest.split_at_checked(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(records: &[(u64, String)]) -> Vec<u8> {
        let mut bytes = header(Record::Ledger).to_vec();
        for record in records {
            bytes.extend(encode(record).unwrap());
        }
        bytes
    }

    fn records() -> Vec<(u64, String)> {
        vec![
            (7, "a key".to_owned()),
            (u64::MAX, String::new()),
            (0, "x".repeat(3000)),
        ]
    }

    #[test]
    fn what_was_written_is_read() {
        let read = decode::<(u64, String)>(&file(&records()), Record::Ledger).unwrap();
        assert_eq!(read.records, records());
        assert!(!read.torn);
    }

    #[test]
    fn cut_anywhere_it_is_read_up_to_the_last_whole_frame() {
        let bytes = file(&records());
        let whole: Vec<usize> = (0..=3).map(|n| file(&records()[..n]).len()).collect();
        for cut in 0..bytes.len() {
            let read = decode::<(u64, String)>(&bytes[..cut], Record::Ledger).unwrap();
            let expected = whole.iter().filter(|end| **end <= cut).count().saturating_sub(1);
            assert_eq!(read.records, records()[..expected], "cut at {cut}");
            assert_eq!(read.torn, !whole.contains(&cut), "cut at {cut}");
        }
    }

    #[test]
    fn other_files_are_told_apart() {
        type Read = Result<Frames<(u64, String)>, FrameError>;
        let read = |bytes: &[u8]| -> Read { decode(bytes, Record::Ledger) };
        let no_ledger = FrameError::Header { expected: "ledger" };
        assert_eq!(read(&header(Record::Audit)).unwrap_err(), no_ledger);
        assert_eq!(read(b"{}").unwrap_err(), no_ledger);
        let mut newer = file(&records());
        newer[HEADER_LEN - 1] = 2;
        let message = read(&newer).unwrap_err().to_string();
        assert_eq!(
            message,
            "the ledger file has format version 2, this program reads 1"
        );
    }

    #[test]
    fn garbage_is_an_error_and_no_panic() {
        let mut long = header(Record::Audit).to_vec();
        long.extend(u32::MAX.to_le_bytes());
        assert!(matches!(
            decode::<u64>(&long, Record::Audit),
            Err(FrameError::TooLong { frame: 0, .. })
        ));
        let mut wrong = header(Record::Audit).to_vec();
        wrong.extend([2, 0, 0, 0, 9, 9]);
        assert!(matches!(
            decode::<(u64, String)>(&wrong, Record::Audit),
            Err(FrameError::Payload { frame: 0, .. })
        ));
    }
}
