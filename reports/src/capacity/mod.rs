//! Reports of a capacity study: the table on the terminal, files for programs, a page with curves.
//!
//! ```text
//!   Study ──► table           terminal
//!         ──► capacity.json   others build on it
//!         ──► capacity.csv    a row for each storm
//!         ──► capacity.html   text (the recommendation), charts, the sweep
//!         ──► charts          SVG files of their own
//! ```
//!
//! Every figure in it is modelled and marked as such.

mod charts;
mod page;
mod table;
mod text;

use forecast::capacity::Study;

pub use crate::figure::Picture;
pub use page::render as html;
pub use table::render as terminal;

/// `capacity.json`.
pub fn json(study: &Study) -> String {
    // Numbers and texts alone: there is nothing that could not be written.
    let mut text = serde_json::to_string_pretty(study).unwrap_or_default();
    text.push('\n');
    text
}

/// `capacity.csv`: a row for each storm. Times are seconds from the loss of the sessions; empty where it never came.
pub fn csv(study: &Study) -> String {
    let mut text = "policy,devices,connects_per_second,engine,back_50_s,back_90_s,back_99_s,back_100_s,floor_s,attempts,refused,\
                    peak_attempts_per_second,gave_up,meets_target\n"
        .to_owned();
    let seconds =
        |ms: Option<i64>| ms.map_or(String::new(), |ms| format!("{}.{:03}", ms / 1_000, ms % 1_000));
    for point in &study.points {
        let back = point.back_after_ms.map(seconds).join(",");
        text.push_str(&format!(
            "\"{}\",{},{},{},{back},{},{},{},{},{},{}\n",
            point.policy.replace('"', "\"\""),
            point.devices,
            point.connects_per_second,
            point.engine,
            seconds(Some(point.floor_ms)),
            point.attempts,
            point.refused,
            point.peak_per_second,
            point.gave_up,
            point.meets,
        ));
    }
    text
}

/// The page's pictures, each as a file.
pub fn pictures(study: &Study) -> Vec<Picture> {
    let charts = charts::all(study).into_iter();
    charts.map(|chart| chart.picture("capacity")).collect()
}

#[cfg(test)]
mod tests;
