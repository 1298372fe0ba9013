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
pub(crate) mod registry;

pub(crate) mod beside;
pub(crate) mod checks;
pub mod chosen;
pub(crate) mod decode;
pub(crate) mod diagnostic;
mod fill;
pub(crate) mod identifiers;
mod keys;
pub(crate) mod limits;
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
pub mod probes;

pub use crate::services::KeyedStore;
pub use crate::services::aws::{AwsError, AwsLatency, Caller, RequestEffect, RequestFault, Selector};
pub use crate::services::dns::{DnsFailover, DnsStale};
pub use crate::services::iot::actions::*;
pub use crate::services::iot::faults::*;
pub use crate::services::iot::probes::*;
pub use crate::services::iot::{IOT_NAME, Iot, Rule};
pub use crate::services::lambda::actions::*;
pub use crate::services::lambda::faults::*;
pub use crate::services::lambda::probes::*;
pub use crate::services::lambda::{BuiltIn, Function, FunctionCode, LIVE};
pub use crate::services::s3::actions::*;
pub use crate::services::s3::faults::*;
pub use crate::services::s3::probes::*;
pub use crate::services::s3::{Bucket, Location};
pub use actions::{
    Check, Command, Compared, Copies, Human, Move, Notify, Parallel, Search, Shell, StackDeploy,
    StoreLocation, Touches, Wait,
};
pub use chosen::{Choosable, Chosen, FaultAction, ProbeKind, Section, StepAction};
pub use decode::{Documentation, FieldDoc, TableDoc, VariantDoc};
pub use diagnostic::{Diagnostic, Mark, Places, Warning, nearest};
pub use faults::{
    Effect, FailureMode, Impact, Latency, OutageContainer, OutageForm, RegionOutage, TargetSelector,
};
pub(crate) use model::Writes;
pub use model::*;
pub(crate) use parse::decode_file;
pub use parse::{Parsed, documentation, schema};
pub use probes::{Pointing, Reads, Sample};
pub use regions::AWS_REGIONS;
pub(crate) use regions::or_primary;
