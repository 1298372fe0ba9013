//! A fault that was injected.

use crate::scenario::Fault;
use crate::units::DrillTime;

/// A fault that was injected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injection<'a> {
    pub(crate) fault: &'a Fault,
    pub(crate) at: DrillTime,
}
