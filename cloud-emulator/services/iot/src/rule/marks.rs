//! The marks that rules leave: a file that is read when the process is gone, however it went.
//!
//! Each frame goes to the file in one write, so what is torn by a kill is at most the last one. It need
//! not survive the machine, so nothing is synced.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use drill::frames;
use drill::journal::Record;
use drill::ledger::{DeliveryReceipts, LedgerRecord};
use parking_lot::Mutex;

/// An open file of marks.
#[derive(Debug)]
pub(crate) struct MarksFile {
    file: Mutex<File>,
}

impl MarksFile {
    /// A new file.
    ///
    /// # Errors
    /// It is there already, or cannot be written.
    pub(crate) fn create(path: &Path) -> io::Result<MarksFile> {
        let mut file = OpenOptions::new().append(true).create_new(true).open(path)?;
        file.write_all(&frames::header(Record::Ledger))?;
        Ok(MarksFile {
            file: Mutex::new(file),
        })
    }

    /// Writes marks down; none are no frame.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn append(&self, marks: DeliveryReceipts) -> io::Result<()> {
        if marks.messages.is_empty() {
            return Ok(());
        }
        let frame = frames::encode(&LedgerRecord::DeliveryReceipts(marks)).map_err(io::Error::other)?;
        self.file.lock().write_all(&frame)
    }
}

/// The marks that the processes of a broker left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarksRead {
    /// Each is [`LedgerRecord::DeliveryReceipts`], in the order in which they were written.
    pub records: Vec<LedgerRecord>,
    /// A process died while it wrote its last one, which is not among them.
    pub torn: bool,
}

/// Reads the marks that a broker process left at `path`; a file that was never made has none.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub(crate) fn read_marks(path: &Path) -> io::Result<MarksRead> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(MarksRead::default()),
        Err(error) => return Err(error),
    };
    let read = frames::decode(&bytes, Record::Ledger)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(MarksRead {
        records: read.records,
        torn: read.torn,
    })
}

#[cfg(test)]
mod tests {
    use drill::ledger::{MessageId, Stage};
    use drill::units::DrillTime;

    use super::*;

    fn marks(seq: u32) -> DeliveryReceipts {
        DeliveryReceipts {
            rule: "telemetry".to_owned(),
            stage: Stage::RuleReceived,
            region: "us-west-2".to_owned(),
            at: DrillTime::from_secs(1),
            key: None,
            messages: vec![MessageId { device: 1, seq }],
        }
    }

    #[test]
    fn marks_are_read_up_to_a_torn_tail() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks.bin");
        assert_eq!(read_marks(&path).unwrap(), MarksRead::default());
        let file = MarksFile::create(&path).unwrap();
        file.append(marks(1)).unwrap();
        file.append(DeliveryReceipts {
            messages: Vec::new(),
            ..marks(9)
        })
        .unwrap();
        file.append(marks(2)).unwrap();
        let whole = read_marks(&path).unwrap();
        assert_eq!(
            whole.records,
            [1, 2].map(|seq| LedgerRecord::DeliveryReceipts(marks(seq)))
        );
        assert!(!whole.torn);
        let length = std::fs::metadata(&path).unwrap().len();
        OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(length - 1)
            .unwrap();
        let torn = read_marks(&path).unwrap();
        assert_eq!((torn.records.len(), torn.torn), (1, true));
    }

    #[test]
    fn a_file_that_is_there_is_not_continued() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks.bin");
        std::fs::write(&path, b"something else").unwrap();
        assert_eq!(
            MarksFile::create(&path).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(read_marks(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
