//! Text of the reports: figures with units, names of verdicts and metrics.
//!
//! Shared by all formats, so that the terminal, the comment and the page use the same text.

mod chance;
mod checks;
mod data_set;
mod details;
mod events;
mod incident;
mod labels;
mod manager;
mod numbers;
mod objective;
mod one_line;
mod people;
mod register;
mod remedy;
mod run;
mod simulated;
#[cfg(test)]
mod tests;

pub(crate) use drill::text::steers;

pub(crate) use chance::*;
pub(crate) use checks::*;
pub(crate) use data_set::*;
pub(crate) use details::*;
pub(crate) use events::*;
pub(crate) use incident::*;
pub(crate) use labels::*;
pub(crate) use manager::summary;
pub(crate) use numbers::*;
pub(crate) use objective::*;
pub(crate) use one_line::one_line;
pub(crate) use people::*;
pub(crate) use register::{address_of, read_after, register, status, tracked};
pub(crate) use remedy::remedy;
pub(crate) use run::*;
pub(crate) use simulated::*;
