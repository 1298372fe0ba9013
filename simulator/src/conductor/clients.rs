//! The clients of the principals that take part in a drill.

use aws_sdk_s3::Client;
use cloud_emulator::client::rest::RestClients;
use cloud_emulator::client::{Clients, S3};

/// The clients of one principal, by the listener of each region.
#[derive(Clone)]
pub(crate) struct PrincipalClients {
    pub(crate) s3: Clients,
    /// For the services that have no client of their own.
    pub(crate) rest: RestClients,
}

/// The clients of audits, which no outage stands in the way of.
#[derive(Clone)]
pub(crate) struct AuditClients {
    pub(crate) s3: S3,
    /// By the label of the region that requests are signed for.
    pub(crate) rest: RestClients,
}

impl AuditClients {
    /// S3's client.
    pub(crate) fn s3(&self) -> &Client {
        self.s3.client()
    }
}
