//! No AWS but Firedrill's own.

use cloud_service::Backend;

/// No AWS but Firedrill's own: every service is served in this process.
#[derive(Debug)]
pub(crate) struct Embedded;

impl Backend for Embedded {}
