//! The charts of a forecast: how the figures of targets are spread, what durations do to them, what recovery is made of,
//! how the fleet comes back. Each is left out where there is no data.

mod axis;
mod chart_name;
mod critical;
mod distribution;
mod fleet;
mod row;
mod symbols;
mod tornado;

use forecast::plan::study::Study;

use crate::figure::Figure;

/// All that there is data for.
pub(super) fn all(study: &Study) -> Vec<Figure> {
    let mut all: Vec<Figure> = Vec::new();
    all.extend(distribution::all(study));
    all.extend(tornado::all(study));
    all.extend(critical::chart(study));
    all.extend(fleet::chart(study));
    all
}
