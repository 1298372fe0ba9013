//! How a signature must be given, whatever it says: one of them, of version 4, for a week at most, for a region of this
//! cloud, with every header that matters. Of version 2 are URLs of S3 alone, as `aws s3 presign` makes them still.
//!
//! What it says is verified by the service that serves the request.

use http::{HeaderMap, StatusCode, Uri};

use super::credential::Credential;
use super::error::AwsError;
use super::protocol::Protocol;
use super::sigv4::{Refusal, header_field, query_field};

/// The longest time for which a URL can be signed, in seconds (Amazon S3 API reference, "Authenticating requests: using
/// query parameters").
const WEEK_S: i64 = 604_800;

/// Services that AWS has once for all regions, whose requests are signed for [`HOME`] wherever they come from (AWS
/// General Reference, "Service endpoints"; STS has regional endpoints as well).
const GLOBAL: [&str; 7] = [
    "cloudfront",
    "globalaccelerator",
    "iam",
    "organizations",
    "route53",
    "sts",
    "support",
];

/// The region of services without any.
const HOME: &str = "us-east-1";

/// What AWS's newer regions say of signatures of version 2: they cover neither a region nor, in a form, what is sent.
pub const VERSION_2: &str =
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";

/// Refuses what AWS refuses of how a request to a service that speaks `protocol` is signed. `knows` the regions of this
/// cloud.
///
/// # Errors
/// In AWS's words.
pub(super) fn check(
    headers: &HeaderMap,
    uri: &Uri,
    credential: Option<&Credential<'_>>,
    protocol: impl Fn() -> Protocol,
    knows: impl Fn(&str) -> bool,
) -> Result<(), AwsError> {
    let query = uri.query().unwrap_or_default();
    let header = headers.get(http::header::AUTHORIZATION);
    let header_of_2 = header.is_some_and(|value| value.as_bytes().starts_with(b"AWS "));
    let url_of_2 = query.contains("AWSAccessKeyId") && query_field(query, "AWSAccessKeyId").is_some();
    if header_of_2 || (url_of_2 && protocol() != Protocol::S3) {
        return Err(invalid("InvalidRequest", VERSION_2));
    }
    // Most requests have no such query.
    let presigned = query.contains("X-Amz-") && query_field(query, "X-Amz-Signature").is_some();
    if (presigned || url_of_2) && header.is_some() {
        return Err(invalid(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or \
             the Authorization header should be specified",
        ));
    }
    let Some(credential) = credential else {
        return Ok(());
    };
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
    // What names no region is refused where it is verified.
    let Some(region) = credential.region() else {
        return Ok(());
    };
    let is_global = region == HOME
        && credential
            .service()
            .is_some_and(|service| GLOBAL.contains(&service));
    if !knows(region) && !is_global {
        return Err(unknown_region(protocol(), region));
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
    unsigned.map_or(Ok(()), |name| Err(not_covered(protocol(), name)))
}

fn unknown_region(protocol: Protocol, region: &str) -> AwsError {
    match protocol {
        Protocol::S3 => invalid(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region of its credential is none of this cloud",
        ),
        _ => {
            let why = format!("Credential should be scoped to a valid region, not '{region}'.");
            AwsError::refused(protocol, Refusal::OutOfScope(why))
        }
    }
}

fn not_covered(protocol: Protocol, header: &str) -> AwsError {
    match protocol {
        Protocol::S3 => AwsError::new(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "There were headers present in the request which were not signed",
        ),
        _ => {
            let why = format!("'{header}' must be a 'SignedHeader' in the AWS Authorization.");
            AwsError::refused(protocol, Refusal::OutOfScope(why))
        }
    }
}

fn invalid(code: &'static str, message: &'static str) -> AwsError {
    AwsError::new(StatusCode::BAD_REQUEST, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&'static str, &str)], query: &str) -> Option<String> {
        checked_by(Protocol::S3, headers, query)
    }

    fn checked_by(protocol: Protocol, headers: &[(&'static str, &str)], query: &str) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let uri: Uri = format!("/b/k?{query}").parse().unwrap();
        let credential = Credential::from_request(&map, &uri);
        let refused = check(
            &map,
            &uri,
            credential.as_ref(),
            || protocol,
            |region| region == "us-east-1",
        )
        .err();
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

    #[test]
    fn other_services_refuse_the_same_in_their_own_words() {
        let date = ("x-amz-date", "20261121T000000Z");
        let scope = |region: &str, service: &str| {
            let scoped = HEADER.replace("us-east-1/s3", &format!("{region}/{service}"));
            scoped.replace(";x-amz-content-sha256", "")
        };
        let refused = |protocol, headers: &[(&'static str, &str)]| checked_by(protocol, headers, "");
        let lambda = scope("us-east-1", "lambda");
        let (json, query) = (Protocol::Json10, Protocol::Query);
        assert_eq!(refused(json, &[("authorization", &lambda), date]), None);
        let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
        for (protocol, code) in [
            (json, "InvalidSignatureException"),
            (query, "SignatureDoesNotMatch"),
        ] {
            let unsigned = refused(protocol, &[("authorization", &lambda), date, target]);
            assert_eq!(unsigned.as_deref(), Some(code), "an unsigned target");
            let elsewhere = scope("eu-north-1", "lambda");
            let elsewhere = refused(protocol, &[("authorization", &elsewhere), date]);
            assert_eq!(elsewhere.as_deref(), Some(code), "another region");
        }
    }

    #[test]
    fn services_without_regions_are_signed_for_the_one_that_they_are_in() {
        let knows_none = |service: &str, region: &str| {
            let mut map = HeaderMap::new();
            let header = HEADER.replace("us-east-1/s3", &format!("{region}/{service}"));
            map.insert("authorization", header.parse().unwrap());
            let uri = Uri::from_static("/");
            let credential = Credential::from_request(&map, &uri);
            check(&map, &uri, credential.as_ref(), || Protocol::Query, |_| false).is_ok()
        };
        assert!(knows_none("iam", "us-east-1") && knows_none("sts", "us-east-1"));
        assert!(!knows_none("iam", "us-west-2") && !knows_none("sqs", "us-east-1"));
    }

    #[test]
    fn of_version_2_only_urls_of_s3_are_taken() {
        let v2 = Some("InvalidRequest".to_owned());
        let header = ("authorization", "AWS KEY:c2ln");
        let query = "AWSAccessKeyId=KEY&Signature=x&Expires=99999999999";
        for protocol in [Protocol::S3, Protocol::Query] {
            assert_eq!(checked_by(protocol, &[header], ""), v2);
            assert_eq!(checked_by(protocol, &[header], query), v2);
        }
        assert_eq!(checked_by(Protocol::Query, &[], query), v2);
        assert_eq!(checked_by(Protocol::S3, &[], query), None);
        // Beside another signature it is one too many.
        let version_4 = (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=KEY/20261130/us-west-2/s3/aws4_request",
        );
        assert_eq!(
            checked_by(Protocol::S3, &[version_4], query),
            Some("InvalidArgument".to_owned())
        );
    }
}
