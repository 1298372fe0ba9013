//! Services beside S3, as the `aws` client sees them.

use crate::gateway::bench::{Bench, REGIONS, failed, key_of, succeeded};
use cloud_emulator::gateway::Principal;
use test_harness::installed;

#[test]
fn every_region_knows_who_is_asking() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    for region in REGIONS {
        let answer = bench.aws(&["sts", "get-caller-identity", "--region", region]);
        assert!(answer.contains("\"Account\": \"000000000000\""), "{answer}");
        assert!(answer.contains("arn:aws:iam::000000000000:user/user"), "{answer}");
    }
    let who = ["sts", "get-caller-identity"];
    let probe = bench.run_as(key_of(Principal::Probe), "secret", bench.listeners[1], &who);
    assert!(succeeded(&who, &probe).contains("user/probe"));
}

#[test]
fn a_service_gets_whole_requests_and_the_region_that_they_are_signed_for() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let out = bench.home.path().join("out");
    let invoke = |region: &str| {
        let out = out.to_str().unwrap();
        bench.aws(&[
            "--region",
            region,
            "lambda",
            "invoke",
            "--function-name",
            "f",
            "--payload",
            "{\"a\":1}",
            out,
        ]);
        std::fs::read_to_string(out).unwrap()
    };
    assert_eq!(invoke("us-east-1"), "\"7 bytes in us-east-1\"");
    assert_eq!(invoke("us-west-2"), "\"7 bytes in us-west-2\"");
}

#[test]
fn what_this_cloud_lacks_is_refused_in_the_words_of_each_protocol() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let lacking: [(&[&str], &str); 8] = [
        (&["rds", "describe-db-instances"], "DescribeDBInstances"),
        (&["sqs", "list-queues"], "ListQueues"),
        (&["iot", "list-things"], "ListThings"),
        (&["dynamodb", "list-tables"], "ListTables"),
        (&["cloudformation", "list-stacks"], "ListStacks"),
        (&["ec2", "describe-instances"], "DescribeInstances"),
        (&["cloudwatch", "list-dashboards"], "ListDashboards"),
        (&["route53", "list-hosted-zones"], "ListHostedZones"),
    ];
    for (arguments, operation) in lacking {
        let message = bench.refused(arguments);
        let expected = format!("An error occurred (NotImplemented) when calling the {operation} operation");
        assert!(message.contains(&expected), "{arguments:?}: {message}");
        assert!(message.contains("it has s3, sts, lambda"), "{message}");
    }
    let message = bench.refused(&["sts", "get-session-token"]);
    assert!(message.contains("(InvalidAction)"), "{message}");
    let message = bench.refused(&["lambda", "list-functions"]);
    assert!(message.contains("(UnknownOperationException)"), "{message}");
}

#[test]
fn signatures_are_verified_beside_s3() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let message = |key: &str, secret: &str, arguments: &[&str]| {
        failed(
            arguments,
            &bench.run_as(key, secret, bench.listeners[0], arguments),
        )
    };
    let (who, invoke) = (
        ["sts", "get-caller-identity"],
        ["lambda", "invoke", "--function-name", "f", "/dev/null"],
    );
    let user = key_of(Principal::User);
    assert!(message(user, "wrong", &who).contains("(SignatureDoesNotMatch)"));
    assert!(message("AKIDNOBODY", "secret", &who).contains("(InvalidClientTokenId)"));
    assert!(message(user, "wrong", &invoke).contains("(InvalidSignatureException)"));
    assert!(message("AKIDNOBODY", "secret", &invoke).contains("(UnrecognizedClientException)"));
}

const UNSIGNED: &str = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 43\r\n\r\nAction=GetCallerIdentity&Version=2011-06-15";

#[test]
fn unsigned_requests_need_an_open_cloud() {
    let closed = Bench::with(1.0, false);
    let answer = closed.raw(closed.listeners[0], UNSIGNED).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 403") && answer.contains("<Code>MissingAuthenticationToken</Code>"),
        "{answer}"
    );
    let invoke = "POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    let answer = closed.raw(closed.listeners[0], invoke).unwrap();
    assert!(
        answer.contains("x-amzn-errortype: MissingAuthenticationTokenException"),
        "{answer}"
    );
    let open = Bench::with(1.0, true);
    let answer = open.raw(open.listeners[0], UNSIGNED).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("<Account>000000000000</Account>"),
        "{answer}"
    );
    let answer = open.raw(open.listeners[1], invoke).unwrap();
    assert!(answer.ends_with("\"2 bytes in us-east-1\""), "{answer}");
    // A bucket of that name is a bucket.
    open.store
        .create_bucket("2015-03-31", "us-west-2", false)
        .unwrap();
    let answer = open.raw(open.listeners[1], invoke).unwrap();
    assert!(!answer.contains("bytes in"), "{answer}");
}

#[test]
fn bodies_are_bounded() {
    let bench = Bench::with(1.0, true);
    let head = "POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 99999999\r\n\r\n";
    let answer = bench.raw(bench.listeners[0], head).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[test]
fn a_web_page_drives_no_service() {
    // Open to clients without a signature; a page is not among them.
    let open = Bench::with(1.0, true);
    let invoke = |extra: &str, host: &str| {
        let request = format!(
            "POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: {host}\r\n{extra}Connection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        open.raw(open.listeners[1], &request).unwrap()
    };
    assert!(invoke("", "127.0.0.1:4566").starts_with("HTTP/1.1 200"));
    for (extra, host) in [
        ("Origin: https://evil.example\r\n", "127.0.0.1:4566"),
        ("Origin: null\r\n", "localhost"),
        ("", "evil.example:4566"),
        ("", "127.0.0.1.evil.example"),
        ("", "evil:4566"),
        ("", "192.0.2.1:4566"),
        ("", "0.0.0.0:4566"),
    ] {
        let answer = invoke(extra, host);
        assert!(answer.starts_with("HTTP/1.1 403"), "{extra} {host}: {answer}");
    }
}
