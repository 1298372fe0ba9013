//! Clients that do not keep to the protocol, or are too many.

use std::io::{Read, Write};
use std::net::TcpStream;

use proptest::prelude::*;

use crate::s3_http::bench::Bench;
use crate::s3_http::with_bucket;

/// Sends bytes, closes its side, and reads whatever comes.
fn throw(bench: &Bench, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(bench.listeners[0]).expect("the gateway listens");
    // The gateway may hang up at any time.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[test]
fn nothing_that_is_sent_ends_the_gateway() {
    let bench = with_bucket();
    let method = prop::sample::select(vec!["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]);
    let path = prop::sample::select(vec![
        "/",
        "/bucket",
        "/bucket/k",
        "/x",
        "//",
        "/bucket//",
        "/%ff",
        "*",
    ]);
    let query = prop::sample::select(vec![
        "",
        "?delete",
        "?acl",
        "?policy",
        "?versioning",
        "?lifecycle",
        "?replication",
        "?uploads",
        "?partNumber=x&uploadId=y",
        "?uploadId=0",
        "?versionId=%00",
        "?list-type=2&max-keys=x",
        "?X-Amz-Signature=a&X-Amz-Credential=b",
        "?tagging",
        "?object-lock",
        "?cors",
        "?attributes",
        "?retention",
        "?versions&key-marker=a&version-id-marker=b",
        "?=&&%zz",
    ]);
    let header = prop::sample::select(vec![
        "Range: bytes=9-1",
        "Range: x",
        "Authorization: AWS4-HMAC-SHA256 Credential=/////",
        "Authorization: AWS a:b",
        "x-amz-copy-source: %",
        "x-amz-copy-source: /bucket/k?versionId=",
        "x-amz-checksum-crc32: ?",
        "If-Match: \"",
        "x-amz-tagging: %%%",
        "x-amz-acl: x",
        "x-amz-grant-read: id",
        "Content-Type: multipart/form-data; boundary=b",
        "x-amz-decoded-content-length: -1",
        "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "Expect: 100-continue",
        "Transfer-Encoding: chunked",
        "x-amz-object-lock-mode: X",
        "x-amz-storage-class: X",
        "Origin: \u{1}",
    ]);
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "<[A-Za-z]{1,30}>.{0,50}".prop_map(String::into_bytes),
        Just(b"{\"Statement\": [{\"Effect\": 1}]}".to_vec()),
    ];
    let request = (method, path, query, prop::collection::vec(header, 0..3), body);
    proptest!(ProptestConfig::with_cases(400), |((method, path, query, headers, body) in request)| {
        let mut bytes = format!("{method} {path}{query} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n", body.len());
        for header in headers {
            bytes += header;
            bytes += "\r\n";
        }
        let answer = throw(&bench, &[bytes.as_bytes(), b"\r\n", &body].concat());
        let answer = String::from_utf8_lossy(&answer).into_owned();
        prop_assert!(!answer.starts_with("HTTP/1.1 500"), "{answer}");
    });
    proptest!(ProptestConfig::with_cases(200), |(bytes in prop::collection::vec(any::<u8>(), 0..300))| {
        throw(&bench, &bytes);
    });
    bench.put("/another", b"");
    assert_eq!(bench.put("/another/k", b"still there").status, 200);
    assert_eq!(bench.get("/another/k").body, b"still there");
}

/// The client's doing, and not an error of the service.
#[test]
fn a_body_that_ends_before_its_end_is_refused() {
    let bench = with_bucket();
    for (path, framing, body) in [
        ("/bucket", "Transfer-Encoding: chunked", ""),
        ("/bucket", "Transfer-Encoding: chunked", "5\r\nab"),
        ("/bucket?acl", "Content-Length: 100", "<AccessControlPolicy>"),
        ("/bucket?delete", "Content-Length: 100", "<Delete>"),
        ("/bucket/k", "Transfer-Encoding: chunked", "5\r\nab"),
        ("/bucket/k", "Content-Length: 100", "ab"),
    ] {
        let method = if path.ends_with("delete") { "POST" } else { "PUT" };
        let request = format!("{method} {path} HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n{body}");
        let answer = throw(&bench, request.as_bytes());
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.starts_with("HTTP/1.1 5"), "{path}, {framing}: {answer}");
        assert!(!answer.starts_with("HTTP/1.1 2"), "{path}, {framing}: {answer}");
    }
}

#[test]
fn an_error_is_xml_whatever_it_repeats() {
    let bench = with_bucket();
    let document = b"<CreateBucketConfiguration><LocationConstraint>us\0\x01</LocationConstraint></CreateBucketConfiguration>";
    let refused = bench.put("/another", document);
    assert_eq!(refused.status, 400);
    let text = refused.text();
    assert!(
        text.contains("us\u{fffd}\u{fffd}") && !text.contains(['\0', '\u{1}']),
        "{text:?}"
    );
}

#[test]
fn a_connection_too_many_waits_for_its_turn() {
    let bench = Bench::new(1, 1 << 20);
    let mut first = TcpStream::connect(bench.listeners[0]).expect("the gateway listens");
    let request = b"PUT /bucket HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    first.write_all(request).expect("it can be sent");
    let mut answer = [0; 12];
    first.read_exact(&mut answer).expect("it is served");
    assert_eq!(&answer, b"HTTP/1.1 200");
    let mut second = TcpStream::connect(bench.listeners[0]).expect("the system accepts it");
    second
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("it can be sent");
    // The second is not answered while the first is open: the first gets its next answer before it.
    assert_eq!(bench.gateway.counts().requests.total(), 1);
    first
        .write_all(b"HEAD /bucket HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("it can be sent");
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).expect("it is served");
    let mut answer = Vec::new();
    second.read_to_end(&mut answer).expect("its turn comes");
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert_eq!(bench.gateway.counts().requests.total(), 3);
}

/// Longer than a thousand keys could make it, with and without a declared length.
#[test]
fn a_document_that_is_too_long_is_refused_in_words() {
    let bench = with_bucket();
    let length = 9 << 20;
    let document = vec![b'a'; length];
    let chunk = [format!("{length:x}\r\n").as_bytes(), &document, b"\r\n0\r\n\r\n"].concat();
    for (method, path) in [
        ("POST", "/bucket?delete"),
        ("PUT", "/bucket?replication"),
        ("PUT", "/bucket?tagging"),
    ] {
        for (framing, body) in [
            (format!("Content-Length: {length}"), &document),
            ("Transfer-Encoding: chunked".to_owned(), &chunk),
        ] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n");
            let answer = throw(&bench, &[request.as_bytes(), body].concat());
            let answer = String::from_utf8_lossy(&answer);
            let words = "<Code>MaxMessageLengthExceeded</Code><Message>Your request was too big</Message>";
            assert!(
                answer.starts_with("HTTP/1.1 400") && answer.contains(words),
                "{path}, {framing}: {answer}"
            );
        }
    }
}
