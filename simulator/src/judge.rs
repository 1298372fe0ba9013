//! Judges a recorded run by what it left in its folder.

use std::path::Path;
use std::{fs, io};

use drill::measures::{Recording, judge};
use drill::plan::Plan;
use drill::report::Judged;
use drill::seal;
use forecast::plan::calibration::Calibration;

use crate::exit::Failure;
use crate::run_folder::{self, Left};
use crate::{calibration, details, source};

/// Judges what a run left in its folder.
///
/// # Errors
/// If a file is not there or was changed since.
pub(crate) fn judge_folder(folder: &Path) -> Result<Judged, Failure> {
    judge_folder_and_left(folder).map(|(judged, _)| judged)
}

/// Judges what a run left in its folder, and gives that, too.
///
/// # Errors
/// If a file is not there or was changed since.
pub(crate) fn judge_folder_and_left(folder: &Path) -> Result<(Judged, Left), Failure> {
    let left = Left::read(folder)?;
    let hash_list = match fs::read(folder.join(seal::FILE)) {
        Ok(list) => Some(list),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            let message = format!("{}: cannot be read: {error}", folder.join(seal::FILE).display());
            return Err(Failure::Input(message));
        }
    };
    let judged = judge_left(&left, hash_list.as_deref(), folder)?;
    Ok((judged, left))
}

/// Judges what a run left in `folder`, under its seal.
///
/// # Errors
/// If something was changed since it was sealed.
pub(crate) fn judge_left(left: &Left, hash_list: Option<&[u8]>, folder: &Path) -> Result<Judged, Failure> {
    let recording = Recording::read(&left.files(), hash_list)
        .map_err(|error| Failure::Input(format!("{}: {error}", folder.display())))?;
    let scenario_file = folder.join(run_folder::SCENARIO);
    let sha256 = source::sha256_hex(&left.scenario);
    let scenario = source::recorded(&scenario_file.display().to_string(), &left.scenario)?;
    if recording.scenario_sha256().is_none() {
        let message =
            "its journal ends before the line that names what was drilled: the run was killed as it began";
        return Err(Failure::Input(format!("{}: {message}", folder.display())));
    }
    if recording.scenario_sha256() != Some(sha256.as_str()) {
        let message = "is not the scenario that was drilled: it was changed since";
        return Err(Failure::Input(format!("{}: {message}", scenario_file.display())));
    }
    let plan = Plan::digest_of(&left.plan);
    if recording.plan_sha256() != Some(plan.as_str()) {
        let message = "is not the plan that was drilled: it was changed since";
        let plan_file = folder.join(run_folder::PLAN);
        return Err(Failure::Input(format!("{}: {message}", plan_file.display())));
    }
    let mut judged = judge(&scenario, &recording);
    judged.report.details = details::of_run(left, &recording, folder)?;
    forecast::stands_for::add(&scenario, &mut judged);
    if judged.report.exercise.is_some() {
        return Ok(judged);
    }
    let mut calibration = Calibration::default();
    let read = calibration::add(&mut calibration, &scenario, &judged.report, left);
    read.map_err(|error| Failure::Input(format!("{}: {error}", folder.display())))?;
    forecast::plan::beside::add(&scenario, calibration, &mut judged);
    Ok(judged)
}
