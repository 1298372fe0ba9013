//! Copies in front of other endpoints: those of replication, and those that clients ask for.

use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, DeleteMarkerReplication, DeleteMarkerReplicationStatus,
    Destination, ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter, ReplicationRuleStatus,
    ReplicationStatus, StorageClass,
};
use cloud_emulator::client::ask;

use crate::remote::bench::Bench;

impl Bench {
    fn status(&self, bucket: &str, key: &str) -> Option<ReplicationStatus> {
        let head = self.wait(self.s3.client().head_object().bucket(bucket).key(key).send());
        head.unwrap().replication_status().cloned()
    }
}

pub(crate) fn writes_are_copied_with_what_belongs_to_them(bench: &Bench) {
    let (a, b) = bench.replicated(false);
    let put = bench.s3.client().put_object().bucket(&a).key("ü 1");
    let put = put
        .body(b"body".to_vec().into())
        .content_type("text/x")
        .metadata("who", "me")
        .tagging("t=1");
    bench.wait(put.send()).unwrap();
    bench.copied(&a);
    let copy = bench
        .wait(bench.s3.client().get_object().bucket(&b).key("ü 1").send())
        .unwrap();
    assert_eq!(copy.content_type(), Some("text/x"));
    assert_eq!(copy.metadata().unwrap()["who"], "me");
    // LocalStack counts the tags of a current version as none.
    let tags = bench.s3.client().get_object_tagging().bucket(&b).key("ü 1");
    assert_eq!(bench.wait(tags.send()).unwrap().tag_set()[0].key(), "t");
    assert_eq!(copy.replication_status(), Some(&ReplicationStatus::Replica));
    assert_eq!(bench.wait(copy.body.collect()).unwrap().to_vec(), b"body");
    assert_eq!(bench.status(&a, "ü 1"), Some(ReplicationStatus::Completed));
    // Copies are not copied back, and uploads in parts are copied whole.
    bench
        .wait(ask::put_replication(bench.s3.client(), &b, &a, true, false))
        .unwrap();
    let upload = bench
        .s3
        .client()
        .create_multipart_upload()
        .bucket(&a)
        .key("parts");
    let id = bench.wait(upload.send()).unwrap().upload_id().unwrap().to_owned();
    let part = bench
        .s3
        .client()
        .upload_part()
        .bucket(&a)
        .key("parts")
        .upload_id(&id)
        .part_number(1);
    let part = bench
        .wait(part.body(b"of one part".to_vec().into()).send())
        .unwrap();
    let part = CompletedPart::builder()
        .part_number(1)
        .e_tag(part.e_tag().unwrap())
        .build();
    let complete = bench
        .s3
        .client()
        .complete_multipart_upload()
        .bucket(&a)
        .key("parts");
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    bench
        .wait(complete.upload_id(&id).multipart_upload(parts).send())
        .unwrap();
    bench.copied(&a);
    assert_eq!(bench.read(&b, "parts"), "of one part");
    assert_eq!(bench.replicator.progress(&b).copied, 0);
    assert!(bench.failed.lock().is_empty());
}

pub(crate) fn copies_have_the_storage_class_of_their_rule(bench: &Bench) {
    let (a, b) = bench.two_buckets();
    let destination = Destination::builder()
        .bucket(format!("arn:aws:s3:::{b}"))
        .storage_class(StorageClass::StandardIa);
    let markers = DeleteMarkerReplication::builder().status(DeleteMarkerReplicationStatus::Disabled);
    let rule = ReplicationRule::builder()
        .priority(1)
        .filter(ReplicationRuleFilter::builder().prefix("").build())
        .delete_marker_replication(markers.build())
        .status(ReplicationRuleStatus::Enabled)
        .destination(destination.build().unwrap());
    let configuration = ReplicationConfiguration::builder()
        .role("arn:aws:iam::000000000000:role/r")
        .rules(rule.build().unwrap());
    let request = bench.s3.client().put_bucket_replication().bucket(&a);
    let request = request.replication_configuration(configuration.build().unwrap());
    bench.wait(request.send()).unwrap();
    bench.put(&a, "k", "body");
    bench.copied(&a);
    let class = |bucket: &str| {
        let head = bench.s3.client().head_object().bucket(bucket).key("k");
        bench.wait(head.send()).unwrap().storage_class().cloned()
    };
    assert_eq!(class(&b), Some(StorageClass::StandardIa));
    assert_ne!(class(&a), Some(StorageClass::StandardIa));
}

pub(crate) fn markers_are_copied_only_if_asked(bench: &Bench) {
    let (a, b) = bench.replicated(false);
    bench.put(&a, "k", "1");
    bench.copied(&a);
    let delete = || {
        bench
            .wait(bench.s3.client().delete_object().bucket(&a).key("k").send())
            .unwrap()
    };
    let marker = delete();
    bench.copied(&a);
    assert_eq!(
        (bench.read(&a, "k"), bench.read(&b, "k")),
        ("NoSuchKey".to_owned(), "1".to_owned())
    );
    // Removing the marker bares what it hid; that is not copied.
    let request = bench.s3.client().delete_object().bucket(&a).key("k");
    bench
        .wait(
            request
                .set_version_id(marker.version_id().map(str::to_owned))
                .send(),
        )
        .unwrap();
    assert_eq!(bench.read(&a, "k"), "1");
    bench
        .wait(ask::put_replication(bench.s3.client(), &a, &b, true, true))
        .unwrap();
    delete();
    bench.copied(&a);
    assert_eq!(bench.read(&b, "k"), "NoSuchKey");
}

pub(crate) fn an_older_version_never_comes_over_a_newer_one(bench: &Bench) {
    let (a, b) = bench.replicated(false);
    let pause = bench.replicator.pause(&bench.storage, &a);
    for n in 0..8 {
        bench.put(&a, "k", &format!("version {n}"));
    }
    drop(pause);
    bench.copied(&a);
    assert_eq!(bench.read(&b, "k"), "version 7");
    // What was written in the replica after the source is newer, too.
    let pause = bench.replicator.pause(&bench.storage, &a);
    bench.put(&a, "late", "old");
    bench.put(&b, "late", "new");
    drop(pause);
    bench.copied(&a);
    assert_eq!(bench.read(&b, "late"), "new");
    // It is not reported as copied, and it is not tried again.
    assert_eq!(bench.status(&a, "late"), Some(ReplicationStatus::Pending));
    let progress = bench.replicator.progress(&a);
    assert!(progress.superseded > 0, "{progress:?}");
    assert_eq!(progress.copied + progress.superseded, 9, "{progress:?}");
    let again = bench.replicator.copy_existing(&bench.storage, &a, &b, false);
    assert_eq!(again, Some(0));
}

pub(crate) fn a_batch_copies_what_is_absent_once(bench: &Bench) {
    let (a, b) = bench.two_buckets();
    for key in ["1", "2", "3"] {
        bench.put(&a, key, key);
    }
    bench
        .wait(ask::put_replication(bench.s3.client(), &a, &b, true, false))
        .unwrap();
    let batch = || {
        let absent = bench.replicator.copy_existing(&bench.storage, &a, &b, false);
        bench.copied(&a);
        absent
    };
    assert_eq!(batch(), Some(3));
    assert_eq!(bench.read(&b, "2"), "2");
    assert_eq!(batch(), Some(0));
    assert_eq!(
        bench.replicator.copy_existing(&bench.storage, &b, &a, false),
        Some(0)
    );
    assert_eq!(
        bench
            .replicator
            .copy_existing(&bench.storage, &a, "nowhere", false),
        None
    );
}

pub(crate) fn copies_go_from_one_region_to_the_other(bench: &Bench) {
    let (a, b) = bench.two_buckets();
    let put = bench
        .s3
        .client()
        .put_object()
        .bucket(&a)
        .key("k/ü 1")
        .metadata("who", "me");
    let put = bench.wait(put.body(b"first".to_vec().into()).send()).unwrap();
    bench.put(&a, "k/ü 1", "second");
    let source = format!("{a}/k/%C3%BC%201");
    let copy = |source: &str, key: &str| {
        let request = bench
            .s3
            .client()
            .copy_object()
            .copy_source(source)
            .bucket(&b)
            .key(key);
        bench
            .wait(request.send())
            .map_err(|error| error.into_service_error().meta().code().map(str::to_owned))
    };
    copy(&source, "now").unwrap();
    assert_eq!(bench.read(&b, "now"), "second");
    let old = copy(
        &format!("{source}?versionId={}", put.version_id().unwrap()),
        "old",
    )
    .unwrap();
    assert_eq!(old.copy_source_version_id(), put.version_id());
    assert!(old.version_id().is_some());
    assert_eq!(bench.read(&b, "old"), "first");
    let head = bench
        .wait(bench.s3.client().head_object().bucket(&b).key("old").send())
        .unwrap();
    assert_eq!(head.metadata().unwrap()["who"], "me");
    assert_eq!(
        copy(&format!("{a}/none"), "x").unwrap_err().as_deref(),
        Some("NoSuchKey")
    );
    assert_eq!(
        copy("nowhere/none", "x").unwrap_err().as_deref(),
        Some("NoSuchBucket")
    );
    // An old version over its own key restores it.
    let restored = (&*a, "k/ü 1", put.version_id());
    bench
        .wait(ask::copy(bench.s3.client(), restored, (&a, "k/ü 1")))
        .unwrap();
    assert_eq!(bench.read(&a, "k/ü 1"), "first");
    bench.put(&a, "k/ü 1", "second");
    // Parts, too.
    let upload = bench
        .s3
        .client()
        .create_multipart_upload()
        .bucket(&b)
        .key("parts");
    let id = bench.wait(upload.send()).unwrap().upload_id().unwrap().to_owned();
    let part = bench
        .s3
        .client()
        .upload_part_copy()
        .bucket(&b)
        .key("parts")
        .upload_id(&id)
        .part_number(1);
    let part = part.copy_source(&source).copy_source_range("bytes=1-3");
    let part = bench.wait(part.send()).unwrap();
    let etag = part.copy_part_result().unwrap().e_tag().unwrap();
    let part = CompletedPart::builder().part_number(1).e_tag(etag).build();
    let complete = bench
        .s3
        .client()
        .complete_multipart_upload()
        .bucket(&b)
        .key("parts");
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    bench
        .wait(complete.upload_id(&id).multipart_upload(parts).send())
        .unwrap();
    assert_eq!(bench.read(&b, "parts"), "eco");
}

pub(crate) fn damage_is_seen_by_everybody_and_goes_with_copies(bench: &Bench) {
    let (a, b) = bench.replicated(false);
    let body = "x".repeat(5000);
    bench.put(&a, "k", &body);
    bench.copied(&a);
    let before = bench
        .wait(bench.s3.client().head_object().bucket(&a).key("k").send())
        .unwrap();
    bench.storage.corrupt(&a, "k", "corrupt/k").unwrap();
    let damaged = bench.read(&a, "k");
    // As text it may be longer: what is no UTF-8 is replaced.
    let differing = damaged.bytes().zip(body.bytes()).filter(|(a, b)| a != b).count();
    assert!(damaged != body && differing > 0, "{differing}");
    let after = bench
        .wait(bench.s3.client().head_object().bucket(&a).key("k").send())
        .unwrap();
    assert_eq!(before.e_tag(), after.e_tag());
    assert_eq!(before.last_modified(), after.last_modified());
    // A range shows the same bytes as the whole.
    let whole = bench
        .wait(ask::read_raw(bench.s3.client(), &a, "k"))
        .unwrap()
        .bytes;
    let range = bench
        .s3
        .client()
        .get_object()
        .bucket(&a)
        .key("k")
        .range("bytes=100-4099");
    let range = bench.wait(async { range.send().await.unwrap().body.collect().await.unwrap().to_vec() });
    assert!(range[..] == whole[100..4100]);
    // Its stored checksum tells, the replica is sound, and copies are as damaged.
    let checked = bench.wait(ask::read_checked(bench.s3.client(), &a, "k", None));
    assert_eq!(checked.unwrap_err().code, ask::CHECKSUM_MISMATCH);
    assert_eq!(bench.read(&b, "k"), body);
    for (to, key) in [(&a, "copy"), (&b, "copied over")] {
        bench
            .wait(ask::copy(bench.s3.client(), (&a, "k", None), (to, key)))
            .unwrap();
        let copy = bench
            .wait(ask::read_raw(bench.s3.client(), to, key))
            .unwrap()
            .bytes;
        assert!(copy == whole, "{key}");
    }
    // A damaged body does not replicate, and says so.
    bench.copied(&a);
    assert_eq!(bench.status(&a, "copy"), Some(ReplicationStatus::Failed));
    assert_eq!(bench.failed.lock()[0].reason, "ChecksumMismatch");
    // A new write is whole.
    bench.put(&a, "k", &body);
    assert_eq!(bench.read(&a, "k"), body);
}
