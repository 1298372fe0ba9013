//! Reports of a plan's forecast: a summary on the terminal, files for programs, a page with charts.
//!
//! ```text
//!   Study ──► summary         terminal
//!         ──► forecast.json   the study itself: others build on it
//!         ──► forecast.csv    a row for each target, duration and share of the fleet
//!         ──► forecast.html   text (the recommendation), charts, tables
//!         ──► charts          SVG files of their own
//! ```
//!
//! Every figure in it is modelled and marked as such. Nothing is computed here that the study does not say, but for shares of
//! its runs.

mod advice;
mod charts;
mod page;
mod quantile;
mod summary;
mod tables;
mod text;

use drill::text::plain_json;
use forecast::plan::study::{Distribution, Study};

pub use crate::figure::Picture;
pub use page::render as html;
use quantile::quantile;
pub use summary::render as terminal;

/// The quantiles that a study has, in percent.
const QUANTILES: [u32; 8] = [5, 25, 50, 75, 90, 95, 99, 100];

/// `forecast.json`.
pub fn json(study: &Study) -> String {
    // Numbers and texts alone: there is nothing that could not be written.
    let mut text = serde_json::to_string_pretty(study).unwrap_or_default();
    text.push('\n');
    plain_json(text)
}

/// `forecast.csv`: a row for each target, each duration and each share of the fleet. Times are seconds; a quantile is empty
/// where it lies beyond the runs, as are columns that a row has nothing for.
pub fn csv(study: &Study) -> String {
    let mut text = "kind,name,metric,target_s,runs,met,chance,chance_low,chance_high,failed,critical,share,known,beyond,mean_s"
        .to_owned();
    QUANTILES
        .iter()
        .for_each(|percent| text.push_str(&format!(",p{percent}_s")));
    text.push('\n');
    for target in &study.targets {
        let head = [
            "target".to_owned(),
            csv_text(&target.service),
            text::metric_key(target.metric).to_owned(),
            csv_number(Some(target.target_s)),
            study.runs.to_string(),
            target.met.to_string(),
            csv_number(Some(target.chance)),
            csv_number(Some(target.chance_low)),
            csv_number(Some(target.chance_high)),
            String::new(),
            String::new(),
            String::new(),
        ];
        csv_row(&mut text, &head, &target.figure);
    }
    for duration in &study.durations {
        let mut head: [String; 12] = Default::default();
        head[0] = "duration".to_owned();
        head[1] = csv_text(&duration.name);
        head[4] = duration.runs.to_string();
        head[9] = duration.failed.to_string();
        head[10] = csv_number(Some(duration.critical));
        head[11] = csv_number(Some(duration.share));
        csv_row(&mut text, &head, &duration.length);
    }
    for back in study.fleet.iter().flat_map(|fleet| &fleet.back) {
        let mut head: [String; 12] = Default::default();
        head[0] = "fleet".to_owned();
        head[1] = csv_text(&format!("{} % back", back.percent));
        head[4] = study.runs.to_string();
        csv_row(&mut text, &head, &back.after);
    }
    text
}

fn csv_row(text: &mut String, head: &[String], figure: &Distribution) {
    let counts = [
        figure.known.to_string(),
        figure.beyond.to_string(),
        csv_number(figure.mean_s),
    ];
    let quantiles = QUANTILES.map(|percent| csv_number(quantile(figure, percent)));
    let cells: Vec<&str> = head
        .iter()
        .chain(&counts)
        .chain(&quantiles)
        .map(String::as_str)
        .collect();
    text.push_str(&cells.join(","));
    text.push('\n');
}

/// A text in quotes. One that a spreadsheet would take for a formula gets an apostrophe before it.
fn csv_text(text: &str) -> String {
    let formula = if text.starts_with(['=', '+', '-', '@']) {
        "'"
    } else {
        ""
    };
    format!(
        "\"{formula}{}\"",
        crate::text::one_line(text).replace('"', "\"\"")
    )
}

fn csv_number(value: Option<f64>) -> String {
    value
        .filter(|value| value.is_finite())
        .map_or_else(String::new, |value| value.to_string())
}

/// The page's charts, each as a file.
pub fn pictures(study: &Study) -> Vec<Picture> {
    let charts = charts::all(study).into_iter();
    charts.map(|chart| chart.picture("forecast")).collect()
}

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
