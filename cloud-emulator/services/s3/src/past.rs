//! What a bucket held before the drill.

use bytes::Bytes;
use drill::units::DrillTime;

/// An object to write before drill 0.
#[derive(Clone, Debug)]
pub struct Past {
    /// The key.
    pub key: String,
    /// The bytes.
    pub body: Bytes,
    /// Their SHA-256, stored with the object.
    pub sha256: [u8; 32],
    /// When it was written, in drill time.
    pub written: DrillTime,
    /// Likewise, in microseconds since the Unix epoch.
    pub modified_us: i64,
}

/// Objects to write before drill 0, made one at a time.
pub type Pasts<'a> = Box<dyn Iterator<Item = Past> + Send + 'a>;
