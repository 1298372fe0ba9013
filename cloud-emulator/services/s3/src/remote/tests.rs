//! Endpoints that do not do what they acknowledge, that hang, and that hold what others made.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::types::Tag;
use http::uri::Authority;
use runtime::{Clock, wall};
use s3s::dto::ReplicationConfiguration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::index::Written;
use super::{Endpoint, Remote, RemoteOptions};
use crate::embedded::{Observer, Store, StoreOptions, Versioning};
use crate::replication::{Replicator, ReplicatorOptions};
use crate::storage::S3Storage;
use cloud_client::KeyPair;
use cloud_gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_service::ProcessIdentity;

/// How long something may take to come true.
const TIMEOUT: Duration = Duration::from_secs(60);

const LISTED: &str =
    "<ListVersionsResult><Version><Key>k</Key><VersionId>1</VersionId></Version></ListVersionsResult>";

/// Answers every request on a connection of its own: listings with one version, everything else with success.
async fn answer(mut stream: TcpStream) {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") && !read.ends_with(b"</Delete>") {
        match stream.read_u8().await {
            Ok(byte) => read.push(byte),
            Err(_) => return,
        }
        // The head of a deletion is not all of it.
        if read.starts_with(b"POST") && read.ends_with(b"\r\n\r\n") {
            read.push(b' ');
        }
    }
    let body = match () {
        () if read.starts_with(b"GET") => LISTED,
        () if read.starts_with(b"POST") => "<DeleteResult/>",
        () => "",
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

fn in_front_of(endpoints: [(&str, Authority); 2], clock: &Clock, observer: Observer) -> Arc<Remote> {
    let endpoint = |(region, to): (&str, Authority)| Endpoint {
        region: region.to_owned(),
        to,
    };
    Remote::new(RemoteOptions {
        endpoints: endpoints.map(endpoint).into(),
        keys: KeyPair {
            access_key: "AKIDUSER".to_owned(),
            secret_key: "secret".to_owned(),
        },
        clock: clock.clone(),
        seed: 1,
        observer,
    })
}

async fn listener() -> (TcpListener, Authority) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap().to_string().parse().unwrap();
    (listener, to)
}

#[tokio::test]
async fn a_bucket_that_never_gets_empty_is_given_up() {
    let (listener, to) = listener().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    let clock = Clock::new(1.0).unwrap();
    let endpoints = [("us-west-2", to.clone()), ("us-east-1", to)];
    let remote = in_front_of(endpoints, &clock, Arc::new(|_| {}));
    remote.index.lock().add_bucket("b", Arc::from("us-west-2"), 0);
    let left = remote.clean_up().await;
    assert_eq!(left.len(), 1);
    assert!(left[0].contains("lists the same versions again"), "{left:?}");
}

/// One of our own S3s in us-east-1, until the token is cancelled.
fn somebodys(clock: &Clock) -> (Authority, CancellationToken) {
    let calendar = clock.clone();
    let store = Store::new(StoreOptions {
        regions: vec!["us-east-1".to_owned()],
        seed: 1,
        memory: drill::units::ByteSize(64 << 20),
        largest_body: drill::units::ByteSize(1 << 20),
        calendar: Arc::new(move || calendar.calendar_us()),
        observer: None,
    });
    let gateway = Gateway::new(GatewayOptions {
        regions: vec!["us-east-1".to_owned()],
        seed: 1,
        default_service: crate::S3::new(store),
        services: Vec::new(),
        clock: clock.clone(),
        keys: vec![AccessKey::new("AKIDUSER", "secret", Principal::User)],
        anonymous: false,
        connections: 64,
    });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap().to_string().parse().unwrap();
    let shutdown = CancellationToken::new();
    tokio::spawn(gateway.serve("us-east-1", listener, shutdown.clone()));
    (to, shutdown)
}

#[tokio::test]
async fn only_what_a_drill_left_that_is_gone_is_emptied() {
    let clock = Clock::new(1.0).unwrap();
    clock.start();
    let (to, shutdown) = somebodys(&clock);
    let endpoints = [("us-east-1", to.clone()), ("us-west-2", to.clone())];
    let remote = in_front_of(endpoints, &clock, Arc::new(|_| {}));
    let region = remote.region("us-east-1").unwrap();
    let own = ProcessIdentity::own().unwrap();
    // Another process has had its number since.
    let gone = ProcessIdentity {
        started: own.started + 1,
        ..own.clone()
    };
    let elsewhere = ProcessIdentity {
        boot: "0".to_owned(),
        ..gone.clone()
    };
    let runs = format!("belongs to a drill that runs: process {}.", own.pid);
    for (bucket, tag, refusal) in [
        ("untagged", None, Some("no drill made it")),
        (
            "tagged",
            Some("of-another-run".to_owned()),
            Some("no drill made it"),
        ),
        ("living", Some(own.to_string()), Some(runs.as_str())),
        (
            "elsewhere",
            Some(elsewhere.to_string()),
            Some("cannot be told whether it runs"),
        ),
        ("gone", Some(gone.to_string()), None),
    ] {
        let client = region.direct().unwrap();
        client.create_bucket().bucket(bucket).send().await.unwrap();
        client.put_object().bucket(bucket).key("k").send().await.unwrap();
        if let Some(tag) = tag {
            let tag = Tag::builder().key("firedrill").value(tag).build().unwrap();
            region.put_tags(bucket, vec![tag]).await.unwrap();
        }
        let declared = remote.declare_bucket(bucket, "us-east-1", true).await;
        let said = declared.map_err(|error| error.message.into_owned()).err();
        let as_due = match (&said, refusal) {
            (Some(said), Some(refusal)) => said.contains(refusal) && said.contains(&to.to_string()),
            (None, None) => true,
            _ => false,
        };
        assert!(as_due, "{bucket}: {said:?}");
        // What was refused is as it was, and is not removed at the end.
        let there = client.head_object().bucket(bucket).key("k").send().await.is_ok();
        assert_eq!(there, refusal.is_some(), "{bucket}");
        assert_eq!(remote.region_of(bucket).is_some(), refusal.is_none(), "{bucket}");
    }
    // Its own, it would not take a second time either.
    let error = remote
        .declare_bucket("gone", "us-east-1", true)
        .await
        .unwrap_err();
    assert!(error.message.contains(&runs), "{error}");
    shutdown.cancel();
}

/// Accepts connections, tells of each, and never answers.
async fn hanging() -> (Authority, mpsc::UnboundedReceiver<()>) {
    let (listener, to) = listener().await;
    let (asked, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
            let _ = asked.send(());
        }
    });
    (to, told)
}

#[tokio::test]
async fn requests_to_an_unavailable_endpoint_fail_at_once_and_copies_wait_in_the_backlog() {
    // A minute of the drill, after which a copy is tried again, is 60 ms.
    let clock = Clock::new(1000.0).unwrap();
    clock.start();
    let (to, mut asked) = hanging().await;
    let replicator = Replicator::new(ReplicatorOptions {
        seed: 1,
        clock: clock.clone(),
        sources: std::collections::HashMap::new(),
        on_event: Arc::new(|event| panic!("{event:?}")),
    });
    let endpoints = [("us-west-2", to.clone()), ("us-east-1", to)];
    let remote = in_front_of(endpoints, &clock, replicator.observer());
    {
        let mut index = remote.index.lock();
        for (bucket, region) in [("a", "us-west-2"), ("b", "us-east-1")] {
            index.add_bucket(bucket, Arc::from(region), 0);
            index.bucket_mut(bucket).unwrap().versioning = Versioning::Enabled;
        }
    }
    remote.configure("a", replicating_to("b")).unwrap();
    remote.note("a", "k", Written::now("1", clock.now()));
    let work = tokio::spawn(replicator.clone().run(S3Storage::from(remote.clone())));
    asked.recv().await.unwrap();
    remote.set_down("us-west-2", true);
    // What is asked of it now is answered at once, and does not get there.
    let deleted = wall::timeout(Duration::from_secs(20), remote.delete_current("a", "k")).await;
    assert_eq!(deleted.unwrap().unwrap_err().code, "ServiceUnavailable");
    let later = clock.now() + drill::units::Span::from_mins(10);
    let _ = clock.sleep_until(later).await;
    assert!(asked.try_recv().is_err(), "it was asked while it was down");
    let progress = replicator.progress("a");
    assert_eq!((progress.pending, progress.failed, progress.given_up), (1, 0, 0));
    assert_eq!(replicator.oldest_uncopied("a").unwrap().key, "k");
    remote.set_down("us-west-2", false);
    let again = wall::timeout(TIMEOUT, asked.recv()).await;
    assert!(again.is_some(), "it is tried again");
    work.abort();
}

fn replicating_to(bucket: &str) -> ReplicationConfiguration {
    let document = format!(
        "<ReplicationConfiguration><Role>arn:aws:iam::1:role/r</Role><Rule><ID>1</ID><Status>Enabled</Status>\
         <Priority>1</Priority><Filter><Prefix></Prefix></Filter>\
         <DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication>\
         <Destination><Bucket>arn:aws:s3:::{bucket}</Bucket></Destination></Rule></ReplicationConfiguration>"
    );
    super::documents::parsed(document.as_bytes()).unwrap()
}
