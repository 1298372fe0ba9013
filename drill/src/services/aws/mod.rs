//! Faults on requests to any of AWS's services.

mod faults;

pub(crate) use faults::all as faults;
pub use faults::{AwsError, AwsLatency, Caller, RequestEffect, RequestFault, Selector};
