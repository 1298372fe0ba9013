//! What bad packages and bad requests get.

use std::io::Write;

use bytes::Bytes;
use cloud_emulator::lambda::NewCode;
use serde_json::{Value, json};
use test_harness::trial;

use crate::lambda::bench::{Bench, zip};

fn refused(bench: &Bench, package: Bytes) -> String {
    let refused = bench
        .create("bad", "provided.al2023", NewCode::Zip(package))
        .unwrap_err();
    let left = std::fs::read_dir(bench.home.path().join("functions"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "nothing of it stays on the disk");
    refused
}

/// A zip with a link.
fn linked(name: &str, target: &str) -> Bytes {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("bootstrap", options).unwrap();
    writer.write_all(b"x").unwrap();
    writer.add_symlink(name, target, options).unwrap();
    Bytes::from(writer.finish().unwrap().into_inner())
}

trial!(malicious_zips_are_refused);
fn malicious_zips_are_refused() {
    let bench = Bench::new();
    let unzip = "Could not unzip uploaded file";
    let mut cases = vec![
        Bytes::new(),
        Bytes::from_static(b"not a zip"),
        linked("out", "/etc/passwd"),
        linked("out", "../../../../etc/passwd"),
        linked("dangling", "nowhere"),
        zip(&[("../../escaped", b"x", 0o644)]),
        zip(&[("a/../../escaped", b"x", 0o644)]),
        zip(&[("a\\..\\..\\b", b"x", 0o644)]),
        zip(&[("a", b"x", 0o644), ("a/b", b"x", 0o644)]),
        zip(&[(&"n".repeat(300), b"x", 0o644)]),
    ];
    let whole = crate::lambda::bench::bash();
    cases.push(whole.slice(..whole.len() / 2));
    // One byte of the compressed data is another one.
    let mut flipped = whole.to_vec();
    flipped[80] ^= 0xff;
    cases.push(Bytes::from(flipped));
    for package in cases {
        let error = refused(&bench, package.clone());
        assert!(
            error.contains(unzip),
            "{error}: {:?}",
            package.slice(..package.len().min(60))
        );
    }
    let absolute = zip(&[("/tmp/firedrill-escaped", b"x", 0o644)]);
    // The writer may have made the name a relative one.
    if absolute.windows(5).any(|w| w == b"/tmp/") {
        assert!(refused(&bench, absolute).contains(unzip));
    }
    bench
        .create(
            "good",
            "provided.al2023",
            NewCode::Zip(linked("in", "./bootstrap")),
        )
        .unwrap();
}

trial!(a_zip_bomb_is_refused);
fn a_zip_bomb_is_refused() {
    let bench = Bench::new();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let zeros = vec![0u8; 1 << 20];
    writer.start_file("bootstrap", options).unwrap();
    for _ in 0..260 {
        writer.write_all(&zeros).unwrap();
    }
    let packed = Bytes::from(writer.finish().unwrap().into_inner());
    assert!(packed.len() < 1 << 20);
    let error = refused(&bench, packed);
    assert!(
        error.contains("Unzipped size must be smaller than 262144000 bytes"),
        "{error}"
    );
    let many: Vec<String> = (0..20_001).map(|n| n.to_string()).collect();
    let many: Vec<(&str, &[u8], u32)> = many.iter().map(|name| (name.as_str(), &b""[..], 0o644)).collect();
    assert!(refused(&bench, zip(&many)).contains("at most 20000 files and folders"));
}

trial!(invalid_requests_are_refused);
fn invalid_requests_are_refused() {
    let bench = Bench::new();
    bench
        .create("f", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let functions = "/2015-03-31/functions";
    let role = "arn:aws:iam::000000000000:role/r";
    let new = |field: &str, value: Value| {
        let mut body = json!({
            "FunctionName": "g", "Runtime": "provided.al2", "Handler": "x", "Role": role, "Code": {"ZipFile": "AAAA"},
        });
        body[field] = value;
        body.to_string()
    };
    let cases = [
        (
            "POST",
            functions.to_owned(),
            "{".to_owned(),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            functions.to_owned(),
            "[]".to_owned(),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            functions.to_owned(),
            new("FunctionName", json!("a b")),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("FunctionName", json!("../x")),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Runtime", json!("nodejs22.x")),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Timeout", json!(0)),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Timeout", json!(901)),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Timeout", json!(-1)),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            functions.to_owned(),
            new("MemorySize", json!(1)),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Role", json!("me")),
            400,
            "Validation",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Layers", json!(["arn:x"])),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Code", json!({})),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Code", json!({"ZipFile": "%"})),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Environment", json!({"Variables": {"AWS_REGION": "x"}})),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            functions.to_owned(),
            new("Environment", json!({"Variables": {"LONG": "x".repeat(5000)}})),
            400,
            "InvalidParameterValue",
        ),
        (
            "POST",
            format!("{functions}/f/invocations"),
            "not json".to_owned(),
            400,
            "InvalidRequestContent",
        ),
        (
            "POST",
            format!("{functions}/f/invocations"),
            format!("\"{}\"", "x".repeat(6 << 20)),
            413,
            "RequestTooLarge",
        ),
        (
            "POST",
            format!("{functions}/f/invocations?Qualifier=9"),
            "{}".to_owned(),
            404,
            "ResourceNotFound",
        ),
        (
            "POST",
            format!("{functions}/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"),
            "{}".to_owned(),
            404,
            "ResourceNotFound",
        ),
        (
            "PUT",
            "/2017-10-31/functions/f/concurrency".to_owned(),
            "{}".to_owned(),
            400,
            "InvalidRequestContent",
        ),
        (
            "GET",
            format!("{functions}?MaxItems=x"),
            String::new(),
            400,
            "InvalidParameterValue",
        ),
        (
            "GET",
            format!("{functions}?MaxItems=0"),
            String::new(),
            400,
            "Validation",
        ),
        (
            "PATCH",
            functions.to_owned(),
            String::new(),
            404,
            "UnknownOperation",
        ),
    ];
    for (method, path, body, status, _) in cases {
        let shown = body.chars().take(120).collect::<String>();
        let (found, document) = bench.api(method, &path, body);
        assert_eq!(found, status, "{method} {path} {shown}: {document}");
        let told = ["message", "Message"]
            .iter()
            .any(|name| document[*name].is_string());
        assert!(told, "{document}");
    }
}
