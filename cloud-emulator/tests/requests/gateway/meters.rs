//! Keys that come and go, and what was done with them.

use cloud_emulator::gateway::{AccessKey, Principal, Usage};
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
        .meter(AccessKey::new("AKIDSTEP", "step-secret", Principal::User));
    let run = |arguments: &[&str]| bench.run_as("AKIDSTEP", "step-secret", bench.doors[0], arguments);
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
    let old = bench.gateway.meter(key());
    let new = bench.gateway.meter(key());
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
