//! What replication copies, what it does not, and when; in drill time moved by hand.

mod bench;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{ServerSideEncryption, StorageClass};
use bytes::Bytes;
use cloud_emulator::replication::Uncopied;
use cloud_emulator::s3::{Replication, Seed};
use drill::draw::Draws;
use drill::units::{DrillTime, Span};
use proptest::prelude::*;
use s3s::dto::ReplicationRuleStatus;

use self::bench::{AGES, HOME, REPLICA, SEED, bench, configuration, disabled, enabled, lag, some};

#[tokio::test]
async fn a_copy_is_made_when_its_lag_is_over_and_keeps_id_and_date() {
    let bench = bench();
    bench.pass(Span::from_secs(100)).await;
    bench.put("a", "one");
    assert_eq!(bench.status("a"), Replication::Pending);
    bench.pass(lag("a", 0) - Span::from_us(1)).await;
    assert_eq!(bench.replica("a"), some(&[]));
    assert_eq!(bench.replicator.progress(HOME).pending, 1);
    bench.pass(Span::from_us(1)).await;
    assert_eq!(bench.replica("a"), some(&["one"]));
    let source = bench.store.read(HOME, "a", None).unwrap();
    let copy = bench.store.read(REPLICA, "a", None).unwrap();
    assert_eq!(
        (source.version, source.modified_us),
        (copy.version, copy.modified_us)
    );
    assert_eq!(
        (source.replication, copy.replication),
        (Replication::Completed, Replication::Replica)
    );
    let progress = bench.replicator.progress(HOME);
    assert_eq!((progress.pending, progress.copied), (0, 1));
}

#[tokio::test]
async fn each_write_of_a_key_has_a_lag_of_its_own_wherever_it_was_made() {
    let bench = bench();
    let (first, second) = (lag("a", 0), lag("a", 1));
    assert_ne!(first, second);
    bench.store.set_replication(HOME, None).unwrap();
    bench.put("a", "while replication was off");
    bench.store.set_replication(HOME, enabled()).unwrap();
    bench.pass(Span::from_secs(5)).await;
    bench.put("a", "two");
    bench.pass(second - Span::from_us(1)).await;
    assert_eq!(bench.replica("a"), some(&[]));
    bench.pass(Span::from_us(1)).await;
    assert_eq!(bench.replica("a"), some(&["two"]));
}

#[tokio::test]
async fn an_older_version_never_hides_a_newer_one() {
    let bench = bench();
    let second = Span::from_secs(1);
    let overtakes = |key: &String| lag(key, 1) + second < lag(key, 0);
    let key = (0..).map(|n| format!("k{n}")).find(overtakes).unwrap();
    bench.put(&key, "older");
    bench.pass(second).await;
    bench.put(&key, "newer");
    bench.pass(lag(&key, 1)).await;
    assert_eq!(bench.replica(&key), some(&["newer"]));
    bench.pass(AGES).await;
    assert_eq!(bench.replica(&key), some(&["newer", "older"]));
}

#[tokio::test]
async fn delete_markers_are_copied_only_if_asked() {
    let bench = bench();
    bench.put("a", "one");
    bench.pass(AGES).await;
    bench.store.delete_current(HOME, "a").unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.replica("a"), some(&["one"]));
    let asked = configuration(REPLICA, ReplicationRuleStatus::ENABLED, true);
    bench.store.set_replication(HOME, asked).unwrap();
    bench.store.delete_current(HOME, "a").unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.replica("a"), [None, Some("one".to_owned())]);
}

#[tokio::test]
async fn a_copy_has_the_storage_class_of_its_rule() {
    let bench = bench();
    let client = bench.client();
    let class_of = |bucket: &str| {
        let object = bench.store.read(bucket, "a", None).unwrap().object.unwrap();
        object
            .extra
            .as_ref()
            .and_then(|extra| extra.storage_class.clone())
    };
    for class in ["GLACIER", "STANDARD_IA"] {
        let mut archiving = enabled().unwrap();
        archiving.rules[0].destination.storage_class = Some(s3s::dto::StorageClass::from_static(class));
        bench.store.set_replication(HOME, Some(archiving)).unwrap();
        bench.put("a", class);
        bench.pass(AGES).await;
        assert_eq!(class_of(REPLICA).as_deref(), Some(class));
        assert_eq!(class_of(HOME), None);
        // An archived replica does not help a runbook that reads it at once.
        let read = client.get_object().bucket(REPLICA).key("a").send().await;
        let code = read.err().and_then(|error| error.code().map(str::to_owned));
        let archived = (class == "GLACIER").then_some("InvalidObjectState");
        assert_eq!(code.as_deref(), archived, "{class}");
    }
}

#[tokio::test]
async fn what_is_archived_or_under_a_key_of_kms_stays_where_it_is() {
    let bench = bench();
    let client = bench.client();
    let put = |key: &str| client.put_object().bucket(HOME).key(key);
    let archived = put("a").storage_class(StorageClass::DeepArchive);
    archived.send().await.unwrap();
    let under_key = put("b").server_side_encryption(ServerSideEncryption::AwsKms);
    under_key.send().await.unwrap();
    put("c").send().await.unwrap();
    bench.pass(AGES).await;
    for (key, copied) in [("a", false), ("b", false), ("c", true)] {
        assert_eq!(!bench.replica(key).is_empty(), copied, "{key}");
        let head = client.head_object().bucket(HOME).key(key).send().await.unwrap();
        assert_eq!(head.replication_status().is_some(), copied, "{key}");
    }
}

#[tokio::test]
async fn removals_of_versions_are_never_copied() {
    let bench = bench();
    bench.put("a", "one");
    bench.pass(AGES).await;
    assert_eq!(bench.store.purge(HOME, "a").unwrap(), 1);
    bench.pass(AGES).await;
    assert_eq!(bench.replica("a"), some(&["one"]));
    bench.put("a", "gone before its copy is due");
    bench.store.purge(HOME, "a").unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.replica("a"), some(&["one"]));
    assert_eq!(bench.replicator.progress(HOME).given_up, 1);
    assert!(
        bench.events.lock().is_empty(),
        "what its owner removed is no failure"
    );
}

#[tokio::test]
async fn copies_are_not_copied_again() {
    let bench = bench();
    let back = configuration(HOME, ReplicationRuleStatus::ENABLED, true);
    bench.store.set_replication(REPLICA, back).unwrap();
    bench.put("a", "one");
    bench.pass(AGES).await;
    assert_eq!(bench.replicator.progress(HOME).copied, 1);
    assert_eq!(bench.replicator.progress(REPLICA), Default::default());
    bench
        .store
        .write(REPLICA, "b", b"written at the other end")
        .unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.versions(HOME, "b"), some(&["written at the other end"]));
    assert_eq!(bench.replicator.progress(HOME).copied, 1);
}

#[tokio::test]
async fn a_corrupted_body_fails_visibly_and_others_go_on() {
    let bench = bench();
    bench.put("bad", "the body that will be corrupted");
    bench.put("good", "another");
    let draws = Draws::new(SEED, "corruption");
    bench.store.corrupt(HOME, "bad", &draws).unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.replica("bad"), some(&[]));
    assert_eq!(bench.replica("good"), some(&["another"]));
    assert_eq!(bench.status("bad"), Replication::Failed);
    let told = bench.events.lock().clone();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (
            told[0].bucket.as_str(),
            told[0].key.as_str(),
            told[0].reason.as_str()
        ),
        ("programs", "bad", "ChecksumMismatch")
    );
    assert_eq!(told[0].at, DrillTime::ZERO + lag("bad", 0));
    let progress = bench.replicator.progress(HOME);
    assert_eq!((progress.failed, progress.copied, progress.pending), (1, 1, 0));
}

#[tokio::test]
async fn what_is_pending_or_written_while_replication_is_off_is_never_copied() {
    for off in [None, disabled()] {
        let bench = bench();
        bench.put("pending", "one");
        bench.store.set_replication(HOME, off).unwrap();
        bench.put("meanwhile", "two");
        bench.store.set_replication(HOME, enabled()).unwrap();
        bench.put("after", "three");
        bench.pass(AGES).await;
        assert_eq!(bench.replica("pending"), some(&[]));
        assert_eq!(bench.replica("meanwhile"), some(&[]));
        assert_eq!(bench.replica("after"), some(&["three"]));
        let progress = bench.replicator.progress(HOME);
        assert_eq!((progress.given_up, progress.copied, progress.pending), (1, 1, 0));
        assert_eq!(bench.status("meanwhile"), Replication::None);
    }
}

#[tokio::test]
async fn enabling_what_is_enabled_changes_nothing() {
    let bench = bench();
    bench.put("a", "one");
    bench.store.set_replication(HOME, enabled()).unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.replica("a"), some(&["one"]));
}

#[tokio::test]
async fn history_is_there_already_and_is_not_copied() {
    let bench = bench();
    let seed = Seed {
        key: "old".to_owned(),
        body: Bytes::from_static(b"x"),
        modified_us: 1,
        sha256: None,
    };
    bench.store.seed(HOME, seed).unwrap();
    bench.store.set_replication(HOME, None).unwrap();
    bench.store.set_replication(HOME, enabled()).unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.replica("old"), some(&[]), "nothing is copied retroactively");
    assert_eq!(bench.replicator.progress(HOME), Default::default());
}

#[tokio::test]
async fn what_was_due_when_copies_are_stopped_was_copied() {
    let bench = bench();
    bench.worker_hangs();
    bench.put("due", "one");
    bench.pass(lag("due", 0)).await;
    bench.put("later", "one");
    assert_eq!(bench.replica("due"), some(&[]), "it was not made");
    let pause = bench.pause(HOME);
    assert_eq!(bench.replica("due"), some(&["one"]));
    assert_eq!(bench.status("due"), Replication::Completed);
    bench.pass(AGES).await;
    let again = bench.pause(HOME);
    assert_eq!(bench.replica("later"), some(&[]), "it was held back already");
    drop((pause, again));
}

#[tokio::test]
async fn only_a_pause_that_stands_holds_copies_back() {
    let bench = bench();
    let margin = Span::from_secs(30);
    let held_back = |since| bench.replicator.held_back(HOME, since, margin);
    // One of another bucket is none of this: copies go on, and some are always due.
    let elsewhere = bench.pause("another-bucket");
    for n in 0..100 {
        bench.put(&format!("running-{n}"), "one");
        bench.pass(Span::from_secs(10)).await;
        assert_eq!(held_back(DrillTime::ZERO), None, "write {n}");
    }
    drop(elsewhere);
    let injected = bench.clock.now();
    let pause = bench.pause(HOME);
    bench.put("held", "one");
    let due = lag("held", 0);
    bench.pass(due).await;
    let last = (0..100).map(|n| Span::from_secs(10 * n) + lag(&format!("running-{n}"), 0));
    let last_due = DrillTime::ZERO + last.max().unwrap();
    assert_eq!(
        held_back(last_due.max(injected + due)),
        None,
        "nothing was due since"
    );
    bench.pass(margin).await;
    let key = |found: Option<Uncopied>| found.map(|uncopied| (uncopied.key, uncopied.due > injected));
    assert!(key(held_back(injected)).is_some_and(|(_, later)| later));
    assert_eq!(
        held_back(injected - Span::from_secs(300)),
        None,
        "copies that were due since then were made"
    );
    bench.store.set_replication(HOME, enabled()).unwrap();
    assert!(!pause.is_active());
    assert_eq!(held_back(injected), None, "it is over");
}

#[tokio::test]
async fn a_pause_holds_copies_back_and_its_end_lets_them_go_on() {
    let bench = bench();
    let pause = bench.pause(HOME);
    assert!(pause.is_active() && bench.replicator.progress(HOME).paused);
    bench.put("a", "one");
    bench.pass(Span::from_secs(1)).await;
    bench.put("b", "two");
    let held_back = || {
        bench
            .replicator
            .held_back(HOME, DrillTime::ZERO, Span::from_secs(30))
    };
    assert_eq!(held_back(), None);
    bench.pass(AGES).await;
    assert_eq!(bench.replica("a"), some(&[]));
    let oldest = bench.replicator.oldest_uncopied(HOME).unwrap();
    assert_eq!(
        (oldest.key.as_str(), oldest.acknowledged, oldest.due),
        ("a", DrillTime::ZERO, DrillTime::ZERO + lag("a", 0))
    );
    let overdue = held_back().unwrap();
    let (a, b) = (lag("a", 0), Span::from_secs(1) + lag("b", 0));
    assert_eq!(overdue.key, if a < b { "a" } else { "b" });
    bench.put("late", "three");
    drop(pause);
    bench.pass(Span::from_us(1)).await;
    assert_eq!(
        bench.replica("a"),
        some(&["one"]),
        "overdue copies are made at once"
    );
    assert_eq!(bench.replica("b"), some(&["two"]));
    assert_eq!(bench.replica("late"), some(&[]), "others when they are due");
    assert!(!bench.replicator.progress(HOME).paused);
    bench.pass(lag("late", 0)).await;
    assert_eq!(bench.replica("late"), some(&["three"]));
    assert_eq!(bench.replicator.oldest_uncopied(HOME), None);
}

#[tokio::test]
async fn an_enabled_configuration_ends_a_pause() {
    let bench = bench();
    let pause = bench.pause(HOME);
    bench.put("a", "one");
    bench.pass(AGES).await;
    bench.store.set_replication(HOME, enabled()).unwrap();
    assert!(!pause.is_active());
    bench.pass(Span::from_us(1)).await;
    assert_eq!(bench.replica("a"), some(&["one"]));
    let another = bench.pause(HOME);
    drop(pause);
    assert!(another.is_active(), "a pause that is over ends no other");
}

#[tokio::test]
async fn a_destination_that_is_gone_is_a_failure() {
    let bench = bench();
    bench.put("a", "one");
    bench.store.force_delete_bucket(REPLICA).unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.status("a"), Replication::Failed);
    let reasons: Vec<String> = bench
        .events
        .lock()
        .iter()
        .map(|event| event.reason.clone())
        .collect();
    assert_eq!(reasons, ["NoSuchBucket"]);
    bench.store.create_bucket(REPLICA, "us-east-1", false).unwrap();
    bench.put("b", "two");
    bench.pass(AGES).await;
    let last = bench.events.lock().last().unwrap().reason.clone();
    assert_eq!(last, "InvalidBucketState", "it keeps no versions");
}

#[tokio::test]
async fn a_source_that_is_gone_takes_its_pending_copies_with_it() {
    let bench = bench();
    bench.put("copied", "one");
    bench.pass(AGES).await;
    bench.put("pending", "two");
    let oldest = bench.replicator.oldest_uncopied(HOME).unwrap();
    assert_eq!(
        (oldest.key.as_str(), oldest.acknowledged),
        ("pending", bench.clock.now())
    );
    bench.store.force_delete_bucket(HOME).unwrap();
    bench.pass(AGES).await;
    assert_eq!(bench.replica("copied"), some(&["one"]));
    assert_eq!(bench.replica("pending"), some(&[]));
    assert_eq!(bench.replicator.progress(HOME).given_up, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is written and deleted, in the end the replica has every version with its id, in order. (No
    /// two writes of a key are of one microsecond: each takes longer than that.)
    #[test]
    fn in_the_end_the_replica_is_the_same(
        steps in prop::collection::vec((0u8..3, any::<bool>(), 1i64..400), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let bench = bench();
            let all = configuration(REPLICA, ReplicationRuleStatus::ENABLED, true);
            bench.store.set_replication(HOME, all).unwrap();
            for (n, (key, delete, seconds)) in steps.iter().enumerate() {
                let key = format!("k{key}");
                if *delete {
                    bench.store.delete_current(HOME, &key).unwrap();
                } else {
                    bench.put(&key, &n.to_string());
                }
                bench.pass(Span::from_secs(*seconds)).await;
            }
            bench.pass(AGES).await;
            for key in ["k0", "k1", "k2"] {
                let ids = |bucket| -> Vec<_> {
                    let versions = bench.store.versions(bucket, key).unwrap();
                    versions.iter().map(|v| (v.version, v.modified_us, v.object.is_some())).collect()
                };
                assert_eq!(ids(HOME), ids(REPLICA), "{key}");
                assert_eq!(bench.versions(HOME, key), bench.replica(key));
            }
            let progress = bench.replicator.progress(HOME);
            assert_eq!((progress.pending, progress.copied), (0, steps.len() as u64));
        });
    }
}

#[tokio::test]
async fn what_a_lost_region_stopped_goes_on_when_replication_is_put_again() {
    let bench = bench();
    bench.put("a", "one");
    bench.replicator.stop(&bench.store.clone().into(), HOME);
    bench.pass(AGES).await;
    assert_eq!(bench.replica("a"), some(&[]));
    assert!(bench.replicator.progress(HOME).paused);
    bench.store.set_replication(HOME, enabled()).unwrap();
    bench.pass(Span::from_us(1)).await;
    assert_eq!(bench.replica("a"), some(&["one"]));
}

#[tokio::test]
async fn a_batch_copies_what_was_there_before_and_hides_nothing_newer() {
    let bench = bench();
    bench.store.set_replication(HOME, None).unwrap();
    bench.put("a", "older");
    bench.pass(Span::from_secs(1)).await;
    bench.put("a", "newer");
    bench.put("b", "one");
    bench.pass(AGES).await;
    assert_eq!(bench.replica("a"), some(&[]));
    let count = bench
        .replicator
        .copy_existing(&bench.store.clone().into(), HOME, REPLICA, false);
    assert_eq!(count.unwrap(), 3);
    assert_eq!(bench.replicator.existing(HOME), 3);
    bench.pass(AGES).await;
    assert_eq!(bench.replicator.existing(HOME), 0);
    assert_eq!(bench.replica("a"), some(&["newer", "older"]));
    assert_eq!(bench.replica("b"), some(&["one"]));
    let again = bench
        .replicator
        .copy_existing(&bench.store.clone().into(), HOME, REPLICA, false);
    assert_eq!(again.unwrap(), 0, "everything is there");
}
