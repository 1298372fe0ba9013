//! An event on its way.

use std::sync::Arc;

use bytes::Bytes;
use drill::units::DrillTime;

use crate::function_names::Reference;
use crate::region::Region;

/// An event on its way.
pub(crate) struct Queued {
    pub(crate) region: Arc<Region>,
    pub(crate) function: Arc<str>,
    pub(crate) reference: Reference,
    pub(crate) request: Arc<str>,
    pub(crate) payload: Bytes,
    pub(crate) client_context: Option<String>,
    pub(crate) accepted: DrillTime,
    /// How often the function has run.
    pub(crate) invocations: u32,
    /// How often it was throttled, or Lambda failed.
    pub(crate) refusals: u32,
}
