//! The instants that divide the writes of the two audits.

use crate::units::DrillTime;

/// Writes produced before these instants are judged by the two audits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cuts {
    pub(crate) a: Option<DrillTime>,
    pub(crate) b: Option<DrillTime>,
}
