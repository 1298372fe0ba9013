//! Every verdict as clients see it, and that all is well when its guard is gone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use cloud_emulator::client::RetryPolicy;
use cloud_emulator::gateway::{Latency, Match, Principal, Verdict};
use drill::units::{Fraction, Span};
use http::StatusCode;
use test_harness::installed;

use crate::gateway::bench::{Bench, until};

const GET: &str = "GET /west/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

fn only(service: &str) -> Match {
    Match {
        services: vec![service.into()],
        ..Match::default()
    }
}

fn error(status: u16, code: &'static str) -> Verdict<Latency> {
    Verdict::Error {
        status: StatusCode::from_u16(status).unwrap(),
        code: code.into(),
        message: "as the <scenario> says".into(),
    }
}

fn is_well(bench: &Bench) {
    let read = bench.read(Principal::User, bench.listeners[0], "west");
    assert_eq!(read.as_deref(), Ok("the content of k"));
}

#[test]
fn errors_have_the_shape_of_their_protocol_for_aws() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let out = bench.home.path().join("out").to_str().unwrap().to_owned();
    let invoke = ["lambda", "invoke", "--function-name", "f", &out];
    let calls: [(&str, &[&str], [&str; 2]); 6] = [
        (
            "s3",
            &["s3api", "get-object", "--bucket", "west", "--key", "k", &out],
            ["SlowDown", "AccessDenied"],
        ),
        (
            "lambda",
            &invoke,
            ["TooManyRequestsException", "AccessDeniedException"],
        ),
        (
            "sts",
            &["sts", "get-caller-identity"],
            ["ThrottlingException", "AccessDenied"],
        ),
        (
            "dynamodb",
            &["dynamodb", "list-tables"],
            ["ThrottlingException", "AccessDeniedException"],
        ),
        (
            "ec2",
            &["ec2", "describe-instances"],
            ["RequestLimitExceeded", "UnauthorizedOperation"],
        ),
        (
            "monitoring",
            &["cloudwatch", "list-dashboards"],
            ["ThrottlingException", "AccessDeniedException"],
        ),
    ];
    for (service, arguments, [throttled, denied]) in calls {
        let verdicts = [
            (Verdict::Throttle, throttled, false),
            (Verdict::AccessDenied, denied, false),
            (error(400, "OddException"), "OddException", true),
        ];
        for (verdict, code, own) in verdicts {
            let guard = bench.rule(only(service), verdict);
            let message = bench.refused(arguments);
            assert!(message.contains(&format!("({code})")), "{service}: {message}");
            assert!(
                !own || message.contains("as the <scenario> says"),
                "{service}: {message}"
            );
            assert_eq!(guard.hits(), 1, "{service}");
        }
    }
    // And green again.
    for arguments in [calls[0].1, calls[1].1, calls[2].1] {
        bench.aws(arguments);
    }
}

#[test]
fn the_sdk_reads_errors_and_tries_again_what_deserves_it() {
    let bench = Bench::new(1.0);
    let policy = RetryPolicy {
        attempts: 3,
        first_pause: Duration::from_millis(1),
        ..RetryPolicy::STANDARD
    };
    let user = bench.s3(Principal::User, bench.listeners[0], policy);
    let cases = [
        (Verdict::Throttle, "SlowDown", 3),
        (error(503, "ServiceUnavailable"), "ServiceUnavailable", 3),
        (error(500, "InternalError"), "InternalError", 3),
        (Verdict::AccessDenied, "AccessDenied", 1),
        (error(404, "NoSuchKey"), "NoSuchKey", 1),
    ];
    for (verdict, code, attempts) in cases {
        let guard = bench.rule(only("s3"), verdict);
        let answer = bench.wait(user.client().get_object().bucket("west").key("k").send());
        let refused = answer.expect_err(code).into_service_error();
        assert_eq!(refused.meta().code(), Some(code));
        assert_eq!(guard.hits(), attempts, "{code}");
        assert_eq!(guard.sample()[0].operation.as_deref(), Some("GetObject"));
        drop(guard);
        is_well(&bench);
    }
    let _guard = bench.rule(only("s3"), Verdict::AccessDenied);
    let head = bench.wait(user.client().head_object().bucket("west").key("k").send());
    let status = head
        .expect_err("it is denied")
        .raw_response()
        .map(|raw| raw.status().as_u16());
    assert_eq!(status, Some(403), "a HEAD has no body");
}

#[test]
fn an_early_answer_is_read_after_a_large_body() {
    let bench = Bench::new(1.0);
    let _guard = bench.rule(only("s3"), Verdict::Throttle);
    let user = bench.s3(Principal::User, bench.listeners[0], RetryPolicy::ONCE);
    let body = vec![0; 32 << 20];
    let answer = bench.wait(
        user.client()
            .put_object()
            .bucket("west")
            .key("large")
            .body(body.into())
            .send(),
    );
    assert_eq!(
        answer
            .expect_err("it is throttled")
            .into_service_error()
            .meta()
            .code(),
        Some("SlowDown")
    );
}

#[test]
fn a_share_of_requests_fails_and_only_those_that_match() {
    let bench = Bench::with(1.0, true);
    let guard = bench.rule(
        Match {
            probability: Fraction::from_f64(0.5).unwrap(),
            operations: vec!["Get*".into()],
            resources: vec!["we*".into()],
            keys: vec!["?".into()],
            ..Match::default()
        },
        error(500, "InternalError"),
    );
    let statuses = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answers = (0..100).map(|_| bench.raw(bench.listeners[0], &request).unwrap());
        answers
            .filter(|answer| answer.starts_with("HTTP/1.1 500"))
            .count()
    };
    let failed = statuses("/west/k");
    assert!((30..70).contains(&failed), "{failed}");
    assert_eq!(guard.hits(), failed as u64);
    assert_eq!(
        (
            statuses("/east/k"),
            statuses("/west?list-type=2"),
            statuses("/west/kk")
        ),
        (0, 0, 0)
    );
}

#[test]
fn a_reset_is_a_reset() {
    let bench = Bench::with(1.0, true);
    let guard = bench.rule(only("s3"), Verdict::Reset);
    let error = bench.raw(bench.listeners[0], GET).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(guard.hits(), 1);
    drop(guard);
    is_well(&bench);
}

#[test]
fn a_hung_request_gets_no_byte_until_the_rule_ends() {
    let bench = Bench::with(1.0, true);
    let guard = bench.rule(only("s3"), Verdict::Hang);
    // Not even `100 Continue`, which reading the body would send.
    let put = "PUT /west/new HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    let mut clients = [GET, put].map(|request| {
        let mut stream = TcpStream::connect(bench.listeners[0]).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    });
    until("both hang", || guard.hits() >= 2);
    for client in &mut clients {
        client.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let error = client.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    }
    drop(guard);
    for client in &mut clients {
        let error = client.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    is_well(&bench);
}

#[test]
fn clients_that_give_up_on_a_hung_request_leave_nothing_behind() {
    let bench = Bench::with(1.0, true);
    let guard = bench.rule(only("s3"), Verdict::Hang);
    let put = "PUT /west/new HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    // More than there is room for at once (64): each must make room for another by going away.
    for n in 0..100 {
        let mut stream = TcpStream::connect(bench.listeners[0]).unwrap();
        stream.write_all([GET, put][n % 2].as_bytes()).unwrap();
        until("it hangs", || guard.hits() > n as u64);
    }
    drop(guard);
    is_well(&bench);
}

#[test]
fn a_hung_request_ends_with_the_gateway() {
    let bench = Bench::with(1.0, true);
    let guard = bench.rule(only("s3"), Verdict::Hang);
    let mut stream = TcpStream::connect(bench.listeners[0]).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    until("it hangs", || guard.hits() > 0);
    bench.shutdown.cancel();
    assert!(stream.read(&mut [0]).is_err());
}

#[test]
fn a_delay_is_drill_time_and_runs_to_its_end() {
    let bench = Bench::with(1000.0, true);
    let span = Span::from_mins(2);
    let guard = bench.rule(only("s3"), Verdict::Delay(Latency::Constant(span)));
    let before = bench.clock.now();
    is_well(&bench);
    assert!(bench.clock.now() - before >= span);
    let mut stream = TcpStream::connect(bench.listeners[0]).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    until("it is delayed", || guard.hits() >= 2);
    let asked = guard.sample()[1].at;
    drop(guard);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(bench.clock.now() - asked >= span);
}

#[test]
fn corrupted_bodies_keep_their_length_and_are_noticed() {
    let bench = Bench::with(1.0, true);
    let plain = bench.raw(bench.listeners[0], GET).unwrap();
    let guard = bench.rule(only("s3"), Verdict::Corrupt);
    let corrupt = bench.raw(bench.listeners[0], GET);
    let (head, body) = plain.split_once("\r\n\r\n").unwrap();
    // What came may not be text any more: a lossy copy is at least as long.
    let corrupt = corrupt.unwrap();
    let (corrupt_head, corrupt_body) = corrupt.split_once("\r\n\r\n").unwrap();
    let stable = |head: &str| {
        let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
        lines.retain(|line| !line.starts_with("x-amz-request-id") && !line.starts_with("date"));
        lines
    };
    assert_eq!(stable(head), stable(corrupt_head));
    assert!(body != corrupt_body && corrupt_body.chars().count() == body.len());
    let noticed = bench
        .read(Principal::User, bench.listeners[0], "west")
        .unwrap_err();
    assert!(
        noticed.contains("checksum") || noticed.contains("Checksum"),
        "{noticed}"
    );
    assert_eq!(guard.hits(), 2);
    // Nothing is in the answer to a HEAD, or in an error, that could be corrupted.
    let missing = bench
        .raw(bench.listeners[0], &GET.replace("/k", "/missing"))
        .unwrap();
    assert!(missing.contains("<Code>NoSuchKey</Code>"));
    bench
        .raw(bench.listeners[0], &GET.replace("GET", "HEAD"))
        .unwrap();
    assert_eq!(guard.hits(), 2, "only what was altered counts");
    drop(guard);
    is_well(&bench);
}

#[test]
fn aws_notices_corrupted_bodies_too() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let out = bench.home.path().join("out").to_str().unwrap().to_owned();
    let copy = ["s3", "cp", "s3://west/k", &out];
    let objects = Match {
        operations: vec!["GetObject".into()],
        ..Match::default()
    };
    let guard = bench.rule(objects, Verdict::Corrupt);
    let message = bench.refused(&copy);
    assert!(message.contains("checksum"), "{message}");
    drop(guard);
    bench.aws(&copy);
}
