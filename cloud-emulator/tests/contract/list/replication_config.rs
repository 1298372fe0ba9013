//! Replication configurations: what is accepted, and read back.

use super::replication::{configure, configured};
use crate::expectation::{Expectation, Observation, expect, s3_api, s3_guide};
use crate::lab::Lab;

const UNCHECKED: &str = "LocalStack takes rules whose elements contradict each other.";

const FILTER: &str = "<Filter><Prefix>a</Prefix></Filter>";

const PRIORITY: &str = "<Priority>1</Priority>";

pub(super) fn expectations() -> Vec<Expectation> {
    let put = || s3_api("PutBucketReplication");
    let elements = || {
        s3_guide(
            "Replication configuration file elements",
            "replication-add-config",
        )
    };
    vec![
        expect(
            "a configuration of a bucket without versions",
            s3_guide(
                "Requirements and considerations for replication",
                "replication-requirements",
            ),
            "400 InvalidRequest",
            |lab| async move {
                let (source, target) = (lab.bucket().await?, lab.versioned().await?);
                Ok(configured(&lab, &source, &target, "Enabled", "Disabled")
                    .await?
                    .summary())
            },
        ),
        expect(
            "a configuration to a bucket without versions",
            s3_guide(
                "Requirements and considerations for replication",
                "replication-requirements",
            ),
            "400 InvalidRequest",
            |lab| async move {
                let (source, target) = (lab.versioned().await?, lab.bucket().await?);
                Ok(configured(&lab, &source, &target, "Enabled", "Disabled")
                    .await?
                    .summary())
            },
        ),
        expect(
            "a rule with a filter and no priority",
            elements(),
            "400 InvalidRequest",
            |lab| async move { ruled(&lab, &[&format!("{FILTER}{}", markers("Disabled"))]).await },
        )
        .differs(UNCHECKED),
        expect(
            "a rule with a filter and no word on delete markers",
            elements(),
            "400 InvalidRequest",
            |lab| async move { ruled(&lab, &[&format!("{FILTER}{PRIORITY}")]).await },
        )
        .differs(UNCHECKED),
        expect(
            "a rule with a filter by tags, and with delete markers",
            elements(),
            "400 InvalidRequest",
            |lab| async move {
                let by_tag = "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>";
                ruled(&lab, &[&format!("{by_tag}{PRIORITY}{}", markers("Enabled"))]).await
            },
        )
        .differs(UNCHECKED),
        expect(
            "two rules with one priority",
            elements(),
            "400 InvalidRequest",
            |lab| async move {
                let rule = |prefix: &str| {
                    let filter = FILTER.replace(">a<", &format!(">{prefix}<"));
                    format!("{filter}{PRIORITY}{}", markers("Disabled"))
                };
                ruled(&lab, &[&rule("b"), &rule("c")]).await
            },
        )
        .differs(UNCHECKED),
        expect(
            "the configuration of a bucket that has none",
            s3_api("GetBucketReplication"),
            "404 ReplicationConfigurationNotFoundError",
            |lab| async move {
                let bucket = lab.versioned().await?;
                lab.get(format!("{bucket}?replication")).summary().await
            },
        ),
        expect(
            "a configuration is read back as it was put",
            put(),
            "Disabled, arn:aws:iam::000000000000:role/r, the same destination",
            |lab| async move {
                let (source, target) = (lab.versioned().await?, lab.versioned().await?);
                configure(&lab, &source, &target, "Disabled", "Disabled").await?;
                let answer = lab.get(format!("{source}?replication")).done().await?;
                let rule = answer.element("Rule").unwrap_or_default();
                // The rule has a status; its markers have one, too.
                let rule = rule.replace(
                    "<DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication>",
                    "",
                );
                let status = crate::lab::within(&rule, "Status").unwrap_or_default();
                let same =
                    crate::lab::within(&rule, "Bucket") == Some(format!("arn:aws:s3:::{}", &target[1..]));
                let role = answer.element("Role").unwrap_or_default();
                Ok(format!(
                    "{status}, {role}, {} destination",
                    if same { "the same" } else { "another" }
                ))
            },
        ),
        expect(
            "a configuration is deleted",
            s3_api("DeleteBucketReplication"),
            "204, then 404 ReplicationConfigurationNotFoundError",
            |lab| async move {
                let (source, target) = (lab.versioned().await?, lab.versioned().await?);
                configure(&lab, &source, &target, "Enabled", "Disabled").await?;
                let said = lab.delete(format!("{source}?replication")).summary().await?;
                Ok(format!(
                    "{said}, then {}",
                    lab.get(format!("{source}?replication")).summary().await?
                ))
            },
        ),
    ]
}

fn markers(status: &str) -> String {
    format!("<DeleteMarkerReplication><Status>{status}</Status></DeleteMarkerReplication>")
}

/// Puts rules with these elements.
async fn ruled(lab: &Lab, rules: &[&str]) -> Observation {
    let (source, target) = (lab.versioned().await?, lab.versioned().await?);
    let bucket = format!("<Bucket>arn:aws:s3:::{}</Bucket>", &target[1..]);
    let rules: String = rules
        .iter()
        .map(|rule| format!("<Rule><Status>Enabled</Status>{rule}<Destination>{bucket}</Destination></Rule>"))
        .collect();
    let document = format!(
        "<ReplicationConfiguration><Role>arn:aws:iam::000000000000:role/r</Role>{rules}</ReplicationConfiguration>"
    );
    lab.put(format!("{source}?replication"), document).summary().await
}
