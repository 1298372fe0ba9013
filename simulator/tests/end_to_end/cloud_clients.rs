//! Other people's clients against `firedrill cloud`: the real `aws` CLI, and mosquitto's publisher. Each is
//! skipped with a printed reason where it is not installed.

use std::fs;
use std::process::Command;

use serde_json::Value;
use test_harness::trial;

use crate::cloud::Cloud;
use crate::support::aws::Aws;
use crate::support::{Scenario, http, installed, until};

trial!(the_aws_cli_works_against_a_cloud);
fn the_aws_cli_works_against_a_cloud() {
    if !installed("aws") {
        return;
    }
    let cloud = Cloud::start(&Scenario::fleet());
    let aws = cloud.aws();
    copies_and_syncs(&aws);
    undeletes(&aws);
    syncs_across_regions(&aws);
    let refused = aws.refused(&[
        "s3api",
        "put-bucket-versioning",
        "--bucket",
        "small-programs",
        "--versioning-configuration",
        "Status=Suspended",
    ]);
    assert!(refused.contains("InvalidBucketState"), "{refused}");
    cloud.end();
}

const BODY: &str = "the firmware, ä version of it";

fn copies_and_syncs(aws: &Aws<'_>) {
    let folder = aws.folder;
    fs::create_dir(folder.join("files")).expect("a folder");
    for (name, content) in [
        ("a b+c.txt", "one"),
        ("ünïcode.txt", "two"),
        ("firmware.bin", BODY),
    ] {
        fs::write(folder.join("files").join(name), content).expect("a file");
    }
    aws.ok(&["s3", "mb", "s3://runbook"]);
    aws.ok(&[
        "s3",
        "cp",
        "files/firmware.bin",
        "s3://runbook/single/firmware.bin",
    ]);
    let synced = aws.ok(&["s3", "sync", "files", "s3://runbook/files"]);
    assert_eq!(synced.matches("upload: ").count(), 3, "{synced}");
    assert_eq!(
        aws.ok(&["s3", "sync", "files", "s3://runbook/files"]).trim(),
        "",
        "nothing has changed since"
    );
    aws.ok(&["s3", "sync", "s3://runbook/files", "back"]);
    for file in ["a b+c.txt", "ünïcode.txt", "firmware.bin"] {
        let [there, back] =
            ["files", "back"].map(|of| fs::read(folder.join(of).join(file)).expect("it is there"));
        assert_eq!(there, back, "{file}");
    }
    let address = aws.ok(&[
        "s3",
        "presign",
        "s3://runbook/single/firmware.bin",
        "--expires-in",
        "600",
    ]);
    let address = address.trim();
    assert_eq!(http::get(address).text(), BODY, "{address}");
    let forged = http::get(&address.replace("firmware.bin", "firmware.bim"));
    assert_eq!(forged.status, 403, "{}", forged.text());
}

/// The scenario's own bucket keeps versions: what is deleted comes back when its marker goes.
fn undeletes(aws: &Aws<'_>) {
    let (key, address) = ("objects/000007", "s3://small-programs/objects/000007");
    aws.ok(&["s3", "cp", address, "before"]);
    aws.ok(&["s3", "rm", address]);
    assert!(aws.refused(&["s3", "cp", address, "gone"]).contains("404"));
    let list = [
        "s3api",
        "list-object-versions",
        "--bucket",
        "small-programs",
        "--prefix",
        key,
    ];
    let listed = aws.json(&list);
    assert_eq!(listed["Versions"].as_array().map(Vec::len), Some(1), "{listed}");
    let marker = &listed["DeleteMarkers"][0];
    assert_eq!(
        (&marker["IsLatest"], marker["Key"].as_str()),
        (&Value::Bool(true), Some(key)),
        "{listed}"
    );
    let version = marker["VersionId"].as_str().expect("a marker has a version");
    aws.ok(&[
        "s3api",
        "delete-object",
        "--bucket",
        "small-programs",
        "--key",
        key,
        "--version-id",
        version,
    ]);
    aws.ok(&["s3", "cp", address, "after"]);
    let folder = aws.folder;
    let [before, after] =
        ["before", "after"].map(|file| fs::read(folder.join(file)).expect("it was fetched"));
    assert!(!before.is_empty() && before == after);
    let listed = aws.json(&list);
    assert!(
        listed["DeleteMarkers"].is_null() && listed["Versions"][0]["IsLatest"] == true,
        "{listed}"
    );
}

/// Both buckets are asked for through the first region's endpoint; the second lies in the other region.
fn syncs_across_regions(aws: &Aws<'_>) {
    aws.ok(&["s3", "mb", "s3://runbook-elsewhere", "--region", "us-east-1"]);
    let location = aws.json(&["s3api", "get-bucket-location", "--bucket", "small-programs"]);
    assert_eq!(location["LocationConstraint"], "us-west-2");
    let elsewhere = aws.json(&["s3api", "get-bucket-location", "--bucket", "runbook-elsewhere"]);
    assert!(elsewhere["LocationConstraint"].is_null(), "{elsewhere}");
    let sync = ["s3", "sync", "s3://small-programs", "s3://runbook-elsewhere"];
    let regions = ["--source-region", "us-west-2", "--region", "us-east-1"];
    let synced = aws.ok(&[&sync[..], &regions].concat());
    assert_eq!(synced.matches("copy: ").count(), 60, "{synced}");
    let listed = aws.ok(&["s3", "ls", "s3://runbook-elsewhere", "--recursive"]);
    assert_eq!(listed.lines().count(), 60, "{listed}");
    aws.ok(&["s3", "cp", "s3://runbook-elsewhere/objects/000007", "elsewhere"]);
    let read = |file: &str| fs::read(aws.folder.join(file)).expect("it was fetched");
    assert_eq!(read("elsewhere"), read("before"));
    aws.ok(&["s3", "rb", "s3://runbook-elsewhere", "--force"]);
}

trial!(what_mosquitto_publishes_arrives_in_the_bucket);
fn what_mosquitto_publishes_arrives_in_the_bucket() {
    if !installed("mosquitto_pub") {
        return;
    }
    let cloud = Cloud::start(&Scenario::fleet().with("  regions:", "  anonymous: true\n  regions:"));
    let (host, port) = cloud.mqtt.split_once(':').expect("host and port");
    let mut publish = Command::new("mosquitto_pub");
    publish.args([
        "-h", host, "-p", port, "-V", "mqttv311", "-q", "1", "-i", "by-hand",
    ]);
    let published = publish
        .args(["-t", "dt/7/telemetry", "-m", "as a user typed it"])
        .output();
    let published = published.expect("mosquitto_pub can be started");
    assert!(
        published.status.success(),
        "{}",
        String::from_utf8_lossy(&published.stderr)
    );
    let bucket = format!("{}/small-telemetry", cloud.endpoint());
    let body = until("the message in the bucket", || {
        let listing = http::get(&format!("{bucket}?list-type=2"));
        assert_eq!(listing.status, 200, "{}", listing.text());
        let key = http::elements(&listing.text(), "Key").into_iter().next()?;
        Some(http::get(&format!("{bucket}/{key}")))
    });
    assert_eq!(body.text(), "as a user typed it\n");
    cloud.end();
}
