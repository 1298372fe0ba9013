//! What a scenario says: its types, and how a file becomes them.
//!
//! ```text
//! text ──► tree with positions ──► table of fields ──► Scenario ──► checks ──► (Scenario, warnings)
//!              (yaml)         │   (decode, faults, actions)       (validate)     or every error
//!                             └──► JSON Schema
//! ```
//!
//! The model comes out with defaults filled in, names checked, and units as types, so that nothing that
//! runs a drill asks again whether a scenario makes sense.

#[macro_use]
mod registry;

mod beside;
pub(crate) mod decode;
mod diagnostic;
mod fill;
mod limits;
mod names;
mod parse;
mod paths;
mod regions;
mod tables;
mod validate;
pub(crate) mod yaml;

pub mod actions;
pub mod faults;
pub mod glob;
pub mod model;

pub use diagnostic::{Diagnostic, Mark, Places, Warning, nearest};
pub use model::*;
pub(crate) use parse::decode_file;
pub use parse::{Parsed, schema};
pub use paths::Pointing;
pub use regions::AWS_REGIONS;
