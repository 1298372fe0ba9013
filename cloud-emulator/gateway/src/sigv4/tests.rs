//! Against the signer of AWS's SDK.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;

use super::*;

/// 2026-11-21T14:08:12Z.
const NOW_S: i64 = 1_795_270_092;

fn signed(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &'static [u8],
    location: SignatureLocation,
) -> http::Request<Bytes> {
    let identity = Credentials::new("KEY", "secret", None, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = location;
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    if location == SignatureLocation::QueryParams {
        settings.expires_in = Some(Duration::from_secs(900));
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-west-2")
        .name("lambda")
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_S as u64))
        .settings(settings)
        .build()
        .unwrap();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Bytes::from_static(body)).unwrap();
    let given = headers.iter().copied();
    let signable = SignableRequest::new(method, url, given, SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(signable, &params.into()).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    // The client sends what the signer took from the URL.
    let host = request.uri().authority().unwrap().to_string();
    request.headers_mut().insert("host", host.parse().unwrap());
    let path = request.uri().path_and_query().unwrap().to_string();
    *request.uri_mut() = path.parse().unwrap();
    request
}

fn verified(request: &http::Request<Bytes>, now_s: i64) -> Result<(), Refusal> {
    let signed = Signed {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        dialect: Dialect::Whole(request.body()),
    };
    verify(signed, |id| (id == "KEY").then(|| "secret".to_owned()), now_s)
}

const URLS: [&str; 6] = [
    "http://localhost:4566/",
    "http://localhost:4566/2015-03-31/functions/name/invocations?Qualifier=live",
    "http://localhost:4566/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-west-2%3A0%3Afunction%3Aa%20b/",
    "http://localhost:4566/things/%C3%BC/a%2Fb?b=2&a=%2B%20x&a=1&empty=&bare",
    "http://localhost:4566/a/./b/../c//d",
    "http://localhost:4566/~tilde-_.x?x=~%7E%2A",
];

#[test]
fn what_the_sdk_signs_is_accepted() {
    let headers = [("x-amz-target", "Some.Thing"), ("x-amz-odd", "  a   b ")];
    for location in [SignatureLocation::Headers, SignatureLocation::QueryParams] {
        for url in URLS {
            for (method, body) in [("GET", &b""[..]), ("POST", b"Action=Do&X=1")] {
                let request = signed(method, url, &headers, body, location);
                assert_eq!(verified(&request, NOW_S), Ok(()), "{method} {url} {location:?}");
            }
        }
    }
}

#[test]
fn what_was_changed_is_refused() {
    let fresh = || {
        signed(
            "POST",
            URLS[1],
            &[("x-amz-target", "A")],
            b"body",
            SignatureLocation::Headers,
        )
    };
    let refused = |change: fn(&mut http::Request<Bytes>)| {
        let mut request = fresh();
        change(&mut request);
        verified(&request, NOW_S)
    };
    assert_eq!(verified(&fresh(), NOW_S), Ok(()));
    let mismatches: [fn(&mut http::Request<Bytes>); 6] = [
        |r| *r.body_mut() = Bytes::from_static(b"bodY"),
        |r| *r.method_mut() = Method::PUT,
        |r| {
            *r.uri_mut() = "/2015-03-31/functions/other/invocations?Qualifier=live"
                .parse()
                .unwrap()
        },
        |r| {
            *r.uri_mut() = "/2015-03-31/functions/name/invocations?Qualifier=old"
                .parse()
                .unwrap()
        },
        |r| drop(r.headers_mut().insert("x-amz-target", "B".parse().unwrap())),
        |r| {
            drop(
                r.headers_mut()
                    .insert("x-amz-content-sha256", "UNSIGNED-PAYLOAD".parse().unwrap()),
            )
        },
    ];
    for change in mismatches {
        assert_eq!(refused(change), Err(Refusal::Mismatch));
    }
    assert_eq!(
        refused(|r| drop(r.headers_mut().remove("authorization"))),
        Err(Refusal::Unsigned)
    );
    let odd = refused(|r| drop(r.headers_mut().insert("x-amz-date", "yesterday".parse().unwrap())));
    assert!(matches!(odd, Err(Refusal::Incomplete(_))), "{odd:?}");
}

#[test]
fn keys_and_clocks_must_be_right() {
    let request = signed("GET", URLS[0], &[], b"", SignatureLocation::Headers);
    assert_eq!(verified(&request, NOW_S + 300), Ok(()));
    assert!(matches!(
        verified(&request, NOW_S + 301),
        Err(Refusal::Expired(_))
    ));
    assert!(matches!(
        verified(&request, NOW_S - 301),
        Err(Refusal::Expired(_))
    ));
    let presigned = signed("GET", URLS[0], &[], b"", SignatureLocation::QueryParams);
    assert_eq!(verified(&presigned, NOW_S + 900), Ok(()));
    assert!(matches!(
        verified(&presigned, NOW_S + 901),
        Err(Refusal::Expired(_))
    ));
    let signed = Signed {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        dialect: Dialect::Whole(request.body()),
    };
    assert_eq!(verify(signed, |_| None, NOW_S), Err(Refusal::UnknownKey));
    assert_eq!(
        verify(signed, |_| Some("other".to_owned()), NOW_S),
        Err(Refusal::Mismatch)
    );
}

#[test]
fn odd_headers_are_refused_and_nothing_panics() {
    let whole = signed("GET", URLS[0], &[], b"", SignatureLocation::Headers);
    let value = whole.headers()["authorization"].to_str().unwrap().to_owned();
    for end in 0..value.len() {
        let mut request = whole.clone();
        request
            .headers_mut()
            .insert("authorization", value[..end].parse().unwrap());
        assert!(verified(&request, NOW_S).is_err(), "{}", &value[..end]);
    }
    for date in [
        "20261321T140812Z",
        "2026112ÜT140812Z",
        "20261121T990812Z",
        "+0261121T140812Z",
        "",
    ] {
        assert_eq!(epoch_seconds(date), None, "{date}");
    }
    assert_eq!(epoch_seconds("20261121T140812Z"), Some(NOW_S));
}
