//! What a gateway in front of other endpoints does with buckets, deletions, listings and signatures.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{
    BucketVersioningStatus, Delete, DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
    ObjectIdentifier, ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter,
    ReplicationRuleStatus, Tag, Tagging, VersioningConfiguration,
};
use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3, ask};

use crate::remote::bench::{Bench, REGIONS};

pub(crate) fn names_of_buckets_are_one_space_over_all_regions(bench: &Bench) {
    let (a, b) = bench.two_buckets();
    let taken = bench.refused(bench.east().client().create_bucket().bucket(&a).send());
    assert_eq!(taken, "BucketAlreadyOwnedByYou");
    let listed = bench.wait(bench.s3.client().list_buckets().send()).unwrap();
    let names: Vec<&str> = listed
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.name())
        .collect();
    assert_eq!(names, [a.as_str(), b.as_str()]);
    // Each where it was to be, through one listener.
    for (bucket, constraint) in [(&a, Some(REGIONS[0])), (&b, None)] {
        let found = bench.wait(bench.s3.client().get_bucket_location().bucket(bucket).send());
        let found = found.unwrap();
        let found = found
            .location_constraint()
            .map(|c| c.as_str())
            .filter(|c| !c.is_empty());
        assert_eq!(found, constraint, "{bucket}");
    }
    bench.put(&b, "k", "in the east");
    assert_eq!(bench.read(&b, "k"), "in the east");
    let full = bench.refused(bench.s3.client().delete_bucket().bucket(&b).send());
    assert_eq!(full, "BucketNotEmpty");
    bench
        .wait(bench.s3.client().delete_bucket().bucket(&a).send())
        .unwrap();
    assert_eq!(bench.read(&a, "k"), "NoSuchBucket");
    bench.two_buckets_again(&a);
}

impl Bench {
    /// A name is free again once its bucket is gone.
    fn two_buckets_again(&self, name: &str) {
        let made = self.wait(ask::create_bucket(self.s3.client(), name, REGIONS[0], false));
        assert!(made.unwrap());
    }

    fn suspend(&self, bucket: &str) -> Result<(), String> {
        let suspended = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Suspended)
            .build();
        let request = self.s3.client().put_bucket_versioning().bucket(bucket);
        let put = self.wait(request.versioning_configuration(suspended).send());
        put.map(drop)
            .map_err(|error| error.into_service_error().meta().code().unwrap().to_owned())
    }
}

pub(crate) fn versioning_is_not_suspended_under_replication(bench: &Bench) {
    let (a, b) = bench.replicated(false);
    assert_eq!(bench.suspend(&a), Err("InvalidBucketState".to_owned()));
    let found = bench
        .wait(bench.s3.client().get_bucket_replication().bucket(&a).send())
        .unwrap();
    let rules = found.replication_configuration().unwrap().rules();
    assert_eq!(
        rules[0].destination().unwrap().bucket(),
        format!("arn:aws:s3:::{b}")
    );
    bench
        .wait(bench.s3.client().delete_bucket_replication().bucket(&a).send())
        .unwrap();
    let none = bench.refused(bench.s3.client().get_bucket_replication().bucket(&a).send());
    assert_eq!(none, "ReplicationConfigurationNotFoundError");
    assert_eq!(bench.suspend(&a), Ok(()));
    // Neither side may be without versions.
    let again = bench.wait(ask::put_replication(bench.s3.client(), &a, &b, true, false));
    assert_eq!(again.unwrap_err().code, "InvalidRequest");
    let again = bench.wait(ask::put_replication(bench.s3.client(), &b, &a, true, false));
    assert_eq!(again.unwrap_err().code, "InvalidRequest");
}

/// As in front of the embedded S3, whatever the endpoint would take.
pub(crate) fn rules_that_aws_refuses_are_refused(bench: &Bench) {
    let (a, b) = bench.two_buckets();
    let refused = |priority: Option<i32>, markers: bool| {
        let destination = Destination::builder().bucket(format!("arn:aws:s3:::{b}"));
        let markers = markers.then(|| {
            let off = DeleteMarkerReplicationStatus::Disabled;
            DeleteMarkerReplication::builder().status(off).build()
        });
        let rule = ReplicationRule::builder()
            .set_priority(priority)
            .filter(ReplicationRuleFilter::builder().prefix("").build())
            .set_delete_marker_replication(markers)
            .status(ReplicationRuleStatus::Enabled)
            .destination(destination.build().unwrap());
        let configuration = ReplicationConfiguration::builder()
            .role("arn:aws:iam::000000000000:role/r")
            .rules(rule.build().unwrap());
        let request = bench.s3.client().put_bucket_replication().bucket(&a);
        let request = request.replication_configuration(configuration.build().unwrap());
        let error = bench.wait(request.send()).unwrap_err().into_service_error();
        let meta = error.meta();
        format!("{}: {}", meta.code().unwrap(), meta.message().unwrap())
    };
    assert!(refused(None, true).starts_with("InvalidRequest: Priority must be specified"));
    let without = refused(Some(1), false);
    assert!(
        without.starts_with("InvalidRequest: DeleteMarkerReplication must be specified"),
        "{without}"
    );
}

pub(crate) fn deletions_of_many_are_known_also_when_they_are_quiet(bench: &Bench) {
    let (a, b) = bench.replicated(true);
    for key in ["1", "2", "<&>"] {
        bench.put(&a, key, key);
    }
    bench.copied(&a);
    let delete = |quiet: bool, keys: &[&str]| {
        let objects = keys
            .iter()
            .map(|key| ObjectIdentifier::builder().key(*key).build().unwrap());
        let delete = Delete::builder()
            .set_objects(Some(objects.collect()))
            .quiet(quiet)
            .build()
            .unwrap();
        bench
            .wait(
                bench
                    .s3
                    .client()
                    .delete_objects()
                    .bucket(&a)
                    .delete(delete)
                    .send(),
            )
            .unwrap()
    };
    assert!(delete(true, &["1", "<&>"]).deleted().is_empty());
    let told = delete(false, &["2"]);
    assert_eq!(told.deleted()[0].key(), Some("2"));
    assert_eq!(told.deleted()[0].delete_marker(), Some(true));
    bench.copied(&a);
    for key in ["1", "2", "<&>"] {
        assert_eq!(bench.read(&b, key), "NoSuchKey", "{key}");
    }
}

pub(crate) fn signatures_are_verified_in_front_of_an_endpoint(bench: &Bench) {
    let (a, _) = bench.two_buckets();
    bench.put(&a, "k ü", "body");
    let with = |access_key: &str, secret_key: &str| {
        let keys = KeyPair {
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
        };
        let endpoint = format!("http://{}", bench.address);
        S3::new(
            &Connections::new(),
            &endpoint,
            REGIONS[0],
            &keys,
            RetryPolicy::ONCE,
        )
    };
    let read = |s3: S3| {
        bench
            .wait(ask::read_raw(s3.client(), &a, "k ü"))
            .map(drop)
            .map_err(|error| error.code)
    };
    assert_eq!(read(with("AKIDUSER", "secret")), Ok(()));
    assert_eq!(
        read(with("AKIDUSER", "wrong")),
        Err("SignatureDoesNotMatch".to_owned())
    );
    assert_eq!(
        read(with("AKIDOTHER", "secret")),
        Err("InvalidAccessKeyId".to_owned())
    );
    let presigned = |seconds| {
        let config = PresigningConfig::expires_in(Duration::from_secs(seconds)).unwrap();
        let request = bench
            .s3
            .client()
            .get_object()
            .bucket(&a)
            .key("k ü")
            .presigned(config);
        bench.wait(request).unwrap().uri().to_owned()
    };
    let fetched = |uri: &str| bench.wait(fetch(bench.address, uri));
    assert!(fetched(&presigned(60)).ends_with("body"));
    assert!(fetched(&presigned(60).replace("k%20", "j%20")).contains("SignatureDoesNotMatch"));
    let unsigned = format!("http://{}/{a}/k%20%C3%BC", bench.address);
    assert!(fetched(&unsigned).contains("AccessDenied"));
}

/// What a plain client gets.
async fn fetch(endpoint: std::net::SocketAddr, uri: &str) -> String {
    let path = uri.strip_prefix(&format!("http://{endpoint}")).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {endpoint}\r\nConnection: close\r\n\r\n");
    raw_answer(endpoint, &request).await
}

/// What is answered to a request as it stands.
async fn raw_answer(endpoint: std::net::SocketAddr, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(endpoint).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Their signatures are within, and are not read here.
pub(crate) fn forms_are_refused_with_the_reason(bench: &Bench) {
    let (a, _) = bench.two_buckets();
    let form = "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n\
                --x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nbody\r\n--x--\r\n";
    let head = format!(
        "POST /{a} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: multipart/form-data; boundary=x\r\n\r\n",
        bench.address,
        form.len()
    );
    let answer = bench.wait(raw_answer(bench.address, &format!("{head}{form}")));
    assert!(
        answer.starts_with("HTTP/1.1 501") && answer.contains("Uploads by forms are not replicated"),
        "{answer}"
    );
    assert_eq!(bench.read(&a, "k"), "NoSuchKey");
}

/// An endpoint of a user has buckets that are not the drill's.
pub(crate) fn buckets_not_made_here_are_not_touched(bench: &Bench) {
    let (a, _) = bench.two_buckets();
    bench.put(&a, "k", "ours");
    for (straight, region) in bench.straight.iter().zip(REGIONS) {
        let theirs = bench.name(&format!("theirs-{region}"));
        let made = bench.wait(ask::create_bucket(straight, &theirs, region, false));
        assert!(made.unwrap());
        bench
            .wait(ask::put(straight, &theirs, "k", b"theirs".to_vec()))
            .unwrap();
        let client = if region == REGIONS[0] {
            bench.s3.clone()
        } else {
            bench.east()
        };
        let client = client.client();
        assert_eq!(
            bench.refused(client.create_bucket().bucket(&theirs).send()),
            if region == REGIONS[1] {
                "BucketAlreadyExists"
            } else {
                // Signed for a region in which a bucket needs a constraint.
                "IllegalLocationConstraintException"
            }
        );
        let object = ObjectIdentifier::builder().key("k").build().unwrap();
        let delete = Delete::builder().objects(object).build().unwrap();
        let copied = client.copy_object().bucket(&a).key("copy");
        let refusals = [
            bench.read(&theirs, "k"),
            bench.refused(client.head_bucket().bucket(&theirs).send()),
            bench.refused(client.head_object().bucket(&theirs).key("k").send()),
            bench.refused(client.list_objects_v2().bucket(&theirs).send()),
            bench.refused(client.put_object().bucket(&theirs).key("k").send()),
            bench.refused(client.delete_object().bucket(&theirs).key("k").send()),
            bench.refused(client.delete_objects().bucket(&theirs).delete(delete).send()),
            bench.refused(client.delete_bucket().bucket(&theirs).send()),
            bench.refused(copied.copy_source(format!("{theirs}/k")).send()),
        ];
        for (n, refusal) in refusals.iter().enumerate() {
            let expected = if matches!(n, 1 | 2) {
                "NotFound"
            } else {
                "NoSuchBucket"
            };
            assert_eq!(refusal, expected, "{n}");
        }
        let still = bench.wait(ask::read_raw(straight, &theirs, "k")).unwrap();
        assert_eq!(&still.bytes[..], b"theirs");
    }
    // Nor does a path that an endpoint may read in another way lead there.
    let theirs = bench.name(&format!("theirs-{}", REGIONS[1]));
    let host = bench.address;
    let odd = format!("GET //{theirs}/k HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let answer = bench.wait(raw_answer(bench.address, &odd));
    assert!(!answer.contains("200 OK"), "{answer}");
}

pub(crate) fn buckets_say_whose_they_are_and_clients_do_not_see_it(bench: &Bench) {
    let (_, b) = bench.two_buckets();
    let client = bench.s3.client();
    let keys = |client: &aws_sdk_s3::Client| -> Vec<String> {
        let tags = bench.wait(client.get_bucket_tagging().bucket(&b).send());
        let mut keys: Vec<String> = tags
            .unwrap()
            .tag_set()
            .iter()
            .map(|tag| tag.key().to_owned())
            .collect();
        keys.sort();
        keys
    };
    let straight = &bench.straight[1];
    assert_eq!(keys(straight), ["firedrill"]);
    let none = || bench.refused(client.get_bucket_tagging().bucket(&b).send());
    assert_eq!(none(), "NoSuchTagSet");
    let put = |key: &str| {
        let tag = Tag::builder().key(key).value("1").build().unwrap();
        let tagging = Tagging::builder().tag_set(tag).build().unwrap();
        client.put_bucket_tagging().bucket(&b).tagging(tagging).send()
    };
    bench.wait(put("who")).unwrap();
    assert_eq!(keys(client), ["who"]);
    assert_eq!(keys(straight), ["firedrill", "who"]);
    assert_eq!(bench.refused(put("firedrill")), "InvalidTag");
    bench
        .wait(client.delete_bucket_tagging().bucket(&b).send())
        .unwrap();
    assert_eq!(none(), "NoSuchTagSet");
    assert_eq!(keys(straight), ["firedrill"]);
}

/// Keys that are not ASCII at the edges of pages, and several versions of each.
pub(crate) fn listings_are_whole_and_end(bench: &Bench) {
    let (a, _) = bench.two_buckets();
    let keys: Vec<String> = (0..1030)
        .map(|n| format!("{}{n:04}", if n % 100 == 99 { "ü" } else { "k" }))
        .collect();
    let client = bench.s3.client();
    bench.wait(async {
        use futures::StreamExt;
        let puts = ask::side_by_side(&keys, async |key: &String| {
            ask::put(client, &a, key, b"1".to_vec()).await
        });
        puts.for_each(async |put| put.unwrap()).await;
        for key in ["k0000", "ü0999"] {
            for body in ["2", "3"] {
                ask::put(client, &a, key, body.into()).await.unwrap();
            }
        }
    });
    let mut listed: Vec<String> = bench
        .wait(ask::list(client, &a))
        .unwrap()
        .into_iter()
        .map(|one| one.key)
        .collect();
    let mut expected = keys.clone();
    listed.sort();
    expected.sort();
    assert!(listed == expected, "{} of {} keys", listed.len(), keys.len());
    let versions = bench.wait(ask::list_versions(client, &a)).unwrap();
    assert_eq!(versions.len(), keys.len() + 4);
}
