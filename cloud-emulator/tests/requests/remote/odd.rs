//! Unusual behaviour of endpoints and clients: answers that overtake each other, clients that hang up, failures that
//! are called successes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ReplicationStatus};
use cloud_emulator::client::ask;
use http::{Method, StatusCode};
use runtime::wall;
use tokio::sync::Semaphore;

use crate::remote::bench::{Bench, Endpoints, REGIONS};
use crate::remote::meddler::{self, Meddle, Meddling};

/// How long something may take to come true.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A gateway whose endpoints are meddled with.
struct Odd {
    bench: Bench,
    endpoints: Endpoints,
    _meddlers: tokio::runtime::Runtime,
}

fn odd(meddle: impl Fn(&Method, &str) -> Meddling + Send + Sync + 'static) -> Odd {
    let endpoints = Endpoints::ours();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let meddle: Meddle = Arc::new(meddle);
    let through = endpoints
        .addresses()
        .map(|address| meddler::in_front_of(address, &runtime, meddle.clone()));
    Odd {
        bench: Bench::in_front_of(&Endpoints::at(through), 0),
        endpoints,
        _meddlers: runtime,
    }
}

/// Meddles with the first request of this method to this path (without query) alone.
fn once(
    method: Method,
    path: &'static str,
    meddling: impl Fn() -> Meddling,
) -> impl Fn(&Method, &str) -> Meddling {
    let seen = AtomicUsize::new(0);
    move |asked, to| {
        let same = *asked == method && to.split('?').next() == Some(path);
        if same && seen.fetch_add(1, Ordering::Relaxed) == 0 {
            meddling()
        } else {
            Meddling::None
        }
    }
}

impl Odd {
    /// Puts an object in the course of other things.
    fn putting(&self, bucket: &str, key: &str, body: String) -> tokio::task::JoinHandle<()> {
        let (client, bucket, key) = (self.bench.s3.client().clone(), bucket.to_owned(), key.to_owned());
        self.bench
            .spawn(async move { ask::put(&client, &bucket, &key, body.into()).await.unwrap() })
    }

    fn until(&self, what: &str, holds: impl Fn(&Bench) -> bool) {
        let give_up = wall::mono().after(TIMEOUT);
        while !holds(&self.bench) {
            assert!(wall::mono() < give_up, "it never came true that {what}");
            self.bench.wait(wall::sleep(Duration::from_millis(5)));
        }
    }

    /// Whether the endpoint itself has a key.
    fn has(&self, n: usize, bucket: &str, key: &str) -> bool {
        let client = self.endpoints.client(n);
        self.bench.wait(ask::read_raw(&client, bucket, key)).is_ok()
    }
}

#[test]
fn of_two_writes_at_once_the_later_at_the_endpoint_is_the_current_one() {
    let held = Arc::new(Semaphore::new(0));
    let until = held.clone();
    let odd = odd(once(Method::PUT, "/case0-a/k", move || {
        Meddling::AnswerHeld(until.clone())
    }));
    let (a, _) = odd.bench.two_buckets();
    let first = odd.putting(&a, "k", "1".repeat(100));
    odd.until("the first is done at the endpoint", |_| odd.has(0, &a, "k"));
    let second = "2".repeat(100);
    odd.bench.put(&a, "k", &second);
    held.add_permits(1);
    odd.bench.wait(first).unwrap();
    assert_eq!(odd.bench.read(&a, "k"), second);
    // What is damaged is what is read.
    odd.bench.storage.corrupt(&a, "k", "corrupt/k").unwrap();
    assert_ne!(odd.bench.read(&a, "k"), second);
}

#[test]
fn what_the_endpoint_did_is_known_though_the_client_hung_up() {
    let held = Arc::new(Semaphore::new(0));
    let until = held.clone();
    let odd = odd(once(Method::PUT, "/case0-a/k", move || {
        Meddling::AnswerHeld(until.clone())
    }));
    let (a, b) = odd.bench.replicated(false);
    let put = odd.putting(&a, "k", "body".to_owned());
    odd.until("it is done at the endpoint", |_| odd.has(0, &a, "k"));
    put.abort();
    assert!(odd.bench.wait(put).unwrap_err().is_cancelled());
    // The gateway hears of it before the next request on another connection is answered, or never.
    odd.bench.put(&a, "other", "x");
    held.add_permits(1);
    odd.until("the write is copied", |bench| bench.read(&b, "k") == "body");
}

#[test]
fn a_copy_that_is_under_way_does_not_come_over_what_a_client_writes() {
    let held = Arc::new(Semaphore::new(0));
    let until = held.clone();
    let reached = Arc::new(AtomicUsize::new(0));
    let count = reached.clone();
    let odd = odd(once(Method::PUT, "/case0-b/late", move || {
        count.fetch_add(1, Ordering::Relaxed);
        Meddling::RequestHeld(until.clone())
    }));
    let (a, b) = odd.bench.replicated(false);
    odd.bench.put(&a, "late", "old");
    odd.until("its copy is on its way", |_| reached.load(Ordering::Relaxed) > 0);
    let oldest = odd.bench.replicator.oldest_uncopied(&a).unwrap();
    assert_eq!(oldest.key, "late");
    let mut new = odd.putting(&b, "late", "new".to_owned());
    // It is done at once, or waits for the copy; either is well.
    let at_once = odd
        .bench
        .wait(wall::timeout(Duration::from_millis(300), &mut new));
    held.add_permits(1);
    if at_once.is_none() {
        odd.bench.wait(new).unwrap();
    }
    odd.bench.copied(&a);
    assert_eq!(odd.bench.replicator.oldest_uncopied(&a), None);
    assert_eq!(odd.bench.read(&b, "late"), "new");
}

#[test]
fn an_upload_that_fails_within_a_success_is_no_write() {
    const FAILED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InternalError</Code>\
                          <Message>We encountered an internal error.</Message></Error>";
    let odd = odd(|method, path| {
        if *method == Method::POST && path.contains("uploadId=") {
            Meddling::Instead(StatusCode::OK, FAILED)
        } else {
            Meddling::None
        }
    });
    let (a, _) = odd.bench.replicated(false);
    let client = odd.bench.s3.client();
    let upload = client.create_multipart_upload().bucket(&a).key("k");
    let id = odd
        .bench
        .wait(upload.send())
        .unwrap()
        .upload_id()
        .unwrap()
        .to_owned();
    let part = client
        .upload_part()
        .bucket(&a)
        .key("k")
        .upload_id(&id)
        .part_number(1);
    let part = odd.bench.wait(part.body(b"part".to_vec().into()).send()).unwrap();
    let part = CompletedPart::builder()
        .part_number(1)
        .e_tag(part.e_tag().unwrap())
        .build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = client.complete_multipart_upload().bucket(&a).key("k");
    let complete = complete.upload_id(&id).multipart_upload(parts);
    assert_eq!(odd.bench.refused(complete.send()), "InternalError");
    assert_eq!(odd.bench.storage.known_keys(&a, ""), [""; 0]);
    assert_eq!(odd.bench.replicator.progress(&a).pending, 0);
}

#[test]
fn deleting_something_of_a_bucket_leaves_the_bucket() {
    let odd = odd(|method, path| {
        if *method == Method::DELETE && path.contains("inventory") {
            Meddling::Instead(StatusCode::NO_CONTENT, "")
        } else {
            Meddling::None
        }
    });
    let (a, _) = odd.bench.two_buckets();
    let delete = odd.bench.s3.client().delete_bucket_inventory_configuration();
    odd.bench.wait(delete.bucket(&a).id("1").send()).unwrap();
    assert_eq!(odd.bench.storage.region_of(&a).as_deref(), Some(REGIONS[0]));
}

/// The error with which a bucket is refused that exists already at the endpoint of us-east-1.
fn refused_for_theirs(odd: &Odd) -> String {
    let theirs = odd.bench.name("theirs");
    let straight = odd.endpoints.client(1);
    let made = ask::create_bucket(&straight, &theirs, REGIONS[1], false);
    assert!(odd.bench.wait(made).unwrap());
    let refused = odd
        .bench
        .refused(odd.bench.east().client().create_bucket().bucket(&theirs).send());
    // The end of a drill removes what it knows.
    assert_eq!(odd.bench.storage.region_of(&theirs), None);
    refused
}

#[test]
fn a_bucket_that_was_there_is_not_the_drills() {
    let odd = odd(|_, _| Meddling::None);
    assert_eq!(refused_for_theirs(&odd), "BucketAlreadyExists");
}

/// S3 in us-east-1 says that it made what was there: a head that fails must not be taken for "not there".
#[test]
fn a_bucket_of_which_its_endpoint_does_not_tell_is_not_the_drills() {
    let odd = odd(|method, path| {
        if *method == Method::HEAD && path.starts_with("/case0-theirs") {
            Meddling::Instead(StatusCode::SERVICE_UNAVAILABLE, "")
        } else {
            Meddling::None
        }
    });
    assert_eq!(refused_for_theirs(&odd), "ServiceUnavailable");
}

#[test]
fn a_bucket_of_which_its_endpoint_does_not_tell_is_not_forgotten() {
    let deleted = AtomicUsize::new(0);
    let odd = odd(move |method, path| {
        if *method == Method::DELETE && path.starts_with("/case0-a") {
            deleted.fetch_add(1, Ordering::Relaxed);
            return Meddling::Instead(StatusCode::NO_CONTENT, "");
        }
        if *method == Method::HEAD && deleted.load(Ordering::Relaxed) > 0 {
            Meddling::Instead(StatusCode::INTERNAL_SERVER_ERROR, "")
        } else {
            Meddling::None
        }
    });
    let (a, _) = odd.bench.two_buckets();
    let delete = odd.bench.s3.client().delete_bucket().bucket(&a);
    odd.bench.wait(delete.send()).unwrap();
    assert_eq!(odd.bench.storage.region_of(&a).as_deref(), Some(REGIONS[0]));
}

/// A bucket that cannot be tagged would have no known owner once the drill is killed.
#[test]
fn a_bucket_that_cannot_say_whose_it_is_is_not_made() {
    let odd = odd(|method, path| {
        if *method == Method::PUT && path.contains("?tagging") {
            Meddling::Instead(StatusCode::NOT_IMPLEMENTED, "")
        } else {
            Meddling::None
        }
    });
    let east = odd.bench.east();
    let name = odd.bench.name("b");
    let made = odd.bench.wait(east.client().create_bucket().bucket(&name).send());
    assert!(made.is_err());
    assert_eq!(odd.bench.storage.region_of(&name), None);
    let left = odd.endpoints.client(1).list_buckets().send();
    assert_eq!(odd.bench.wait(left).unwrap().buckets().len(), 0);
}

#[test]
fn damage_is_read_also_where_the_endpoint_does_not_say_how_long_it_is() {
    let odd = odd(|method, path| {
        if *method == Method::GET && path.starts_with("/case0-a/k") {
            Meddling::WithoutLength
        } else {
            Meddling::None
        }
    });
    let (a, _) = odd.bench.two_buckets();
    let body = "x".repeat(100);
    odd.bench.put(&a, "k", &body);
    assert_eq!(odd.bench.read(&a, "k"), body);
    odd.bench.storage.corrupt(&a, "k", "corrupt/k").unwrap();
    assert_ne!(odd.bench.read(&a, "k"), body);
}

/// The copy is at the endpoint, and the gateway has not heard of it yet.
#[test]
fn a_replica_says_that_it_is_one_as_soon_as_it_is_read() {
    let held = Arc::new(Semaphore::new(0));
    let until = held.clone();
    let odd = odd(once(Method::PUT, "/case0-b/k", move || {
        Meddling::AnswerHeld(until.clone())
    }));
    let (a, b) = odd.bench.replicated(false);
    odd.bench.put(&a, "k", "body");
    odd.until("the copy is made", |_| odd.has(1, &b, "k"));
    let client = odd.bench.s3.client().clone();
    let mut head = odd
        .bench
        .spawn(async move { client.head_object().bucket(&b).key("k").send().await.unwrap() });
    // It is told at once, or once the copy is known; either is well.
    let at_once = odd
        .bench
        .wait(wall::timeout(Duration::from_millis(300), &mut head));
    held.add_permits(1);
    let head = match at_once {
        Some(head) => head.unwrap(),
        None => odd.bench.wait(head).unwrap(),
    };
    assert_eq!(head.replication_status(), Some(&ReplicationStatus::Replica));
}

/// Conditions on dates hold for copies between regions, too.
#[test]
fn a_copy_between_regions_asks_what_its_client_asked() {
    let odd = odd(|_, _| Meddling::None);
    let (a, b) = odd.bench.two_buckets();
    odd.bench.put(&a, "k", "x");
    let copy = odd.bench.s3.client().copy_object().copy_source(format!("{a}/k"));
    let copy = copy.bucket(&b).key("k");
    let past = aws_sdk_s3::primitives::DateTime::from_secs(1_000_000_000);
    let refused = odd
        .bench
        .refused(copy.copy_source_if_unmodified_since(past).send());
    assert_eq!(refused, "PreconditionFailed");
    assert_eq!(odd.bench.read(&b, "k"), "NoSuchKey");
}
