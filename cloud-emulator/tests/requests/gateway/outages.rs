//! Listeners and silent regions.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3};
use cloud_emulator::gateway::{Latency, Match, Principal, Verdict};
use drill::scenario::FailureMode;

use drill::units::Span;
use test_harness::installed;

use crate::gateway::bench::{Bench, REGIONS, TIMEOUT, key_of, until};

const EVERYBODY_ELSE: [Principal; 5] = [
    Principal::User,
    Principal::Probe,
    Principal::Replicator,
    Principal::Rule,
    Principal::Function,
];

#[test]
fn a_closed_listener_refuses_resets_and_keeps_its_port() {
    let bench = Bench::with(1.0, true);
    let [west, east] = bench.listeners;
    let endpoint = bench.gateway.listener(REGIONS[0]);
    for _ in 0..3 {
        let mut kept = TcpStream::connect(west).unwrap();
        kept.write_all(b"GET /west/k HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        kept.read_exact(&mut [0; 8]).unwrap();
        let (first, second) = (endpoint.close().unwrap(), endpoint.close().unwrap());
        let refused = |endpoint| TcpStream::connect(endpoint).unwrap_err().kind();
        assert_eq!(refused(west), ErrorKind::ConnectionRefused);
        let error = std::iter::repeat_with(|| kept.read(&mut [0; 4096])).find_map(Result::err);
        assert_eq!(error.unwrap().kind(), ErrorKind::ConnectionReset);
        assert_eq!(TcpListener::bind(west).unwrap_err().kind(), ErrorKind::AddrInUse);
        assert!(
            bench.read(Principal::User, east, "west").is_ok(),
            "a closed listener is no outage"
        );
        drop(first);
        assert_eq!(refused(west), ErrorKind::ConnectionRefused);
        drop(second);
        assert!(bench.read(Principal::User, west, "west").is_ok());
    }
}

#[test]
fn connections_during_opening_and_closing_of_a_listener_are_served_or_end() {
    let bench = Bench::with(1.0, true);
    let endpoint = bench.gateway.listener(REGIONS[0]);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let Ok(mut stream) = TcpStream::connect(bench.listeners[0]) else {
                        continue;
                    };
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    let request = b"GET /west/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                    let mut answer = Vec::new();
                    let read = stream
                        .write_all(request)
                        .and_then(|()| stream.read_to_end(&mut answer));
                    let ended = read.map_or_else(|error| error.kind() != ErrorKind::WouldBlock, |_| true);
                    assert!(ended, "a connection was left hanging");
                }
            });
        }
        for _ in 0..300 {
            drop(endpoint.close().unwrap());
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(bench.read(Principal::User, bench.listeners[0], "west").is_ok());
}

#[test]
fn an_unresponsive_region_answers_only_the_audit_through_any_listener() {
    let bench = Bench::new(1.0);
    let [west, east] = bench.listeners;
    for (manner, through) in [
        (FailureMode::Refuse, &[east][..]),
        (FailureMode::Hang, &[west, east][..]),
        (FailureMode::Unavailable, &[west, east][..]),
    ] {
        let outage = bench.gateway.start_outage(REGIONS[0], manner).unwrap();
        assert_eq!(TcpStream::connect(west).is_err(), manner == FailureMode::Refuse);
        // Only what hangs is given up, and then soon.
        let attempt = match manner {
            FailureMode::Hang => Duration::from_millis(500),
            FailureMode::Refuse | FailureMode::Unavailable => TIMEOUT,
        };
        let policy = RetryPolicy {
            attempt,
            ..RetryPolicy::ONCE
        };
        for (n, who) in EVERYBODY_ELSE.into_iter().enumerate() {
            for endpoint in through {
                let s3 = bench.s3(who, *endpoint, policy);
                let answer = bench.wait(s3.client().get_object().bucket("west").key("k").send());
                let why = format!("{:?}", answer.expect_err("the region is silent"));
                let sign = match manner {
                    FailureMode::Refuse => "DispatchFailure",
                    FailureMode::Hang => "TimeoutError",
                    FailureMode::Unavailable => "ServiceUnavailable",
                };
                assert!(why.contains(sign), "{manner:?} {who:?}: {why}");
            }
            let asked = ((n + 1) * through.len()) as u64;
            // A client that gives up may do so before the gateway has looked at the request.
            until("the outage has counted it", || outage.hits() >= asked);
            assert_eq!(outage.hits(), asked);
        }
        assert!(
            bench.read(Principal::User, east, "east").is_ok(),
            "the other region is well"
        );
        for endpoint in [east, bench.private] {
            let read = bench.read(Principal::Audit, endpoint, "west");
            assert_eq!(read.as_deref(), Ok("the content of k"), "{manner:?}");
        }
        drop(outage);
        assert!(bench.read(Principal::User, west, "west").is_ok());
    }
}

#[test]
fn a_copy_cannot_read_from_a_silent_region() {
    let bench = Bench::new(1.0);
    let east = bench.s3(Principal::User, bench.listeners[1], RetryPolicy::ONCE);
    let copy = || {
        let copy = east
            .client()
            .copy_object()
            .bucket("east")
            .key("copy")
            .copy_source("west/k");
        bench.wait(copy.send()).is_ok()
    };
    let outage = bench
        .gateway
        .start_outage(REGIONS[0], FailureMode::Refuse)
        .unwrap();
    assert!(!copy());
    drop(outage);
    assert!(copy());
}

#[test]
fn a_region_outage_comes_before_the_faults_of_the_scenario() {
    let bench = Bench::new(1.0);
    let fault = bench.rule(Match::default(), Verdict::Throttle);
    let outage = bench
        .gateway
        .start_outage(REGIONS[0], FailureMode::Unavailable)
        .unwrap();
    let read = || {
        bench
            .read(Principal::User, bench.listeners[0], "west")
            .unwrap_err()
    };
    assert_eq!(read(), "ServiceUnavailable");
    drop(outage);
    assert_eq!(read(), "SlowDown");
    assert_eq!(fault.hits(), 1);
}

#[test]
fn a_delayed_request_meets_an_outage_that_began_meanwhile() {
    let bench = Bench::with(1000.0, true);
    let late = Verdict::Delay(Latency::Constant(Span::from_mins(5)));
    let slow = bench.rule(Match::default(), late);
    let ceiling = bench.clock.limit_rate(1.0, "the outage begins");
    let mut stream = TcpStream::connect(bench.listeners[0]).unwrap();
    stream
        .write_all(b"GET /west/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    until("the request is delayed", || slow.hits() > 0);
    let outage = bench
        .gateway
        .start_outage(REGIONS[0], FailureMode::Unavailable)
        .unwrap();
    drop(ceiling);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert_eq!((slow.hits(), outage.hits()), (1, 1));
}

#[test]
fn two_outages_of_one_region_end_one_by_one() {
    let bench = Bench::new(1.0);
    let refuse = bench
        .gateway
        .start_outage(REGIONS[0], FailureMode::Refuse)
        .unwrap();
    let again = bench
        .gateway
        .start_outage(REGIONS[0], FailureMode::Refuse)
        .unwrap();
    drop(refuse);
    assert!(TcpStream::connect(bench.listeners[0]).is_err());
    assert!(bench.read(Principal::User, bench.listeners[1], "west").is_err());
    drop(again);
    assert!(bench.read(Principal::User, bench.listeners[0], "west").is_ok());
}

#[test]
fn the_private_listener_serves_only_the_audit() {
    let bench = Bench::new(1.0);
    assert!(bench.read(Principal::Audit, bench.private, "east").is_ok());
    for who in EVERYBODY_ELSE {
        assert_eq!(
            bench.read(who, bench.private, "east"),
            Err("AccessDenied".to_owned()),
            "{who:?}"
        );
    }
    let unsigned = "GET /east/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!(
        bench
            .raw(bench.private, unsigned)
            .unwrap()
            .starts_with("HTTP/1.1 403")
    );
    // A claim is not enough.
    let forger = KeyPair {
        access_key: key_of(Principal::Audit).to_owned(),
        secret_key: "guessed".to_owned(),
    };
    let endpoint = format!("http://{}", bench.private);
    let forged = S3::new(
        &Connections::new(),
        &endpoint,
        REGIONS[1],
        &forger,
        RetryPolicy::ONCE,
    );
    let answer = bench.wait(forged.client().get_object().bucket("east").key("k").send());
    let refused = answer.expect_err("the signature is wrong").into_service_error();
    assert_eq!(refused.meta().code(), Some("SignatureDoesNotMatch"));
    let message = "The request signature we calculated does not match the signature you provided. Check your key and \
                   signing method.";
    assert_eq!(refused.meta().message(), Some(message));
}

#[test]
fn the_aws_client_cannot_reach_a_silent_region() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let out = bench.home.path().join("out").to_str().unwrap().to_owned();
    let invoke = ["lambda", "invoke", "--function-name", "f", &out];
    let outage = bench
        .gateway
        .start_outage(REGIONS[0], FailureMode::Refuse)
        .unwrap();
    assert!(
        bench
            .refused(&["s3", "ls", "s3://west"])
            .contains("Could not connect")
    );
    drop(outage);
    let outage = bench
        .gateway
        .start_outage(REGIONS[0], FailureMode::Unavailable)
        .unwrap();
    assert!(bench.refused(&invoke).contains("(ServiceUnavailable)"));
    assert!(
        bench
            .refused(&["s3", "ls", "s3://west"])
            .contains("(ServiceUnavailable)")
    );
    bench.aws(&[
        "--region",
        REGIONS[1],
        "lambda",
        "invoke",
        "--function-name",
        "f",
        &out,
    ]);
    drop(outage);
    bench.aws(&invoke);
}
