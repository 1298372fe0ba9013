//! Where a service is that is not served here.

use http::uri::Authority;

/// The endpoint of one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// AWS's name of the region.
    pub region: String,
    /// Host and port; it speaks plain HTTP.
    pub to: Authority,
}
