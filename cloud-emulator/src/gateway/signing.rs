//! How a signature must be given, whatever it says: one of them, for a week at most, with every header that matters.
//!
//! What it says is verified by whoever serves the request.

use http::{HeaderMap, StatusCode, Uri};

use super::claim::Claim;
use super::error::AwsError;
use super::sigv4::{header_field, query_field};

/// The longest time for which a URL can be signed, in seconds (Amazon S3 API reference, "Authenticating requests: using
/// query parameters").
const WEEK_S: i64 = 604_800;

/// Refuses what AWS refuses of how a request is signed; `of_s3` with what S3 alone asks for. `knows` the regions of this
/// cloud.
///
/// # Errors
/// In AWS's words.
pub(super) fn check(
    headers: &HeaderMap,
    uri: &Uri,
    claim: Option<&Claim<'_>>,
    of_s3: bool,
    knows: impl Fn(&str) -> bool,
) -> Result<(), AwsError> {
    let query = uri.query().unwrap_or_default();
    // Most requests have no such query.
    let presigned = query.contains("X-Amz-") && query_field(query, "X-Amz-Signature").is_some();
    let header = headers.get(http::header::AUTHORIZATION);
    if presigned && header.is_some() {
        return Err(invalid(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or \
             the Authorization header should be specified",
        ));
    }
    let Some(claim) = claim else { return Ok(()) };
    if presigned {
        match query_field(query, "X-Amz-Expires").and_then(|seconds| seconds.parse::<i64>().ok()) {
            Some(seconds) if seconds > WEEK_S => {
                return Err(invalid(
                    "AuthorizationQueryParametersError",
                    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
                     604800 seconds",
                ));
            }
            Some(seconds) if seconds < 0 => {
                return Err(invalid(
                    "AuthorizationQueryParametersError",
                    "X-Amz-Expires must be non-negative",
                ));
            }
            _ => {}
        }
    }
    // Signatures of version 2 name neither regions nor headers.
    let Some(region) = claim.region().filter(|_| of_s3) else {
        return Ok(());
    };
    if !knows(region) {
        return Err(invalid(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region of its credential is none of this cloud",
        ));
    }
    let signed = match header.and_then(|value| value.to_str().ok()) {
        Some(value) => header_field(value, "SignedHeaders").map(str::to_owned),
        None => query_field(query, "X-Amz-SignedHeaders"),
    };
    let signed = signed.unwrap_or_default();
    let is_signed = |name: &str| signed.split(';').any(|one| one.eq_ignore_ascii_case(name));
    let unsigned = headers.keys().map(http::HeaderName::as_str).find(|name| {
        // What a client says of itself, and what a load balancer adds, no signature covers.
        name.starts_with("x-amz-") && *name != "x-amz-user-agent" && !is_signed(name)
    });
    match unsigned {
        Some(_) => Err(AwsError::new(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "There were headers present in the request which were not signed",
        )),
        None => Ok(()),
    }
}

fn invalid(code: &'static str, message: &'static str) -> AwsError {
    AwsError::new(StatusCode::BAD_REQUEST, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&'static str, &str)], query: &str) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let uri: Uri = format!("/b/k?{query}").parse().unwrap();
        let claim = Claim::of(&map, &uri);
        let refused = check(&map, &uri, claim.as_ref(), true, |region| region == "us-east-1").err();
        refused.map(|error| error.code.into_owned())
    }

    const HEADER: &str = "AWS4-HMAC-SHA256 Credential=KEY/20261121/us-east-1/s3/aws4_request, \
                          SignedHeaders=host;x-amz-date;x-amz-content-sha256, Signature=00";

    fn query(expires: &str, signed: &str) -> String {
        format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2F20261121%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=\
             20261121T000000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders={signed}&X-Amz-Signature=00"
        )
    }

    #[test]
    fn what_aws_refuses_of_a_signature_is_refused() {
        let date = ("x-amz-date", "20261121T000000Z");
        assert_eq!(checked(&[("authorization", HEADER), date], ""), None);
        assert_eq!(checked(&[], ""), None);
        assert_eq!(
            checked(&[("authorization", HEADER), ("x-amz-user-agent", "js")], ""),
            None
        );
        let refused = |headers: &[(&'static str, &str)], query: &str| checked(headers, query).unwrap();
        for extra in ["x-amz-acl", "x-amz-copy-source", "x-amz-security-token"] {
            assert_eq!(
                refused(&[("authorization", HEADER), (extra, "x")], ""),
                "AccessDenied"
            );
            assert_eq!(refused(&[(extra, "x")], &query("60", "host")), "AccessDenied");
        }
        assert_eq!(
            checked(&[("x-amz-acl", "x")], &query("60", "host%3Bx-amz-acl")),
            None
        );
        assert_eq!(checked(&[], &query("604800", "host")), None);
        for expires in ["604801", "99999999999", "-1"] {
            assert_eq!(
                refused(&[], &query(expires, "host")),
                "AuthorizationQueryParametersError"
            );
        }
        assert_eq!(
            refused(&[("authorization", HEADER)], &query("60", "host")),
            "InvalidArgument"
        );
        let elsewhere = HEADER.replace("us-east-1", "eu-north-1");
        assert_eq!(
            refused(&[("authorization", &elsewhere)], ""),
            "AuthorizationHeaderMalformed"
        );
    }
}
