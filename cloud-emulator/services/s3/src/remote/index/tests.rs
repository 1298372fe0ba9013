//! What is remembered, and in which order.

use super::*;

fn at(seconds: i64) -> DrillTime {
    DrillTime::from_us(seconds * 1_000_000)
}

fn with(buckets: &[&str]) -> Index {
    let mut index = Index::default();
    for bucket in buckets {
        index.add_bucket(bucket, Arc::from("us-west-2"), 0);
    }
    index
}

fn copy_of(change: &Change, id: &str, written: DrillTime, acknowledged: DrillTime) -> Written {
    Written {
        of: Some((change.version, written)),
        ..Written::now(id, acknowledged)
    }
}

#[test]
fn an_older_version_that_is_copied_later_does_not_hide_a_newer_one() {
    let mut index = with(&["a", "b"]);
    let old = index.write("a", "k", Written::now("1", at(1)), 0).unwrap();
    let new = index.write("a", "k", Written::now("2", at(2)), 0).unwrap();
    index.write("b", "k", copy_of(&new, "x", at(2), at(5)), 0);
    index.write("b", "k", copy_of(&old, "y", at(1), at(9)), 0);
    assert_eq!(&*index.version_called("b", "k", None).unwrap().id, "x");
}

#[test]
fn what_the_endpoint_did_before_does_not_hide_what_it_did_after() {
    let mut index = with(&["a"]);
    index.write("a", "k", Written::now("late", at(1)), 0);
    let early = Written {
        before: Some(Arc::from("late")),
        ..Written::now("early", at(2))
    };
    index.write("a", "k", early, 0);
    assert_eq!(&*index.version_called("a", "k", None).unwrap().id, "late");
    // One that nothing is known of yet will come last by itself.
    let next = Written {
        before: Some(Arc::from("unknown")),
        ..Written::now("next", at(3))
    };
    index.write("a", "k", next, 0);
    assert_eq!(&*index.version_called("a", "k", None).unwrap().id, "next");
}

#[test]
fn a_bucket_that_is_made_twice_keeps_what_is_known_of_it() {
    let mut index = with(&["a"]);
    index.write("a", "k", Written::now("1", at(1)), 0);
    index.add_bucket("a", Arc::from("us-west-2"), 0);
    assert_eq!(index.bucket("a").unwrap().versions("k").len(), 1);
}

#[test]
fn what_is_absent_is_told_by_origins_in_both_directions() {
    let mut index = with(&["a", "b"]);
    let first = index.write("a", "k", Written::now("1", at(1)), 0).unwrap();
    index.write("b", "k", copy_of(&first, "x", at(1), at(2)), 0);
    assert_eq!(index.absent("b", "a", |_| 0).unwrap(), []);
    index.write("b", "k", Written::now("y", at(3)), 0);
    let absent = index.absent("b", "a", |_| 0).unwrap();
    assert_eq!(absent.len(), 1);
    assert_eq!(&*index.version("b", "k", absent[0].version).unwrap().id, "y");
    assert!(index.absent("b", "nowhere", |_| 0).is_none());
}

#[test]
fn what_a_newer_version_is_in_front_of_is_not_absent() {
    let mut index = with(&["a", "b"]);
    index.write("a", "k", Written::now("1", at(1)), 0).unwrap();
    let new = index.write("a", "k", Written::now("2", at(2)), 0).unwrap();
    assert_eq!(index.absent("a", "b", |_| 0).unwrap().len(), 2);
    index.write("b", "k", copy_of(&new, "x", at(2), at(5)), 0);
    assert_eq!(index.absent("a", "b", |_| 0).unwrap(), []);
}

#[test]
fn without_versions_a_write_takes_the_place_of_the_one_before() {
    let mut index = with(&["a"]);
    index.write("a", "k", Written::now("null", at(1)), 0);
    index.write("a", "k", Written::now("null", at(2)), 0);
    assert_eq!(index.bucket("a").unwrap().versions("k").len(), 1);
    index.remove_version("a", "k", "null");
    assert!(index.version_called("a", "k", None).is_none());
    assert!(index.write("nowhere", "k", Written::now("1", at(1)), 0).is_none());
}
