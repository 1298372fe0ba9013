//! Multipart uploads under way.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::checksum::{Algorithm, Checksum};
use super::meter::Charge;
use super::object::Extra;

/// A multipart upload that was begun and is neither completed nor aborted.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) initiated_us: i64,
    /// The algorithm of its checksums, when the client named one.
    pub(crate) algorithm: Option<Algorithm>,
    /// The checksum will be one over the checksums of the parts.
    pub(crate) composite: bool,
    pub(crate) extra: Option<Box<Extra>>,
    pub(crate) parts: BTreeMap<u16, UploadedPart>,
    pub(crate) _charge: Charge,
}

/// A part that was uploaded.
#[derive(Clone, Debug)]
pub(crate) struct UploadedPart {
    pub(crate) body: Bytes,
    pub(crate) md5: [u8; 16],
    pub(crate) checksum: Checksum,
    pub(crate) modified_us: i64,
    pub(crate) _charge: Arc<Charge>,
}
