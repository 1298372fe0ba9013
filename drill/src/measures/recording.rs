//! What a run left, read and verified: the only input of the measures besides the scenario.

use sha2::{Digest, Sha256};

use crate::audit::AuditRecord;
use crate::frames::{self, FrameError};
use crate::journal::{self, EndReason, Event, Journal, JournalError, Record};
use crate::ledger::LedgerRecord;
use crate::seal::{self, Files};

/// The three records of a run, and their seal.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// What happened.
    pub journal: Journal,
    /// What was produced and acknowledged.
    pub ledger: Vec<LedgerRecord>,
    /// What was read back.
    pub audit: Vec<AuditRecord>,
    /// The seal, in hex; none if the run did not reach its end.
    pub seal: Option<String>,
    /// The run came to its end, and there is no seal: the run was killed just then, or the seal was removed.
    pub lacks_seal: bool,
}

/// Records that cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// The journal cannot be trusted.
    #[error("journal.jsonl: {0}")]
    Journal(#[from] JournalError),
    /// The end of the journal is missing, which the run was sealed with.
    #[error("journal.jsonl:{line}: the journal is cut short here: it was sealed with more lines")]
    CutShort {
        /// The last line that is there, counted from 1; 0 if none is.
        line: usize,
    },
    /// A binary record cannot be read.
    #[error("{file}: {error}")]
    Unreadable {
        /// Its file.
        file: &'static str,
        /// What is wrong with it.
        error: FrameError,
    },
    /// A file is not the one that was sealed.
    #[error(transparent)]
    Seal(#[from] seal::SealMismatch),
    /// A binary record is not the one whose hash stands in the journal.
    #[error("{file} was changed after the run: its SHA-256 is {found}, the journal says {sealed}")]
    Changed {
        /// Its file.
        file: &'static str,
        /// SHA-256 (hex) of the file as it is.
        found: String,
        /// SHA-256 (hex) that stands in the journal.
        sealed: String,
    },
}

impl Recording {
    /// Reads what a run left, and holds it against its seal: the content of [`seal::FILE`]. What was not sealed (the
    /// run was killed) is taken up to its last whole frame.
    ///
    /// # Errors
    /// A broken chain in the journal, a binary record that cannot be read, or one that is not the one whose hash stands
    /// in the journal; or a file that is not the one that was sealed.
    pub fn read(files: &Files<'_>, hash_list: Option<&[u8]>) -> Result<Recording, RecordingError> {
        let recording = Recording::unsealed(files)?;
        let seal = match hash_list {
            Some(list) => Some(files.check(list).map_err(|broken| recording.broken(broken))?),
            None => None,
        };
        // One that was interrupted came to no end that could be sealed as a whole.
        let came_to_its_end = recording
            .journal
            .finished()
            .is_some_and(|why| why != EndReason::Interrupted);
        let lacks_seal = seal.is_none() && came_to_its_end;
        Ok(Recording {
            seal,
            lacks_seal,
            ..recording
        })
    }

    /// What is wrong with a file that is not the one that was sealed.
    fn broken(&self, broken: seal::SealMismatch) -> RecordingError {
        let journal = &self.journal;
        let cut = journal.torn || journal.finished().is_none();
        if broken.file == "journal.jsonl" && cut {
            RecordingError::CutShort {
                line: journal.lines.len() + usize::from(journal.torn),
            }
        } else {
            RecordingError::Seal(broken)
        }
    }

    fn unsealed(files: &Files<'_>) -> Result<Recording, RecordingError> {
        let Files { ledger, audit, .. } = *files;
        let journal = journal::read(files.journal)?;
        check_seal(&journal, Record::Ledger, ledger)?;
        check_seal(&journal, Record::Audit, audit)?;
        Ok(Recording {
            ledger: records(ledger, Record::Ledger)?,
            audit: records(audit, Record::Audit)?,
            journal,
            seal: None,
            lacks_seal: false,
        })
    }

    /// SHA-256 (hex) of the scenario file that was drilled, if the journal got that far.
    pub fn scenario_sha256(&self) -> Option<&str> {
        self.journal.lines.iter().find_map(|line| match &line.event {
            Event::Started { scenario_sha256, .. } => Some(scenario_sha256.as_str()),
            _ => None,
        })
    }

    /// SHA-256 (hex) of the `details.json` with which the drill began, if it had one.
    pub fn details_sha256(&self) -> Option<&str> {
        self.journal.lines.iter().find_map(|line| match &line.event {
            Event::Started { details_sha256, .. } => details_sha256.as_deref(),
            _ => None,
        })
    }

    /// SHA-256 (hex) of the plan by which it was drilled ([`crate::plan::Plan::digest`]), if the journal got that far.
    pub fn plan_sha256(&self) -> Option<&str> {
        self.journal.lines.iter().find_map(|line| match &line.event {
            Event::Started { plan_sha256, .. } => Some(plan_sha256.as_str()),
            _ => None,
        })
    }
}

fn file(record: Record) -> &'static str {
    match record {
        Record::Ledger => "ledger.bin",
        Record::Audit => "audit.bin",
    }
}

fn check_seal(journal: &Journal, record: Record, bytes: &[u8]) -> Result<(), RecordingError> {
    let sealed = journal.events().find_map(|(_, event)| match event {
        Event::Sealed { record: of, sha256 } if *of == record => Some(sha256),
        _ => None,
    });
    let Some(sealed) = sealed else { return Ok(()) };
    let found = hex::encode(Sha256::digest(bytes));
    if found == *sealed {
        Ok(())
    } else {
        Err(RecordingError::Changed {
            file: file(record),
            found,
            sealed: sealed.clone(),
        })
    }
}

fn records<T: serde::de::DeserializeOwned>(bytes: &[u8], record: Record) -> Result<Vec<T>, RecordingError> {
    let read = frames::decode(bytes, record).map_err(|error| RecordingError::Unreadable {
        file: file(record),
        error,
    })?;
    Ok(read.records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{EndReason, Line, NO_PREVIOUS, VERSION, line_hash};
    use crate::ledger::{Write, WriteKind};
    use crate::units::DrillTime;

    fn journal(events: Vec<Event>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut prev = NO_PREVIOUS.to_owned();
        for (seq, event) in (0..).zip(events) {
            let (v, drill_us, wall_us) = (VERSION, DrillTime::ZERO, 0);
            let text = serde_json::to_vec(&Line {
                v,
                seq,
                drill_us,
                wall_us,
                prev,
                event,
            })
            .unwrap();
            prev = line_hash(&text);
            bytes.extend(text);
            bytes.push(b'\n');
        }
        bytes
    }

    fn ledger() -> Vec<u8> {
        let write = LedgerRecord::Write(Write {
            store: "b".into(),
            producer: "w".into(),
            region: String::new(),
            key: "k".into(),
            kind: WriteKind::Put,
            produced: DrillTime::ZERO,
            acknowledged: None,
            digest: [1; 32],
            size: 3,
        });
        let mut bytes = frames::header(Record::Ledger).to_vec();
        bytes.extend(frames::encode(&write).unwrap());
        bytes
    }

    fn sealed(ledger: &[u8], audit: &[u8]) -> Vec<u8> {
        let seal = |record, bytes: &[u8]| Event::Sealed {
            record,
            sha256: hex::encode(Sha256::digest(bytes)),
        };
        let reason = EndReason::Recovered;
        journal(vec![
            seal(Record::Ledger, ledger),
            seal(Record::Audit, audit),
            Event::Finished { reason },
        ])
    }

    #[test]
    fn what_was_sealed_is_read() {
        let (ledger, audit) = (ledger(), frames::header(Record::Audit).to_vec());
        let recording = read(&sealed(&ledger, &audit), &ledger, &audit).unwrap();
        assert_eq!(recording.ledger.len(), 1);
        assert!(recording.audit.is_empty());
        assert_eq!(recording.scenario_sha256(), None);
    }

    #[test]
    fn a_changed_record_is_found() {
        let (ledger, audit) = (ledger(), frames::header(Record::Audit).to_vec());
        let journal = sealed(&ledger, &audit);
        let mut changed = ledger.clone();
        *changed.last_mut().unwrap() ^= 1;
        let error = read(&journal, &changed, &audit).unwrap_err();
        assert!(
            matches!(
                error,
                RecordingError::Changed {
                    file: "ledger.bin",
                    ..
                }
            ),
            "{error}"
        );
        let error = read(&journal, &ledger, &audit[..3]).unwrap_err();
        assert!(
            matches!(
                error,
                RecordingError::Changed {
                    file: "audit.bin",
                    ..
                }
            ),
            "{error}"
        );
        let error = read(&journal[1..], &ledger, &audit).unwrap_err();
        assert!(matches!(error, RecordingError::Journal(_)), "{error}");
    }

    #[test]
    fn a_killed_run_is_read_up_to_its_last_whole_frame() {
        let mut torn = ledger();
        torn.extend(&ledger()[frames::HEADER_LEN..][..9]);
        let recording = read(&journal(vec![]), &torn, b"").unwrap();
        assert_eq!(recording.ledger.len(), 1);
        let error = read(b"", b"something else", b"").unwrap_err();
        assert!(
            matches!(
                error,
                RecordingError::Unreadable {
                    file: "ledger.bin",
                    ..
                }
            ),
            "{error}"
        );
    }

    /// Read with the seal of what is there.
    fn read(journal: &[u8], ledger: &[u8], audit: &[u8]) -> Result<Recording, RecordingError> {
        let scenario = b"";
        let files = Files {
            scenario,
            journal,
            ledger,
            audit,
        };
        Recording::read(&files, Some(files.hash_list().as_bytes()))
    }

    #[test]
    fn a_run_that_reached_its_end_has_to_match_its_seal() {
        let finished = journal(vec![Event::Finished {
            reason: EndReason::Recovered,
        }]);
        let (ledger, audit) = (ledger(), frames::header(Record::Audit).to_vec());
        let files = Files {
            scenario: b"version: 1",
            journal: &finished,
            ledger: &ledger,
            audit: &audit,
        };
        let list = files.hash_list();
        let read = Recording::read(&files, Some(list.as_bytes())).unwrap();
        assert_eq!(read.seal.as_ref().map(String::len), Some(64));
        assert!(!read.lacks_seal);
        let unsealed = Recording::read(&files, None).unwrap();
        assert_eq!((unsealed.seal, unsealed.lacks_seal), (None, true));
        // The last line is in no chain.
        let changed = String::from_utf8(finished.clone())
            .unwrap()
            .replace("recovered", "gave_up");
        let changed = Files {
            journal: changed.as_bytes(),
            ..files
        };
        let error = Recording::read(&changed, Some(list.as_bytes())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "journal.jsonl was changed after the run: the seal does not match"
        );
    }
}
