//! Keys that come and go, and what was done with them.

use std::sync::{Arc, Mutex};

use cloud_emulator::gateway::{AccessKey, CallChanged, CallObserver, CallSeen, Principal, Stands, Usage};
use futures::future::BoxFuture;
use test_harness::installed;

use crate::gateway::bench::{Bench, succeeded};

fn calls(usage: &Usage) -> Vec<(&str, u64)> {
    usage
        .calls_by_operation
        .iter()
        .map(|(name, n)| (name.as_str(), *n))
        .collect()
}

#[test]
fn what_a_script_does_with_its_key_is_counted_while_the_key_is_there() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let file = bench.home.path().join("file");
    std::fs::write(&file, vec![7; 100_000]).unwrap();
    let file = file.to_str().unwrap();
    let key = bench
        .gateway
        .meter(AccessKey::new("AKIDSTEP", "step-secret", Principal::User), None);
    let run = |arguments: &[&str]| bench.run_as("AKIDSTEP", "step-secret", bench.listeners[0], arguments);
    for arguments in [
        &["s3", "cp", file, "s3://west/a"][..],
        &["s3", "cp", file, "s3://west/b"],
        &["s3", "cp", "s3://west/a", "/dev/null"],
        &["sts", "get-caller-identity"],
    ] {
        succeeded(arguments, &run(arguments));
    }
    bench.aws(&["s3", "ls", "s3://west"]);
    assert!(!run(&["rds", "describe-db-instances"]).status.success());
    let usage = bench.gateway.usage("AKIDSTEP").unwrap();
    let expected = [
        ("rds:DescribeDBInstances", 1),
        ("s3:GetObject", 1),
        ("s3:HeadObject", 1),
        ("s3:PutObject", 2),
        ("sts:GetCallerIdentity", 1),
    ];
    assert_eq!(calls(&usage), expected, "others' calls are not among them");
    assert!((200_000..202_000).contains(&usage.bytes_in), "{usage:?}");
    assert!((100_000..103_000).contains(&usage.bytes_out), "{usage:?}");
    // Each program began when the one before it had ended.
    assert_eq!(usage.sequential_waits, 6);
    assert_eq!(usage, key.usage());
    drop(key);
    assert_eq!(bench.gateway.usage("AKIDSTEP"), None);
    let refused = run(&["s3", "ls", "s3://west"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("InvalidAccessKeyId"));
}

#[test]
fn a_key_that_is_metered_anew_begins_at_nothing() {
    let bench = Bench::new(1.0);
    let key = || AccessKey::new("AKIDSTEP", "secret", Principal::User);
    let old = bench.gateway.meter(key(), None);
    let new = bench.gateway.meter(key(), None);
    drop(old);
    assert_eq!(
        bench.gateway.usage("AKIDSTEP"),
        Some(Usage::default()),
        "the new one is still there"
    );
    drop(new);
    assert_eq!(bench.gateway.usage("AKIDSTEP"), None);
    assert_eq!(
        bench.gateway.usage("AKIDUSER"),
        None,
        "only keys that come and go are metered"
    );
}

/// Writes down what it sees.
#[derive(Default)]
struct Diary {
    lines: Mutex<Vec<String>>,
}

impl Diary {
    fn note(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

impl CallObserver for Diary {
    fn admit<'a>(&'a self, call: CallSeen<'a>) -> BoxFuture<'a, ()> {
        let operation = call.seen.operation.as_deref().unwrap_or("?");
        self.note(format!("{operation} of {}", call.objects));
        Box::pin(std::future::ready(()))
    }

    fn changed(&self, change: CallChanged) {
        let operation = change.seen.operation.as_deref().unwrap_or("?");
        let keys: Vec<String> = change
            .keys
            .iter()
            .map(|(key, stands)| match stands {
                Stands::Body(body) => format!("{key} is {} bytes", body.len()),
                Stands::Nothing => format!("{key} is gone"),
                Stands::Unread => format!("{key} was not read"),
            })
            .collect();
        self.note(format!("{operation} changed [{}]", keys.join(", ")));
    }
}

#[test]
fn who_watches_a_key_sees_each_call_and_what_stands_after_it() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let file = bench.home.path().join("file");
    std::fs::write(&file, "ten bytes.").unwrap();
    let file = file.to_str().unwrap();
    let diary = Arc::new(Diary::default());
    let key = AccessKey::new("AKIDSTEP", "step-secret", Principal::User);
    let _key = bench.gateway.meter(key, Some(diary.clone()));
    let run = |arguments: &[&str]| {
        let output = bench.run_as("AKIDSTEP", "step-secret", bench.listeners[0], arguments);
        (output.status.success(), diary.taken())
    };
    let put = |key: &'static str| {
        [
            "s3api",
            "put-object",
            "--bucket",
            "west",
            "--key",
            key,
            "--body",
            file,
        ]
    };
    let expect = |arguments: &[&str], lines: &[&str]| {
        let (succeeded, seen) = run(arguments);
        assert!(succeeded, "{arguments:?}");
        assert_eq!(seen, lines, "{arguments:?}");
    };
    expect(
        &put("a"),
        &["PutObject of 1", "PutObject changed [a is 10 bytes]"],
    );
    expect(
        &put("b"),
        &["PutObject of 1", "PutObject changed [b is 10 bytes]"],
    );
    // What reads, and what marks an object without a change of what is read, changes nothing.
    expect(&["s3", "ls", "s3://west"], &["ListObjectsV2 of 1"]);
    let tags = "TagSet=[{Key=a,Value=b}]";
    expect(
        &[
            "s3api",
            "put-object-tagging",
            "--bucket",
            "west",
            "--key",
            "a",
            "--tagging",
            tags,
        ],
        &["PutObjectTagging of 1"],
    );
    expect(
        &["s3api", "delete-object", "--bucket", "west", "--key", "a"],
        &["DeleteObject of 1", "DeleteObject changed [a is gone]"],
    );
    expect(
        &[
            "s3api",
            "delete-objects",
            "--bucket",
            "west",
            "--delete",
            "Objects=[{Key=b},{Key=k}]",
        ],
        &[
            "DeleteObjects of 2",
            "DeleteObjects changed [b is gone, k is gone]",
        ],
    );
    // What is refused changes nothing.
    let copy = [
        "s3api",
        "copy-object",
        "--bucket",
        "west",
        "--key",
        "c",
        "--copy-source",
        "west/none",
    ];
    assert_eq!(run(&copy), (false, vec!["CopyObject of 1".to_owned()]));
    bench.aws(&put("theirs"));
    assert_eq!(
        diary.taken(),
        Vec::<String>::new(),
        "others' calls are not among them"
    );
}

#[test]
fn what_needs_no_key_can_be_watched_too() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::with(1.0, true);
    let diary = Arc::new(Diary::default());
    bench.gateway.watch_unsigned(diary.clone());
    bench.aws(&[
        "s3api",
        "delete-object",
        "--bucket",
        "west",
        "--key",
        "k",
        "--no-sign-request",
    ]);
    assert_eq!(
        diary.taken(),
        ["DeleteObject of 1", "DeleteObject changed [k is gone]"]
    );
}
