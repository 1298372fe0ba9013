//! A gateway in front of another endpoint: here, another gateway.

use std::net::TcpListener;
use std::sync::Arc;

use cloud_emulator::client::{Connections, KeyPair, Patience, S3};
use cloud_emulator::gateway::{Act, Forward, Gateway, GatewayOptions, Manner, Match, Rule};
use cloud_emulator::s3::{Store, StoreOptions};
use drill::units::ByteSize;

use crate::bench::{Bench, REGIONS, has_aws, succeeded};

/// A gateway without anything of its own in front of a bench, and its door.
fn front_of(bench: &Bench, to: &str) -> (Arc<Gateway>, std::net::SocketAddr) {
    let store = Store::new(StoreOptions {
        regions: REGIONS.map(String::from).to_vec(),
        seed: 1,
        memory: ByteSize(1 << 20),
        largest_body: ByteSize(1 << 20),
        calendar: Arc::new(|| 0),
        observer: None,
    });
    let options = GatewayOptions {
        store,
        services: Vec::new(),
        clock: bench.clock.clone(),
        keys: Vec::new(),
        anonymous: false,
        connections: 64,
    };
    let all = Forward {
        service: None,
        to: to.parse().unwrap(),
    };
    let front = Gateway::forwarding(options, vec![all]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let door = listener.local_addr().unwrap();
    bench.spawn(front.clone().serve(REGIONS[0], listener, bench.shutdown.clone()));
    (front, door)
}

fn client(door: std::net::SocketAddr) -> S3 {
    let keys = KeyPair {
        access_key: "AKIDUSER".to_owned(),
        secret_key: "secret".to_owned(),
    };
    S3::new(
        &Connections::new(),
        &format!("http://{door}"),
        REGIONS[0],
        &keys,
        Patience::ONCE,
    )
}

#[test]
fn signed_requests_and_large_bodies_pass_through() {
    let bench = Bench::new(1.0);
    let (_front, door) = front_of(&bench, &bench.doors[0].to_string());
    let s3 = client(door);
    let mut body = vec![0; 20 << 20];
    drill::draw::Draws::new(1, "body").fill(&mut body);
    bench.wait(async {
        let put = s3.client().put_object().bucket("west").key("ü ~/large");
        put.body(body.clone().into()).send().await.unwrap();
        let got = s3
            .client()
            .get_object()
            .bucket("west")
            .key("ü ~/large")
            .send()
            .await
            .unwrap();
        assert!(got.body.collect().await.unwrap().to_vec() == body);
        let listed = s3
            .client()
            .list_objects_v2()
            .bucket("west")
            .prefix("ü ")
            .send()
            .await
            .unwrap();
        assert_eq!(listed.key_count(), Some(1));
    });
}

#[test]
fn verdicts_and_silence_stand_in_front() {
    let bench = Bench::new(1.0);
    let (front, door) = front_of(&bench, &bench.doors[0].to_string());
    let s3 = client(door);
    let read = || {
        let answer = bench.wait(s3.client().get_object().bucket("west").key("k").send());
        answer
            .map(drop)
            .map_err(|error| error.into_service_error().meta().code().map(str::to_owned))
    };
    assert_eq!(read(), Ok(()));
    let (order, id) = (0, "fault".to_owned());
    let (matches, act) = (Match::default(), Act::Throttle);
    let guard = front.rules().add(Rule {
        order,
        id,
        matches,
        act,
    });
    assert_eq!(read(), Err(Some("SlowDown".to_owned())));
    drop(guard);
    let silence = front.silence(REGIONS[0], Manner::Unavailable).unwrap();
    assert_eq!(read(), Err(Some("ServiceUnavailable".to_owned())));
    drop(silence);
    assert_eq!(read(), Ok(()));
}

#[test]
fn an_endpoint_that_is_not_there_is_an_error_of_aws() {
    let bench = Bench::new(1.0);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_front, door) = front_of(&bench, &free.to_string());
    let answer = bench.wait(client(door).client().get_object().bucket("west").key("k").send());
    let error = answer.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("ServiceUnavailable"));
    assert!(error.meta().message().unwrap().contains("does not answer"));
}

#[test]
fn other_services_pass_through_for_aws() {
    if !has_aws() {
        return;
    }
    let bench = Bench::new(1.0);
    let (_front, door) = front_of(&bench, &bench.doors[0].to_string());
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
        &["s3", "cp", "s3://west/k", &file],
        &["s3", "cp", &file, "s3://west/back"],
    ] {
        succeeded(arguments, &bench.run_as("AKIDUSER", "secret", door, arguments));
    }
}
