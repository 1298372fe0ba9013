//! A service of a cloud that is stood up.

use std::sync::Arc;

use cloud_service::{EmulatedService, ServiceKind};

/// A service of a cloud, and its entry in the registry.
pub(crate) struct Registered {
    pub(crate) kind: &'static dyn ServiceKind,
    pub(crate) service: Arc<dyn EmulatedService>,
}
