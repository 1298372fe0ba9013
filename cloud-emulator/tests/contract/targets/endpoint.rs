//! Any endpoint that the environment names: `FIREDRILL_CONTRACT_URL`, one for all regions.

use std::time::Duration;

use cloud_emulator::client::KeyPair;

use super::RunningTarget;
use crate::lab::Reach;

/// The variable.
const URL: &str = "FIREDRILL_CONTRACT_URL";

pub(super) fn stand_up(_: &[String]) -> Result<Option<RunningTarget>, String> {
    let Ok(url) = std::env::var(URL) else {
        return Ok(None);
    };
    let url = url.trim_end_matches('/');
    let uri: http::Uri = url.parse().map_err(|error| format!("{URL}: {error}"))?;
    // The checks make and delete buckets: never at a real AWS.
    if !matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]")) || uri.scheme_str() != Some("http") {
        return Err(format!("{URL} must be http:// on loopback, not {url}"));
    }
    Ok(Some(RunningTarget {
        reach: at(url),
        _guard: Box::new(()),
    }))
}

/// An emulator that takes any keys and serves all regions at one address.
pub(super) fn at(url: &str) -> Reach {
    Reach {
        home: url.to_owned(),
        classic: url.to_owned(),
        keys: KeyPair {
            access_key: "test".to_owned(),
            secret_key: "test".to_owned(),
        },
        // What it does not do within this it never does: it copies nothing.
        policy: Duration::from_secs(6),
    }
}
