//! The charts of the page: recovery, probes, fleet, data. Each returns nothing where there is no data.
//!
//! ```text
//!        │ names of faults, detection, targets     ChartSymbols      one width, one gutter, one zero
//!  names ├──────────────────────────────────────              (the first fault), so that
//!  of    │ bars, strips, lines                     each chart what happened at once stands
//!  rows  ├──────────────────────────────────────              at one place in all charts
//!        │ ticks                                   axis
//! ```

mod axis;
mod chart;
mod clock;
mod data;
mod fleet;
mod layout;
mod objective;
mod probes;
mod recovery;
mod recovery_point;
mod symbols;
mod trend;
mod zoom;

pub(crate) use chart::Chart;
pub(crate) use clock::clock;
pub(crate) use data::outcomes;
pub(crate) use fleet::fleet;
pub(crate) use layout::{LEFT, RIGHT, WIDTH};
pub(crate) use objective::{against_target, fills};
pub(crate) use probes::{gaps, probes};
pub(crate) use recovery::{BAR, beyond, open_end, recovery};
pub(crate) use recovery_point::recovery_point;
pub(crate) use trend::{Point, points, trend};
pub(crate) use zoom::zooms;
