//! Replication configurations that S3 refuses, in its words.

use crate::s3_http::bench::{Bench, HttpAnswer};

const VERSIONED: &[u8] = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";

/// Versioned buckets `source` and `target`.
fn versioned() -> Bench {
    let bench = Bench::new(super::MANY, super::LARGE);
    for bucket in ["/source", "/target"] {
        assert_eq!(bench.put(bucket, b"").status, 200);
        assert_eq!(bench.put(&format!("{bucket}?versioning"), VERSIONED).status, 200);
    }
    bench
}

fn configure(bench: &Bench, rules: &str) -> HttpAnswer {
    let document = format!(
        "<ReplicationConfiguration><Role>arn:aws:iam::000000000000:role/r</Role>{rules}</ReplicationConfiguration>"
    );
    bench.put("/source?replication", document.as_bytes())
}

/// A rule to `target` with these elements besides.
fn rule(elements: &str) -> String {
    let bucket = "<Bucket>arn:aws:s3:::target</Bucket>";
    rule_to(elements, bucket)
}

fn rule_to(elements: &str, destination: &str) -> String {
    format!("<Rule><Status>Enabled</Status>{elements}<Destination>{destination}</Destination></Rule>")
}

const PRIORITY: &str = "<Priority>1</Priority>";
const PREFIX: &str = "<Filter><Prefix>a</Prefix></Filter>";
const TAG: &str = "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>";

fn markers(status: &str) -> String {
    format!("<DeleteMarkerReplication><Status>{status}</Status></DeleteMarkerReplication>")
}

#[test]
fn a_rule_with_a_filter_says_its_priority_and_what_becomes_of_markers() {
    let bench = versioned();
    let (on, off) = (markers("Enabled"), markers("Disabled"));
    let of_this_version = |element: &str, what: &str| {
        format!(
            "{element} {what} for this version of Cross Region Replication configuration schema. Please refer to S3 \
             Developer Guide for more information."
        )
    };
    let cases = [
        (rule(&format!("{PREFIX}{off}")), of_this_version("Priority", "must be specified")),
        (
            rule(&format!("{PREFIX}{PRIORITY}")),
            of_this_version("DeleteMarkerReplication", "must be specified"),
        ),
        (
            rule(&format!("<Prefix></Prefix>{PRIORITY}")),
            of_this_version("Priority", "cannot be used"),
        ),
        (
            rule(&format!("<Prefix></Prefix>{off}")),
            of_this_version("DeleteMarkerReplication", "cannot be used"),
        ),
        (
            rule(&format!("{TAG}{PRIORITY}{on}")),
            "Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer \
             Guide for more information."
                .to_owned(),
        ),
        (
            rule(&format!("{PREFIX}{PRIORITY}{on}")) + &rule(&format!("{TAG}{PRIORITY}{off}")),
            "Found duplicate priority 1.".to_owned(),
        ),
        (
            rule_to(
                &format!("{PREFIX}{PRIORITY}{on}"),
                "<Bucket>arn:aws:s3:::source</Bucket>",
            ),
            "Destination bucket cannot be the same as the source bucket.".to_owned(),
        ),
    ];
    for (rules, message) in cases {
        let refused = configure(&bench, &rules);
        assert_eq!(
            (
                refused.status,
                refused.element("Code"),
                refused.element("Message")
            ),
            (400, Some("InvalidRequest".to_owned()), Some(message)),
            "{rules}"
        );
    }
    for rules in [
        rule(&format!("{PREFIX}<Prefix>a</Prefix>{PRIORITY}{on}")),
        rule(&off),
        rule(&format!("{PREFIX}{PRIORITY}{off}")) + &rule("<Prefix>b</Prefix>"),
        rule(&format!(
            "<Filter><Prefix>a</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></Filter>{PRIORITY}{off}"
        )),
        rule(&format!("{PREFIX}{PRIORITY}{}", markers("Perhaps"))),
        rule_to(
            &format!("{PREFIX}{PRIORITY}{off}"),
            "<Bucket>arn:aws:s3:::target</Bucket><StorageClass>LEAD</StorageClass>",
        ),
    ] {
        let refused = configure(&bench, &rules);
        assert_eq!(
            (refused.status, refused.element("Code").as_deref()),
            (400, Some("MalformedXML")),
            "{rules}"
        );
    }
    assert_eq!(bench.get("/source?replication").status, 404, "none was taken");
    for rules in [
        rule(&format!("{TAG}{PRIORITY}{off}")) + &rule(&format!("{PREFIX}<Priority>2</Priority>{on}")),
        rule("<Prefix></Prefix>"),
    ] {
        let taken = configure(&bench, &rules);
        assert_eq!(taken.status, 200, "{rules}: {}", taken.text());
    }
}

#[test]
fn what_replication_does_not_do_here_is_refused() {
    let bench = versioned();
    let second = format!("{PREFIX}{PRIORITY}{}", markers("Disabled"));
    let bucket = "<Bucket>arn:aws:s3:::target</Bucket>";
    let time = "<Time><Minutes>15</Minutes></Time>";
    for (rules, named) in [
        (
            rule_to(
                &second,
                &format!("{bucket}<ReplicationTime><Status>Enabled</Status>{time}</ReplicationTime>"),
            ),
            "Replication Time Control",
        ),
        (
            rule_to(
                &second,
                &format!("{bucket}<Metrics><Status>Enabled</Status></Metrics>"),
            ),
            "metrics",
        ),
        (
            rule_to(
                &second,
                &format!(
                    "{bucket}<AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>"
                ),
            ),
            "AccessControlTranslation",
        ),
        (
            rule(&format!(
                "{second}<SourceSelectionCriteria><ReplicaModifications><Status>Enabled</Status>\
                 </ReplicaModifications></SourceSelectionCriteria>"
            )),
            "ReplicaModifications",
        ),
        (
            rule(&format!(
                "{second}<SourceSelectionCriteria><SseKmsEncryptedObjects><Status>Enabled</Status>\
                 </SseKmsEncryptedObjects></SourceSelectionCriteria>"
            )),
            "SseKmsEncryptedObjects",
        ),
    ] {
        let refused = configure(&bench, &rules);
        assert_eq!(
            (refused.status, refused.element("Code").as_deref()),
            (501, Some("NotImplemented")),
            "{rules}"
        );
        assert!(refused.text().contains(named), "{}", refused.text());
    }
}
