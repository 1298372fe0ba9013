//! URLs of endpoints.

use http::uri::{Authority, InvalidUri};

/// What is wrong with the URL of an endpoint.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// It has a path.
    #[error("an endpoint has no path")]
    Path,
    /// It has no host.
    #[error("{0}")]
    Host(#[from] InvalidUri),
}

/// Host and port of a URL.
///
/// # Errors
/// It is none of an endpoint.
pub fn authority(url: &str) -> Result<Authority, UrlError> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() {
        return Err(UrlError::Path);
    }
    let authority = authority.parse::<Authority>()?;
    match authority.port() {
        Some(_) => Ok(authority),
        None => Ok(format!("{authority}:80").parse()?),
    }
}
