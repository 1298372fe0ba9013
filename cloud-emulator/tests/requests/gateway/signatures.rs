//! Signatures that are right, and that AWS takes no more, or not here.

use cloud_emulator::gateway::Principal;
use test_harness::installed;

use crate::gateway::bench::{Bench, failed, key_of};

/// Signed with the secret of every key of these tests by version 2, for a time long after: of `GET /west/k`, and of
/// [`POLICY`].
const V2_QUERY: &str = "gJShhbwxFVGbmFQI3wqMNwHMXeQ%3D";
const V2_FORM: &str = "G5HaFC0GGIEUH9PfoQIy/uifxz0=";

/// A policy that lets a form put anything into `west`.
const POLICY: &str = "eyJleHBpcmF0aW9uIjoiMjA5OS0wMS0wMVQwMDowMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0Ijoid2VzdCJ9LFsic3RhcnRzLXdpdGgiLCIka2V5IiwiIl1dfQ==";

#[test]
fn of_version_2_only_urls_are_supported() {
    let bench = Bench::new(1.0);
    let refused = |request: &str| {
        let answer = bench.raw(bench.listeners[0], request).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 400")
                && answer.contains("<Code>InvalidRequest</Code>")
                && answer.contains("Please use AWS4-HMAC-SHA256."),
            "{answer}"
        );
    };
    let key = key_of(Principal::User);
    // `aws s3 presign` makes them for regions that AWS had before 2014.
    let by_url = |signature: &str| {
        let request = format!(
            "GET /west/k?AWSAccessKeyId={key}&Expires=99999999999&Signature={signature} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             Connection: close\r\n\r\n"
        );
        bench.raw(bench.listeners[0], &request).unwrap()
    };
    let taken = by_url(V2_QUERY);
    assert!(
        taken.starts_with("HTTP/1.1 200") || taken.contains("<Code>NoSuch"),
        "{taken}"
    );
    let forged = by_url("c2ln");
    assert!(forged.contains("<Code>SignatureDoesNotMatch</Code>"), "{forged}");
    refused(&format!(
        "GET /west/k HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: AWS {key}:c2ln\r\nConnection: close\r\n\r\n"
    ));
    let field = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = [
        field("key", "made-by-a-form"),
        field("AWSAccessKeyId", key),
        field("policy", POLICY),
        field("signature", V2_FORM),
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nx\r\n--b--\r\n"
            .to_owned(),
    ]
    .concat();
    refused(&format!(
        "POST /west HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
}

#[test]
fn a_signature_for_a_region_that_there_is_none_of_is_refused_by_every_service() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let message = |arguments: &[&str]| {
        let arguments = [arguments, &["--region", "eu-central-1"]].concat();
        failed(&arguments, &bench.run(&arguments))
    };
    let sts = message(&["sts", "get-caller-identity"]);
    assert!(
        sts.contains("(SignatureDoesNotMatch)") && sts.contains("valid region"),
        "{sts}"
    );
    let invoke = message(&["lambda", "invoke", "--function-name", "f", "/dev/null"]);
    assert!(invoke.contains("(InvalidSignatureException)"), "{invoke}");
    let tables = message(&["dynamodb", "list-tables"]);
    assert!(tables.contains("(InvalidSignatureException)"), "{tables}");
}
