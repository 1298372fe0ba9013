//! Signatures by AWS's own signer: of requests before they are sent, and of what was served.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;

use super::input::{KEY, REGIONS, SECRET};
use super::wire::Wire;

/// Names and values that a signature adds.
pub(super) type Added = Vec<(String, String)>;

/// What AWS's signer adds to a request; `None` if it signs no such request.
pub(super) fn signature(
    wire: &Wire<'_>,
    service: &str,
    secret: &str,
    at: SystemTime,
    digest: Option<&str>,
) -> Option<Added> {
    let identity = Credentials::new(KEY, secret, None, None, "fuzz").into();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    settings.excluded_headers = Some(
        [
            "content-length",
            "expect",
            "authorization",
            "connection",
            "transfer-encoding",
        ]
        .map(Cow::Borrowed)
        .to_vec(),
    );
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGIONS[0])
        .name(service)
        .time(at)
        .settings(settings)
        .build()
        .expect("nothing is missing");
    let url = format!("http://{}{}", wire.header("host")?, wire.target);
    url.parse::<http::Uri>().ok()?;
    let names = |(name, _): &&(&str, &str)| !name.eq_ignore_ascii_case("host");
    let lower: Vec<(String, &str)> = wire
        .headers
        .iter()
        .filter(names)
        .map(|(name, value)| (name.to_ascii_lowercase(), *value))
        .collect();
    let headers = lower.iter().map(|(name, value)| (name.as_str(), *value));
    let body = match digest {
        Some(digest) => SignableBody::Precomputed(digest.to_owned()),
        None => SignableBody::Bytes(wire.body),
    };
    let signable = SignableRequest::new(wire.method, url.as_str(), headers, body).ok()?;
    let (instructions, _) = sign(signable, &params.into()).ok()?.into_parts();
    let added = instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(added.collect())
}

pub(super) fn with_headers(wire: &Wire<'_>, added: &Added) -> Vec<u8> {
    let mut bytes = wire.head.to_vec();
    for (name, value) in added {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(wire.body);
    bytes
}

/// The signature of a request is what AWS's signer computes for it, as it arrived.
pub(super) fn is_signed_by_aws(request: &[u8], service: &str) {
    let Some(wire) = Wire::parse(request).filter(Wire::is_plain) else {
        return;
    };
    let header = wire.header("authorization");
    let header = header.unwrap_or_else(|| panic!("served unsigned: {}", request.escape_ascii()));
    let field = |name: &str| {
        let mut fields = header.split([',', ' ']);
        fields
            .find_map(|field| field.strip_prefix(name))
            .unwrap_or_default()
            .to_owned()
    };
    let (names, signature_found) = (field("SignedHeaders="), field("Signature="));
    let at = wire
        .header("x-amz-date")
        .and_then(instant)
        .expect("what is signed is dated");
    let listed = |name: &str| names.split(';').any(|other| other.eq_ignore_ascii_case(name));
    let is_added = |name: &str| {
        ["x-amz-date", "x-amz-content-sha256"]
            .iter()
            .any(|added| name.eq_ignore_ascii_case(added))
    };
    let covered = Wire {
        headers: wire
            .headers
            .iter()
            .copied()
            .filter(|(name, _)| (listed(name) && !is_added(name)) || name.eq_ignore_ascii_case("host"))
            .collect(),
        ..wire
    };
    let digest = Wire::parse(request).and_then(|wire| wire.header("x-amz-content-sha256").map(str::to_owned));
    let computed = signature(&covered, service, SECRET, at, digest.as_deref());
    let computed = computed.and_then(|added| added.into_iter().find(|(name, _)| name == "authorization"));
    let computed = computed.map(|(_, value)| value).unwrap_or_default();
    assert!(
        computed
            .to_lowercase()
            .contains(&format!("signature={}", signature_found.to_lowercase())),
        "served with another signature than AWS computes ({computed}): {}",
        request.escape_ascii()
    );
}

/// `20261121T140812Z`.
fn instant(text: &str) -> Option<SystemTime> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
    // Days since 1970, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = days * 86_400 + number(9..11)? * 3600 + number(11..13)? * 60 + number(13..15)?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}
