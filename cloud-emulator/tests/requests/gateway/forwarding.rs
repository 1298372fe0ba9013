//! A gateway in front of another endpoint: here, another gateway.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3, ask};
use cloud_emulator::gateway::{AccessKey, Forward, Gateway, GatewayOptions, Match, Principal, Rule, Verdict};
use cloud_emulator::remote::{Endpoint, Remote, RemoteOptions};
use drill::scenario::FailureMode;
use test_harness::installed;

use crate::gateway::bench::{Bench, REGIONS, succeeded};

/// A gateway without anything of its own in front of a bench, and its listener.
fn front_of(bench: &Bench, to: &str) -> (Arc<Gateway>, SocketAddr) {
    front_with(bench, to, false)
}

/// Likewise, one that lets unsigned requests in, or does not.
fn front_with(bench: &Bench, to: &str, anonymous: bool) -> (Arc<Gateway>, SocketAddr) {
    let endpoint = |region: &str| Endpoint {
        region: region.to_owned(),
        to: to.parse().unwrap(),
    };
    let remote = Remote::new(RemoteOptions {
        endpoints: REGIONS.map(endpoint).to_vec(),
        keys: keys(),
        clock: bench.clock.clone(),
        seed: 1,
        observer: Arc::new(drop),
    });
    let options = GatewayOptions {
        regions: REGIONS.map(String::from).to_vec(),
        seed: 1,
        default_service: cloud_emulator::backend::S3::new(remote),
        services: Vec::new(),
        clock: bench.clock.clone(),
        keys: vec![AccessKey::new("AKIDUSER", "secret", Principal::User)],
        anonymous,
        connections: 64,
    };
    let all = Forward {
        service: None,
        region: None,
        to: to.parse().unwrap(),
    };
    let front = Gateway::forwarding(options, vec![all]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = listener.local_addr().unwrap();
    bench.spawn(front.clone().serve(REGIONS[0], listener, bench.shutdown.clone()));
    (front, endpoint)
}

/// A bucket that was made through the gateway in front, with object `k`: others it does not touch.
fn bucket_through(bench: &Bench, s3: &S3) {
    bench.wait(async {
        ask::create_bucket(s3.client(), "front", REGIONS[0], false)
            .await
            .unwrap();
        ask::put(s3.client(), "front", "k", b"the content of k".to_vec())
            .await
            .unwrap();
    });
}

fn client(endpoint: SocketAddr) -> S3 {
    S3::new(
        &Connections::new(),
        &format!("http://{endpoint}"),
        REGIONS[0],
        &keys(),
        RetryPolicy::ONCE,
    )
}

fn keys() -> KeyPair {
    KeyPair {
        access_key: "AKIDUSER".to_owned(),
        secret_key: "secret".to_owned(),
    }
}

#[test]
fn signed_requests_and_large_bodies_pass_through() {
    let bench = Bench::new(1.0);
    let (_front, endpoint) = front_of(&bench, &bench.listeners[0].to_string());
    let s3 = client(endpoint);
    bucket_through(&bench, &s3);
    let mut body = vec![0; 20 << 20];
    drill::draw::Draws::new(1, "body").fill(&mut body);
    bench.wait(async {
        let put = s3.client().put_object().bucket("front").key("ü ~/large");
        put.body(body.clone().into()).send().await.unwrap();
        let got = s3
            .client()
            .get_object()
            .bucket("front")
            .key("ü ~/large")
            .send()
            .await
            .unwrap();
        assert!(got.body.collect().await.unwrap().to_vec() == body);
        let listed = s3
            .client()
            .list_objects_v2()
            .bucket("front")
            .prefix("ü ")
            .send()
            .await
            .unwrap();
        assert_eq!(listed.key_count(), Some(1));
    });
}

#[test]
fn verdicts_and_outages_apply_before_forwarding() {
    let bench = Bench::new(1.0);
    let (front, endpoint) = front_of(&bench, &bench.listeners[0].to_string());
    let s3 = client(endpoint);
    bucket_through(&bench, &s3);
    let read = || {
        let answer = bench.wait(s3.client().get_object().bucket("front").key("k").send());
        answer
            .map(drop)
            .map_err(|error| error.into_service_error().meta().code().map(str::to_owned))
    };
    assert_eq!(read(), Ok(()));
    let (order, id) = (0, "fault".to_owned());
    let (matches, verdict) = (Match::default(), Verdict::Throttle);
    let guard = front.rules().add(Rule {
        order,
        id,
        matches,
        verdict,
    });
    assert_eq!(read(), Err(Some("SlowDown".to_owned())));
    drop(guard);
    let outage = front.start_outage(REGIONS[0], FailureMode::Unavailable).unwrap();
    assert_eq!(read(), Err(Some("ServiceUnavailable".to_owned())));
    drop(outage);
    assert_eq!(read(), Ok(()));
}

#[test]
fn an_endpoint_that_is_not_there_is_an_error_of_aws() {
    let bench = Bench::new(1.0);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_front, endpoint) = front_of(&bench, &free.to_string());
    let made = bench.wait(ask::create_bucket(
        client(endpoint).client(),
        "front",
        REGIONS[0],
        false,
    ));
    let error = made.unwrap_err();
    assert_eq!(error.code, "ServiceUnavailable");
    assert!(error.message.contains("does not answer"), "{error:?}");
}

#[test]
fn other_services_pass_through_for_aws() {
    if !installed("aws") {
        return;
    }
    let bench = Bench::new(1.0);
    let (_front, endpoint) = front_of(&bench, &bench.listeners[0].to_string());
    bucket_through(&bench, &client(endpoint));
    let file = bench.home.path().join("out").to_str().unwrap().to_owned();
    for arguments in [
        &["sts", "get-caller-identity"][..],
        &[
            "lambda",
            "invoke",
            "--function-name",
            "f",
            "--payload",
            "{}",
            &file,
        ],
        &["s3", "cp", "s3://front/k", &file],
        &["s3", "cp", &file, "s3://front/back"],
    ] {
        succeeded(
            arguments,
            &bench.run_as("AKIDUSER", "secret", endpoint, arguments),
        );
    }
}

/// An endpoint that does whatever it is asked, as LocalStack does, and counts it.
fn credulous() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, served) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = served.clone();
    // It ends with the test's process: nothing else connects to it.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // The head is enough: bodies of these tests come with it.
            let _ = stream.read(&mut [0; 16 << 10]);
            count.fetch_add(1, Ordering::SeqCst);
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone");
        }
    });
    (address, served)
}

#[test]
fn only_what_a_key_of_the_run_has_signed_is_passed_on() {
    let bench = Bench::new(1.0);
    let (target, served) = credulous();
    let (_front, endpoint) = front_of(&bench, &target.to_string());
    let ask = |endpoint, headers: &str| {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {endpoint}\r\nX-Amz-Target: SecretsManager.DeleteSecret\r\nContent-Type: \
             application/x-amz-json-1.1\r\n{headers}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        );
        bench.raw(endpoint, &request).unwrap()
    };
    let by = |key: &str| {
        format!(
            "X-Amz-Date: 20261121T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential={key}/20261121/us-west-2/\
             secretsmanager/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=00\r\n"
        )
    };
    for (headers, code) in [
        (String::new(), "MissingAuthenticationTokenException"),
        (by("AKIDNOBODY"), "Exception"),
        (by("AKIDUSER"), "InvalidSignatureException"),
    ] {
        let answer = ask(endpoint, &headers);
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.contains(code),
            "{headers}: {answer}"
        );
    }
    assert_eq!(served.load(Ordering::SeqCst), 0, "nothing was passed on");
    let (_open, endpoint) = front_with(&bench, &target.to_string(), true);
    let answer = ask(endpoint, "");
    assert!(answer.ends_with("done"), "{answer}");
    assert_eq!(served.load(Ordering::SeqCst), 1);
}
