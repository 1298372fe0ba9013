//! The store against a simple model: whatever is written, deleted, copied and purged, in whatever order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cloud_emulator::s3::{Change, ChangeKind, Replication, Seed, Store, StoreError, StoreOptions, VersionId};
use drill::draw::Draws;
use drill::units::ByteSize;
use parking_lot::Mutex;
use proptest::prelude::*;

/// A store whose calendar goes a second further with each look, and the changes that it told.
fn store(memory: u64) -> (Arc<Store>, Arc<Mutex<Vec<Change>>>) {
    let changes: Arc<Mutex<Vec<Change>>> = Arc::default();
    let (seconds, told) = (AtomicI64::new(1_000_000), changes.clone());
    let store = Store::new(StoreOptions {
        regions: vec!["us-west-2".to_owned(), "us-east-1".to_owned()],
        seed: 1,
        memory: ByteSize(memory),
        largest_body: ByteSize(memory),
        calendar: Arc::new(move || seconds.fetch_add(1, Ordering::Relaxed) * 1_000_000),
        observer: Some(Arc::new(move |change| told.lock().push(change))),
    });
    store.create_bucket("source", "us-west-2", true).unwrap();
    store.create_bucket("replica", "us-east-1", true).unwrap();
    (store, changes)
}

/// A version of the model: its id, its date, its body unless it is a marker.
type Kept = (VersionId, i64, Option<Vec<u8>>);

/// What is done to a key.
#[derive(Clone, Debug)]
enum Step {
    Write(Vec<u8>),
    Delete,
    Purge,
    /// So many microseconds after the epoch: always before what is written now.
    Seed(Vec<u8>, i64),
    Corrupt,
}

fn step() -> impl Strategy<Value = Step> {
    let body = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        4 => body().prop_map(Step::Write),
        2 => Just(Step::Delete),
        1 => Just(Step::Purge),
        2 => (body(), 0i64..1000).prop_map(|(body, at)| Step::Seed(body, at)),
        1 => Just(Step::Corrupt),
    ]
}

fn held(store: &Store, bucket: &str, key: &str) -> Vec<Kept> {
    let versions = store.versions(bucket, key).unwrap().into_iter();
    versions
        .map(|v| (v.version, v.modified_us, v.object.map(|o| o.body.to_vec())))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn versions_are_kept_as_the_model_keeps_them(
        steps in prop::collection::vec((prop::sample::select(vec!["a", "b", "ä/+ x"]), step()), 0..60),
    ) {
        let (store, _) = store(1 << 20);
        // The newest first, as the store lists them.
        let mut model: BTreeMap<&str, Vec<Kept>> = BTreeMap::new();
        for (n, (key, step)) in steps.into_iter().enumerate() {
            let kept = model.entry(key).or_default();
            match step {
                Step::Write(body) => {
                    let id = store.write("source", key, &body).unwrap().unwrap();
                    kept.insert(0, (id, held(&store, "source", key)[0].1, Some(body)));
                }
                Step::Delete => {
                    let id = store.delete_current("source", key).unwrap().unwrap();
                    kept.insert(0, (id, held(&store, "source", key)[0].1, None));
                }
                Step::Purge => prop_assert_eq!(store.purge("source", key).unwrap(), std::mem::take(kept).len()),
                Step::Seed(body, at) => {
                    let seed = Seed { key: key.to_owned(), body: body.clone().into(), modified_us: at, sha256: None };
                    let id = store.seed("source", seed).unwrap();
                    let place = kept.iter().position(|v| v.1 <= at).unwrap_or(kept.len());
                    kept.insert(place, (id, at, Some(body)));
                }
                Step::Corrupt => {
                    let before = held(&store, "source", key);
                    let changed = store.corrupt("source", key, &Draws::new(n as u64, "corrupt"));
                    let after = held(&store, "source", key);
                    match kept.first_mut() {
                        Some((_, _, Some(body))) => {
                            prop_assert_eq!(changed.unwrap() == 0, body.is_empty());
                            prop_assert_eq!(before == after, body.is_empty());
                            *body = after[0].2.clone().unwrap();
                        }
                        _ => prop_assert!(matches!(changed, Err(StoreError::NoSuchKey(_)))),
                    }
                }
            }
        }
        for (key, kept) in &model {
            prop_assert_eq!(&held(&store, "source", key), kept);
        }
        let current: Vec<String> = store.current("source").unwrap().iter().map(|c| c.key.to_string()).collect();
        let expected = model.iter().filter(|(_, kept)| matches!(kept.first(), Some((_, _, Some(_)))));
        prop_assert_eq!(current, expected.map(|(key, _)| key.to_string()).collect::<Vec<_>>());
        store.force_delete_bucket("source").unwrap();
        prop_assert_eq!(store.bytes_used(), 0, "everything that was held is given back");
    }

    /// In whatever order copies arrive, and however often, the replica ends as the source.
    #[test]
    fn replicas_end_in_the_order_of_the_source(
        bodies in prop::collection::vec(prop::option::of("[a-z]{0,8}"), 1..8),
        order in any::<prop::sample::Index>(),
        rotation in 0usize..8,
    ) {
        let (store, changes) = store(1 << 20);
        for body in &bodies {
            match body {
                Some(body) => store.write("source", "k", body.as_bytes()).unwrap(),
                None => store.delete_current("source", "k").unwrap(),
            };
        }
        let mut sources = store.versions("source", "k").unwrap();
        let length = sources.len();
        sources.rotate_left(rotation % length);
        sources.swap(0, order.index(length));
        changes.lock().clear();
        for source in sources.iter().chain(&sources) {
            match &source.object {
                Some(_) => store.put_replica("replica", "k", source).map(drop).unwrap(),
                None => {
                    store.put_replica_marker("replica", "k", source.version, source.modified_us).unwrap();
                }
            }
        }
        prop_assert_eq!(held(&store, "replica", "k"), held(&store, "source", "k"));
        prop_assert!(changes.lock().iter().all(|change| change.replica && &*change.bucket == "replica"));
        let marked = store.versions("replica", "k").unwrap();
        prop_assert!(marked.iter().all(|v| v.replication == Replication::Replica));
    }
}

#[test]
fn every_acknowledged_change_is_told_once_and_in_order() {
    let (store, changes) = store(1 << 20);
    changes.lock().clear();
    let first = store.write("source", "k", b"1").unwrap().unwrap();
    let marker = store.delete_current("source", "k").unwrap().unwrap();
    store.purge("source", "k").unwrap();
    let told: Vec<_> = changes.lock().iter().map(|c| (c.version, c.kind)).collect();
    let gone = ChangeKind::VersionDeleted;
    assert_eq!(
        told,
        [
            (first, ChangeKind::Put),
            (marker, ChangeKind::DeleteMarker),
            (marker, gone),
            (first, gone)
        ]
    );
}

#[test]
fn corruption_is_seen_only_by_the_checksum() {
    let (store, changes) = store(1 << 20);
    store.write("source", "k", &[7; 5000]).unwrap();
    let before = store.read("source", "k", None).unwrap();
    changes.lock().clear();
    assert!(store.corrupt("source", "k", &Draws::new(3, "x")).unwrap() > 0);
    let after = store.read("source", "k", None).unwrap();
    let (old, new) = (before.object.clone().unwrap(), after.object.clone().unwrap());
    assert_eq!(
        (old.etag, old.checksum, old.size()),
        (new.etag, new.checksum, new.size())
    );
    assert_eq!(
        (before.version, before.modified_us),
        (after.version, after.modified_us)
    );
    assert_ne!(old.body, new.body);
    assert_eq!((old.verify(), new.verify()), (Some(true), Some(false)));
    assert!(changes.lock().is_empty(), "no change is reported");
    assert_eq!(
        store.put_replica("replica", "k", &after),
        Err(StoreError::ChecksumMismatch)
    );
    assert_eq!(store.put_replica("replica", "k", &before), Ok(true));
}

#[test]
fn a_seed_keeps_its_date_and_its_digest() {
    let (store, changes) = store(1 << 20);
    changes.lock().clear();
    let seed = Seed {
        key: "k".to_owned(),
        body: b"abc".as_slice().into(),
        modified_us: 42_000_000,
        sha256: Some([9; 32]),
    };
    store.seed("source", seed).unwrap();
    let stored = store.read("source", "k", None).unwrap();
    assert_eq!(stored.modified_us, 42_000_000);
    let checksum = stored.object.unwrap().checksum.unwrap();
    assert_eq!(checksum.value.as_bytes(), [9; 32]);
    assert!(changes.lock().is_empty(), "history is no event");
}

#[test]
fn memory_is_bounded_and_comes_back() {
    let (store, _) = store(10_000);
    store.write("source", "k", &[0; 8_000]).unwrap();
    assert_eq!(
        store.write("source", "l", &[0; 8_000]),
        Err(StoreError::Full { limit: 10_000 })
    );
    store.purge("source", "k").unwrap();
    store.write("source", "l", &[0; 8_000]).unwrap();
}

#[test]
fn names_are_global_and_checked() {
    let (store, _) = store(1 << 20);
    assert!(matches!(
        store.create_bucket("source", "us-east-1", false),
        Err(StoreError::BucketExists(_))
    ));
    assert!(matches!(
        store.create_bucket("Bad_Name", "us-east-1", false),
        Err(StoreError::InvalidBucketName(_))
    ));
    assert!(matches!(
        store.create_bucket("c-c", "eu-north-9", false),
        Err(StoreError::InvalidRegion(_))
    ));
    assert_eq!(store.region_of("replica").as_deref(), Some("us-east-1"));
}
