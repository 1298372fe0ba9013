//! The file of the baseline: read before anything is drilled, written when asked to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use baseline::Baseline;

use crate::exit::Failure;
use crate::run_folder;

/// Larger files are none.
const MAX_BYTES: u64 = 64 << 20;

/// A baseline and where it lies.
pub(crate) struct BaselineFile {
    path: PathBuf,
    baseline: Baseline,
}

impl BaselineFile {
    /// Reads it. To be updated it need not be there.
    ///
    /// # Errors
    /// If it cannot be read, or is no baseline, with its line.
    pub(crate) fn open(path: &Path, to_update: bool) -> Result<BaselineFile, Failure> {
        let refused = |what: String| Err(Failure::Input(format!("{}{what}", path.display())));
        let baseline = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && to_update => Baseline::default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return refused(": there is no such baseline: --update-baseline writes it".to_owned());
            }
            Err(error) => return refused(format!(": cannot be read: {error}")),
            Ok(metadata) if !metadata.is_file() => return refused(": is no regular file".to_owned()),
            Ok(metadata) if metadata.len() > MAX_BYTES => {
                return refused(": has more than 64 MiB, which no baseline has".to_owned());
            }
            Ok(_) => {
                let text = match fs::read_to_string(path) {
                    Ok(text) => text,
                    Err(error) => return refused(format!(": cannot be read: {error}")),
                };
                match Baseline::parse(&text) {
                    Ok(baseline) => baseline,
                    Err(error) => return refused(format!(":{error}")),
                }
            }
        };
        Ok(BaselineFile {
            path: path.to_owned(),
            baseline,
        })
    }

    pub(crate) fn baseline(&self) -> &Baseline {
        &self.baseline
    }

    pub(crate) fn into_baseline(self) -> Baseline {
        self.baseline
    }

    /// Writes it with the scenarios of `newer`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn update(mut self, newer: Baseline) -> Result<(), Failure> {
        self.baseline.update(newer);
        run_folder::write(&self.path, self.baseline.to_json().as_bytes())
    }
}
