//! Signatures (AWS Signature Version 4) of requests to services other than the embedded S3, which has its own in `s3s`.
//!
//! ```text
//!   method, path (encoded twice), query (sorted), signed headers, SHA-256 of the body ──► canonical request
//!   HMAC chain of secret, day, region, service ──► key ──► HMAC of date, scope and canonical request
//! ```
//!
//! As AWS has it, except where these services never use it: the body's digest is always computed (neither
//! `UNSIGNED-PAYLOAD` nor chunks), and the date must be in `X-Amz-Date`. S3 has rules of its own ([`Dialect::S3`]).

use std::fmt::Write;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest, Sha256};

use super::credential::Credential;

/// How far a client's clock may be off, as AWS has it, in seconds of wall time.
const SKEW_S: i64 = 300;

/// Likewise, for S3.
const S3_SKEW_S: i64 = 900;

/// What signatures of S3 have in the place of the digest of a body that they do not cover.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// What SigV4 leaves as it is.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
const PATH: AsciiSet = UNRESERVED.remove(b'/');

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not signed at all.
    Unsigned,
    /// Parts of the signature are missing or unreadable.
    Incomplete(String),
    /// The key is not of this run.
    UnknownKey,
    /// It was signed too long ago, or in the future.
    Expired(String),
    /// What the signature is for, or covers, is not what it has to be.
    OutOfScope(String),
    /// A presigned URL that is no longer good.
    Lapsed,
    /// The signature is not that of this request.
    Mismatch,
}

/// A whole request.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) dialect: Dialect<'a>,
}

/// What is signed of the path and the body.
#[derive(Clone, Copy)]
pub(crate) enum Dialect<'a> {
    /// The path is normalised and encoded once more; the digest is that of the body.
    Whole(&'a Bytes),
    /// The path is signed as it is, and the digest is what the request declares: bodies are streamed, so it is the
    /// endpoint that can compare them.
    S3,
}

/// Where a request keeps the parts of its signature.
struct Parts {
    date: String,
    signed_headers: String,
    signature: String,
    /// For how long it is good, in seconds; in headers as long as clocks may be off.
    expires_s: Option<i64>,
}

/// Verifies a request against the secret of the key that it names; `now_s` is wall time since the epoch.
pub(crate) fn verify(
    request: Signed<'_>,
    secret: impl FnOnce(&str) -> Option<String>,
    now_s: i64,
) -> Result<(), Refusal> {
    let credential = Credential::from_request(request.headers, request.uri).ok_or(Refusal::Unsigned)?;
    let parts = match request.headers.get(http::header::AUTHORIZATION) {
        Some(value) => in_header(value.to_str().unwrap_or_default(), request.headers),
        None => in_query(request.uri.query().unwrap_or_default()),
    }?;
    let (Some(day), Some(region), Some(service)) =
        (credential.day(), credential.region(), credential.service())
    else {
        return Err(Refusal::Incomplete("Credential must be scoped".to_owned()));
    };
    if !parts.date.starts_with(day) {
        return Err(Refusal::Incomplete(
            "Date in Credential scope does not match X-Amz-Date".to_owned(),
        ));
    }
    if !parts.signed_headers.split(';').any(|name| name == "host") {
        return Err(Refusal::Incomplete("'Host' must be a 'SignedHeader'".to_owned()));
    }
    in_time(&parts, now_s, request.dialect)?;
    let secret = secret(credential.key()).ok_or(Refusal::UnknownKey)?;
    let declared = request.headers.get("x-amz-content-sha256");
    let digest = match request.dialect {
        Dialect::Whole(body) => {
            let digest = hex::encode(Sha256::digest(body));
            if declared.is_some_and(|declared| declared.as_bytes() != digest.as_bytes()) {
                return Err(Refusal::Mismatch);
            }
            digest
        }
        Dialect::S3 => match declared.map(|declared| declared.to_str()) {
            Some(Ok(declared)) => declared.to_owned(),
            Some(Err(_)) => return Err(Refusal::Mismatch),
            None => UNSIGNED_PAYLOAD.to_owned(),
        },
    };
    let canonical = canonical_request(request, &parts.signed_headers, &digest);
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let hashed = hex::encode(Sha256::digest(canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hashed}", parts.date);
    let key = [day, region, service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            mac(&key, part).finalize().into_bytes().to_vec()
        });
    let signature = hex::decode(&parts.signature).map_err(|_| Refusal::Mismatch)?;
    mac(&key, &to_sign)
        .verify_slice(&signature)
        .map_err(|_| Refusal::Mismatch)
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac
}

/// A field of an `Authorization` header, behind the name of the algorithm.
pub(super) fn header_field<'a>(fields: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = fields.split([',', ' ']);
    fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

/// A parameter of a presigned query, decoded.
pub(super) fn query_field(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

fn in_header(value: &str, headers: &HeaderMap) -> Result<Parts, Refusal> {
    let Some(fields) = value.strip_prefix("AWS4-HMAC-SHA256") else {
        return Err(Refusal::Incomplete("Unsupported AWS 'algorithm'".to_owned()));
    };
    let field = |name: &str| {
        header_field(fields, name)
            .map(str::to_owned)
            .ok_or_else(|| Refusal::Incomplete(format!("Authorization header requires '{name}' parameter.")))
    };
    let date = headers.get("x-amz-date").and_then(|date| date.to_str().ok());
    Ok(Parts {
        signed_headers: field("SignedHeaders")?,
        signature: field("Signature")?,
        date: date
            .ok_or_else(|| {
                Refusal::Incomplete(
                    "Authorization header requires existence of a 'X-Amz-Date' header.".to_owned(),
                )
            })?
            .to_owned(),
        expires_s: None,
    })
}

fn in_query(query: &str) -> Result<Parts, Refusal> {
    let field = |name: &str| {
        query_field(query, name)
            .ok_or_else(|| Refusal::Incomplete(format!("AWS query-string parameters must include '{name}'.")))
    };
    let expires = field("X-Amz-Expires")?;
    Ok(Parts {
        date: field("X-Amz-Date")?,
        signed_headers: field("X-Amz-SignedHeaders")?,
        signature: field("X-Amz-Signature")?,
        expires_s: Some(
            expires
                .parse()
                .map_err(|_| Refusal::Incomplete("X-Amz-Expires is not a number".to_owned()))?,
        ),
    })
}

fn in_time(parts: &Parts, now_s: i64, dialect: Dialect<'_>) -> Result<(), Refusal> {
    let skew_s = match dialect {
        Dialect::Whole(_) => SKEW_S,
        Dialect::S3 => S3_SKEW_S,
    };
    let Some(signed_s) = epoch_seconds(&parts.date) else {
        return Err(Refusal::Incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{}'.",
            parts.date
        )));
    };
    let age_s = now_s - signed_s;
    if matches!(dialect, Dialect::S3) && parts.expires_s.is_some_and(|expires_s| age_s > expires_s) {
        return Err(Refusal::Lapsed);
    }
    if age_s > parts.expires_s.unwrap_or(skew_s) {
        return Err(Refusal::Expired(format!(
            "Signature expired: {} is {age_s} s old",
            parts.date
        )));
    }
    if age_s < -skew_s {
        return Err(Refusal::Expired(format!(
            "Signature not yet current: {} is in the future",
            parts.date
        )));
    }
    Ok(())
}

/// `20261121T140812Z` in seconds since the epoch.
fn epoch_seconds(date: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| -> Option<u16> {
        let digits = date.get(range)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    if date.len() != 16 || date.get(8..9)? != "T" || !date.ends_with('Z') {
        return None;
    }
    let month = time::Month::try_from(number(4..6)? as u8).ok()?;
    let day = time::Date::from_calendar_date(number(0..4)?.into(), month, number(6..8)? as u8).ok()?;
    let time =
        time::Time::from_hms(number(9..11)? as u8, number(11..13)? as u8, number(13..15)? as u8).ok()?;
    Some(
        time::PrimitiveDateTime::new(day, time)
            .assume_utc()
            .unix_timestamp(),
    )
}

fn canonical_request(request: Signed<'_>, signed_headers: &str, digest: &str) -> String {
    let mut text = format!(
        "{}\n{}\n{}\n",
        request.method,
        match request.dialect {
            Dialect::Whole(_) => canonical_path(request.uri.path()),
            Dialect::S3 => request.uri.path().to_owned(),
        },
        canonical_query(request.uri.query().unwrap_or_default()),
    );
    for name in signed_headers.split(';') {
        let values: Vec<String> = request
            .headers
            .get_all(name)
            .iter()
            .map(|v| trimmed(v.as_bytes()))
            .collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}:{}", values.join(","));
    }
    let _ = write!(text, "\n{signed_headers}\n{digest}");
    text
}

/// Without spaces around it, and with single ones within.
fn trimmed(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The path as it was sent, without `.`, `..` and empty segments, encoded once more.
fn canonical_path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    let directory = path.ends_with('/') && !segments.is_empty();
    let plain = format!("/{}{}", segments.join("/"), if directory { "/" } else { "" });
    percent_encode(plain.as_bytes(), &PATH).to_string()
}

/// Names and values encoded strictly and sorted, without the signature itself.
fn canonical_query(query: &str) -> String {
    let encoded = |text: &str| percent_encode(text.as_bytes(), &UNRESERVED).to_string();
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encoded(&name), encoded(&value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests;
