//! The content of an announcement.

use std::sync::Arc;

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The longest id, in bytes.
const MOST_ID: usize = 256;

/// A program, announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announcement {
    pub(super) id: Arc<str>,
    pub(super) source: Arc<str>,
    /// Whether the source is that of the digest.
    pub(super) is_intact: bool,
}

/// As it is written; a device's firmware ignores what it does not know.
#[derive(Deserialize)]
struct Written {
    id: String,
    sha256: String,
    source: String,
}

impl Announcement {
    /// Reads one, if it is one.
    pub(super) fn read(payload: &[u8]) -> Option<Announcement> {
        let written: Written = serde_json::from_slice(payload).ok()?;
        if written.id.is_empty() || written.id.len() > MOST_ID {
            return None;
        }
        let digest = hex::encode(Sha256::digest(written.source.as_bytes()));
        Some(Announcement {
            is_intact: digest.eq_ignore_ascii_case(&written.sha256),
            id: written.id.into(),
            source: written.source.into(),
        })
    }
}
