//! The records of a run, judged again: nothing is signed, and nothing verified, by its report alone.

use std::collections::BTreeMap;
use std::path::Path;

use drill::report::Judged;
use drill::seal;

use crate::exit::Failure;
use crate::judge::judge_left;
use crate::run_folder::Left;

/// Judges records again; `place` is what messages call them.
///
/// # Errors
/// If something was changed since they were sealed, or this version cannot read it.
pub(crate) fn again(files: &BTreeMap<String, Vec<u8>>, place: &Path) -> Result<Judged, Failure> {
    let left = Left::from_files(files);
    judge_left(&left, files.get(seal::FILE).map(Vec::as_slice), place)
}

/// Whether every report is the one that the records give.
///
/// # Errors
/// The first that is not.
pub(super) fn reports_are_given_by(
    judged: &Judged,
    files: &BTreeMap<String, Vec<u8>>,
    run: &Path,
) -> Result<(), Failure> {
    match differing(judged, files) {
        None => Ok(()),
        Some(file) => Err(Failure::Input(format!(
            "{}: is not what the records give: it was changed, or another version of Firedrill wrote it; \
             firedrill report {} writes it anew",
            run.join(file).display(),
            run.display()
        ))),
    }
}

/// The first report that is not the one that the records give. One that is not there was not written by the version that made
/// the pack; one that packs has read all.
pub(crate) fn differing(judged: &Judged, files: &BTreeMap<String, Vec<u8>>) -> Option<&'static str> {
    let differs = |format: &&reports::Format| {
        let file = files.get(format.file);
        file.is_some_and(|file| *file != (format.render)(judged).into_bytes())
    };
    reports::FORMATS.iter().find(differs).map(|format| format.file)
}
