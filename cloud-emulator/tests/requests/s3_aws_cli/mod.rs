//! The real `aws` command line client against the gateway.

mod bench;

use std::io::{Read, Write};
use std::net::TcpStream;

use bench::bench;
use cloud_emulator::s3::Seed;
use drill::draw::Draws;

/// Fetches a URL without knowing anything of S3: status and body.
fn fetch(url: &str) -> (u16, Vec<u8>) {
    let rest = url.strip_prefix("http://").expect("it is plain HTTP");
    let (host, path) = rest.split_at(rest.find('/').expect("it has a path"));
    let mut stream = TcpStream::connect(host).expect("the gateway listens");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .expect("it can be sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let end = answer
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("it answers in HTTP");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .expect("it has a status");
    (status, answer[end + 4..].to_vec())
}

#[test]
fn buckets_and_objects_go_round() {
    let Some(bench) = bench() else { return };
    let file = bench.file("hello.txt", b"hello");
    bench.aws(&["s3", "mb", "s3://plans"]);
    bench.aws(&["s3", "cp", &file, "s3://plans/a.txt"]);
    bench.aws(&["s3", "mv", "s3://plans/a.txt", "s3://plans/folder/b.txt"]);
    let listed = bench.aws(&["s3", "ls", "s3://plans/", "--recursive"]);
    assert!(
        listed.contains("5 folder/b.txt") && !listed.contains("a.txt"),
        "{listed}"
    );
    assert!(listed.contains("2026-01-01"), "dates are the drill's: {listed}");
    assert!(bench.aws(&["s3", "ls", "s3://plans/"]).contains("PRE folder/"));
    let back = bench.path("back.txt");
    bench.aws(&["s3", "cp", "s3://plans/folder/b.txt", back.to_str().unwrap()]);
    assert_eq!(std::fs::read(back).unwrap(), b"hello");
    assert!(
        bench
            .refused(&["s3", "rb", "s3://plans"])
            .contains("BucketNotEmpty")
    );
    bench.aws(&["s3", "rm", "s3://plans", "--recursive"]);
    bench.aws(&["s3", "rb", "s3://plans"]);
    assert!(
        bench
            .refused(&["s3", "ls", "s3://plans"])
            .contains("NoSuchBucket")
    );
}

#[test]
fn odd_names_survive_a_sync_there_and_back() {
    let Some(bench) = bench() else { return };
    let names = [
        "a b+c/ü ö.txt",
        "plus+plus.txt",
        "100% & more?.txt",
        "日本/語.txt",
        "quote'\"<>.txt",
    ];
    for name in names {
        bench.file(&format!("up/{name}"), name.as_bytes());
    }
    let (up, down) = (bench.path("up"), bench.path("down"));
    bench.aws(&["s3", "mb", "s3://odd"]);
    bench.aws(&["s3", "sync", up.to_str().unwrap(), "s3://odd/x y/"]);
    let keys: Vec<String> = bench
        .store
        .current("odd")
        .unwrap()
        .iter()
        .map(|c| c.key.to_string())
        .collect();
    for name in names {
        assert!(keys.contains(&format!("x y/{name}")), "{name} among {keys:?}");
    }
    bench.aws(&["s3", "sync", "s3://odd/x y/", down.to_str().unwrap()]);
    for name in names {
        assert_eq!(std::fs::read(down.join(name)).unwrap(), name.as_bytes(), "{name}");
    }
    bench.aws(&["s3", "rm", "s3://odd/x y/a b+c/ü ö.txt"]);
    assert_eq!(bench.store.current("odd").unwrap().len(), names.len() - 1);
}

#[test]
fn presigned_urls_need_no_key_and_cannot_be_changed() {
    let Some(bench) = bench() else { return };
    let file = bench.file("f", b"presigned");
    bench.aws(&["s3", "mb", "s3://shared"]);
    bench.aws(&["s3", "cp", &file, "s3://shared/a b"]);
    bench.aws(&["s3", "cp", &file, "s3://shared/secret"]);
    let url = bench.aws(&["s3", "presign", "s3://shared/a b"]);
    assert_eq!(fetch(url.trim()), (200, b"presigned".to_vec()));
    let (status, body) = fetch(&url.trim().replace("a%20b", "secret"));
    assert_eq!(status, 403);
    assert!(String::from_utf8_lossy(&body).contains("SignatureDoesNotMatch"));
    let (status, body) = fetch(&format!("{}/shared/secret", bench.url));
    assert_eq!(status, 403);
    assert!(String::from_utf8_lossy(&body).contains("AccessDenied"));
}

#[test]
fn large_files_go_in_parts() {
    let Some(bench) = bench() else { return };
    let mut content = vec![0; 20 << 20];
    Draws::new(1, "test/large").fill(&mut content);
    let file = bench.file("large", &content);
    bench.aws(&["s3", "mb", "s3://large"]);
    bench.aws(&["s3", "cp", &file, "s3://large/file"]);
    let head = bench.aws(&["s3api", "head-object", "--bucket", "large", "--key", "file"]);
    assert!(
        head.contains("\"ContentLength\": 20971520") && head.contains("-3\\\""),
        "{head}"
    );
    let back = bench.path("back");
    bench.aws(&["s3", "cp", "s3://large/file", back.to_str().unwrap()]);
    assert!(std::fs::read(back).unwrap() == content);
    bench.aws(&["s3", "cp", "s3://large/file", "s3://large/copy"]);
    assert!(
        bench
            .store
            .read("large", "copy", None)
            .unwrap()
            .object
            .unwrap()
            .body
            == content
    );
}

#[test]
fn a_deleted_object_comes_back_when_its_marker_goes() {
    let Some(bench) = bench() else { return };
    let (first, second) = (bench.file("1", b"first"), bench.file("2", b"second"));
    bench.aws(&["s3", "mb", "s3://kept"]);
    let status = "Status=Enabled";
    bench.aws(&[
        "s3api",
        "put-bucket-versioning",
        "--bucket",
        "kept",
        "--versioning-configuration",
        status,
    ]);
    bench.aws(&["s3", "cp", &first, "s3://kept/k"]);
    bench.aws(&["s3", "cp", &second, "s3://kept/k"]);
    bench.aws(&["s3", "rm", "s3://kept/k"]);
    assert_eq!(bench.aws(&["s3", "ls", "s3://kept"]), "");
    let listed = bench.aws(&["s3api", "list-object-versions", "--bucket", "kept"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["Versions"].as_array().unwrap().len(), 2);
    assert_eq!(listed["Versions"][0]["Size"], 6, "the newest comes first");
    let marker = listed["DeleteMarkers"][0]["VersionId"].as_str().unwrap();
    bench.aws(&[
        "s3api",
        "delete-object",
        "--bucket",
        "kept",
        "--key",
        "k",
        "--version-id",
        marker,
    ]);
    let back = bench.path("back");
    bench.aws(&["s3", "cp", "s3://kept/k", back.to_str().unwrap()]);
    assert_eq!(std::fs::read(back).unwrap(), b"second");
    assert!(
        bench
            .refused(&["s3", "rb", "s3://kept", "--force"])
            .contains("BucketNotEmpty")
    );
}

#[test]
fn versioning_cannot_be_suspended_under_replication() {
    let Some(bench) = bench() else { return };
    let versioning = |bucket: &str, status: &str| {
        let status = format!("Status={status}");
        bench.run(&[
            "s3api",
            "put-bucket-versioning",
            "--bucket",
            bucket,
            "--versioning-configuration",
            &status,
        ])
    };
    let rule = r#"{"Role": "arn:aws:iam::123456789012:role/replication", "Rules": [{"ID": "all", "Status": "Enabled",
        "Priority": 1, "Filter": {}, "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::target"}}]}"#;
    let replicate = [
        "s3api",
        "put-bucket-replication",
        "--bucket",
        "source",
        "--replication-configuration",
        rule,
    ];
    bench.aws(&["s3", "mb", "s3://source"]);
    bench.aws(&["s3", "mb", "s3://target", "--region", "us-east-1"]);
    assert!(versioning("target", "Enabled").status.success());
    assert!(
        bench.refused(&replicate).contains("InvalidRequest"),
        "versioning is off at the source"
    );
    assert!(versioning("source", "Enabled").status.success());
    bench.aws(&replicate);
    let stored = bench.aws(&["s3api", "get-bucket-replication", "--bucket", "source"]);
    assert!(stored.contains("arn:aws:s3:::target"), "{stored}");
    let refused = versioning("source", "Suspended");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("InvalidBucketState"));
    bench.aws(&["s3api", "delete-bucket-replication", "--bucket", "source"]);
    assert!(versioning("source", "Suspended").status.success());
}

#[test]
fn one_endpoint_syncs_across_regions() {
    let Some(bench) = bench() else { return };
    for name in ["a", "b/c"] {
        bench.file(&format!("up/{name}"), name.as_bytes());
    }
    bench.aws(&["s3", "mb", "s3://west"]);
    bench.aws(&["s3", "mb", "s3://east", "--region", "us-east-1"]);
    let location = |bucket| bench.aws(&["s3api", "get-bucket-location", "--bucket", bucket]);
    assert!(location("west").contains("us-west-2"));
    assert!(location("east").contains("null"), "us-east-1 has no constraint");
    bench.aws(&["s3", "sync", bench.path("up").to_str().unwrap(), "s3://west"]);
    let sync = [
        "s3",
        "sync",
        "s3://west",
        "s3://east",
        "--source-region",
        "us-west-2",
        "--region",
        "us-east-1",
    ];
    assert_eq!(bench.aws(&sync).matches("copy:").count(), 2);
    assert_eq!(bench.store.current("east").unwrap().len(), 2);
    assert_eq!(bench.aws(&sync), "", "nothing is left to copy");
    // And through the other listener.
    let other = [
        "--endpoint-url",
        bench.other_url.as_str(),
        "s3",
        "ls",
        "s3://west",
        "--recursive",
    ];
    assert!(bench.aws(&other).contains("b/c"));
}

/// `aws s3 sync` compares sizes and dates, so it leaves corruption of the same size as it is.
#[test]
fn sync_does_not_repair_corruption_of_the_same_size() {
    let Some(bench) = bench() else { return };
    for (bucket, region) in [("programs", "us-west-2"), ("programs-backup", "us-east-1")] {
        bench.store.create_bucket(bucket, region, true).unwrap();
        let seed = Seed {
            key: "p".to_owned(),
            body: b"the program".as_slice().into(),
            modified_us: 1_767_000_000_000_000,
            sha256: None,
        };
        bench.store.seed(bucket, seed).unwrap();
    }
    assert_eq!(
        bench
            .store
            .corrupt("programs", "p", &Draws::new(1, "test/corrupt"))
            .unwrap(),
        1
    );
    let sync = [
        "s3",
        "sync",
        "s3://programs-backup",
        "s3://programs",
        "--source-region",
        "us-east-1",
    ];
    assert_eq!(bench.aws(&sync), "");
    let object = bench.store.read("programs", "p", None).unwrap().object.unwrap();
    assert_eq!(object.verify(), Some(false));
}
