//! The seal of a run: one hash over everything that it left.
//!
//! [`FILE`] is what `sha256sum audit.bin journal.jsonl ledger.bin scenario.yaml` prints, and the seal, which stands in
//! every report, is its SHA-256. So a report can be held against its run without Firedrill: `sha256sum --check` says that
//! no file was changed, the last line of the journal included, and `sha256sum seal.sha256` that the report is of this run.

use sha2::{Digest, Sha256};

/// The file with the hashes, in the folder of the run.
pub const FILE: &str = "seal.sha256";

/// What a run left, byte by byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files<'a> {
    /// `scenario.yaml`: what was drilled.
    pub scenario: &'a [u8],
    /// `journal.jsonl`: what happened.
    pub journal: &'a [u8],
    /// `ledger.bin`: what was produced and acknowledged.
    pub ledger: &'a [u8],
    /// `audit.bin`: what was read back.
    pub audit: &'a [u8],
}

/// A file that is not the one that was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file} was changed after the run: the seal does not match")]
pub struct SealMismatch {
    /// Its name; that of the seal where that is no seal of these files at all.
    pub file: &'static str,
}

impl Files<'_> {
    fn hashes(&self) -> [(&'static str, String); 4] {
        let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        [
            ("audit.bin", hash(self.audit)),
            ("journal.jsonl", hash(self.journal)),
            ("ledger.bin", hash(self.ledger)),
            ("scenario.yaml", hash(self.scenario)),
        ]
    }

    /// What stands in [`FILE`].
    pub fn hash_list(&self) -> String {
        let lines = self.hashes().map(|(name, hash)| format!("{hash}  {name}\n"));
        lines.concat()
    }

    /// Holds the files against what was written into [`FILE`] at the end of the run, and returns the seal, in hex.
    ///
    /// # Errors
    /// The first file that was changed.
    pub fn check(&self, hash_list: &[u8]) -> Result<String, SealMismatch> {
        let found = self.hash_list();
        if found.as_bytes() == hash_list {
            return Ok(hex::encode(Sha256::digest(hash_list)));
        }
        let sealed = String::from_utf8_lossy(hash_list);
        let changed = self.hashes().into_iter().zip(sealed.lines());
        let changed = changed
            .filter(|((name, hash), line)| {
                line.ends_with(&format!("  {name}")) && !line.starts_with(hash.as_str())
            })
            .map(|((name, _), _)| name)
            .next();
        Err(SealMismatch {
            file: changed.unwrap_or(FILE),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: Files<'static> = Files {
        scenario: b"version: 1",
        journal: b"{}\n",
        ledger: b"l",
        audit: b"",
    };

    #[test]
    fn it_is_what_sha256sum_prints() {
        let lines = FILES.hash_list();
        // printf '' | sha256sum
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  audit.bin";
        assert_eq!(lines.lines().next(), Some(of_nothing));
        let names: Vec<&str> = lines.lines().filter_map(|line| line.split("  ").nth(1)).collect();
        assert_eq!(
            names,
            ["audit.bin", "journal.jsonl", "ledger.bin", "scenario.yaml"]
        );
    }

    #[test]
    fn a_change_of_any_file_is_found_and_named() {
        let sealed = FILES.hash_list();
        let seal = FILES.check(sealed.as_bytes()).unwrap();
        assert_eq!(seal.len(), 64);
        let found = |files: Files<'_>| files.check(sealed.as_bytes()).unwrap_err().file;
        assert_eq!(found(Files { audit: b"a", ..FILES }), "audit.bin");
        assert_eq!(
            found(Files {
                journal: b"{}",
                ..FILES
            }),
            "journal.jsonl"
        );
        assert_eq!(found(Files { ledger: b"", ..FILES }), "ledger.bin");
        assert_eq!(
            found(Files {
                scenario: b"version: 2",
                ..FILES
            }),
            "scenario.yaml"
        );
        for other in [&b""[..], b"something else", &sealed.as_bytes()[..80]] {
            assert_eq!(FILES.check(other).unwrap_err().file, FILE);
        }
    }
}
