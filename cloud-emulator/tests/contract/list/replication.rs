//! Replication between buckets: what is copied, what is not, and what the copies keep.

use super::why::{COPIED_AS_NEW, NOT_COPIED};
use crate::expectation::{Expectation, Observation, Stop, expect, s3_guide};
use crate::lab::{CLASSIC, HttpAnswer, Lab};

pub(super) fn expectations() -> Vec<Expectation> {
    let mut rows = copies();
    rows.extend(omissions());
    rows
}

fn copies() -> Vec<Expectation> {
    let what = || {
        s3_guide(
            "What does Amazon S3 replicate?",
            "replication-what-is-isnot-replicated",
        )
    };
    let overview = || s3_guide("Replicating objects within and across Regions", "replication");
    let status = || s3_guide("Getting replication status information", "replication-status");
    vec![
        expect(
            "a write is copied to the other region",
            overview(),
            "200, body x",
            |lab| async move {
                let pair = Pair::new(&lab, "Disabled").await?;
                pair.write("k", "x").await?;
                let copy = pair.copy("k").await?;
                Ok(format!(
                    "{}, {}",
                    copy.summary(),
                    if copy.status.is_success() {
                        copy.body_shown()
                    } else {
                        "no copy".into()
                    }
                ))
            },
        )
        .differs(NOT_COPIED),
        expect(
            "a replica keeps version id, date, metadata and tags",
            overview(),
            "version id, last-modified, x-amz-meta-plan, x-amz-tagging-count",
            |lab| async move {
                let pair = Pair::new(&lab, "Disabled").await?;
                let put = lab
                    .put(format!("{}/k", pair.source), "x")
                    .header("x-amz-meta-plan", "iot");
                put.header("x-amz-tagging", "a=1").done().await?;
                let copy = pair.copied("k").await?;
                let source = lab.get(format!("{}/k", pair.source)).done().await?;
                let same =
                    |name: &&str| source.header(name).is_some() && source.header(name) == copy.header(name);
                let names = [
                    "x-amz-version-id",
                    "last-modified",
                    "x-amz-meta-plan",
                    "x-amz-tagging-count",
                ];
                let kept: Vec<&str> = names.iter().filter(|name| same(name)).copied().collect();
                Ok(kept.join(", ").replace("x-amz-version-id", "version id"))
            },
        )
        .differs(COPIED_AS_NEW),
        expect(
            "the replica says that it is one, the source that it is copied",
            status(),
            "REPLICA, COMPLETED",
            |lab| async move {
                let pair = Pair::new(&lab, "Disabled").await?;
                pair.write("k", "x").await?;
                let copy = pair.copied("k").await?.value("x-amz-replication-status");
                let done =
                    |answer: &HttpAnswer| answer.header("x-amz-replication-status") == Some("COMPLETED");
                let source = lab
                    .until(|| lab.head(format!("{}/k", pair.source)).send(), done)
                    .await?;
                Ok(format!("{copy}, {}", source.value("x-amz-replication-status")))
            },
        )
        .differs(NOT_COPIED),
        expect(
            "every version is copied",
            what(),
            "two over one",
            |lab| async move {
                let pair = Pair::new(&lab, "Disabled").await?;
                let first = super::s3_versions::version(&pair.write("k", "one").await?)?;
                pair.write("k", "two").await?;
                let newer = |answer: &HttpAnswer| answer.text() == "two";
                let current = lab
                    .until(|| pair.read("k").send(), newer)
                    .await?
                    .done()
                    .map_err(|_| nothing())?;
                let older = lab
                    .get(format!("{}/k?versionId={first}", pair.target))
                    .region(CLASSIC)
                    .send()
                    .await?;
                let older = if older.status.is_success() {
                    older.text()
                } else {
                    older.summary()
                };
                Ok(format!("{} over {older}", current.text()))
            },
        )
        .differs(COPIED_AS_NEW),
        expect(
            "delete markers are copied if the rule asks for it",
            s3_guide(
                "Replicating delete markers between buckets",
                "delete-marker-replication",
            ),
            "404 NoSuchKey, x-amz-delete-marker true",
            |lab| async move {
                let pair = Pair::new(&lab, "Enabled").await?;
                pair.write("k", "x").await?;
                pair.copied("k").await?;
                lab.delete(format!("{}/k", pair.source)).done().await?;
                let gone = |answer: &HttpAnswer| !answer.status.is_success();
                let read = lab.until(|| pair.read("k").send(), gone).await?;
                Ok(format!(
                    "{}, {}",
                    read.summary(),
                    read.shown("x-amz-delete-marker")
                ))
            },
        )
        .differs(NOT_COPIED),
    ]
}

fn omissions() -> Vec<Expectation> {
    let what = || {
        s3_guide(
            "What does Amazon S3 replicate?",
            "replication-what-is-isnot-replicated",
        )
    };
    vec![
        expect(
            "delete markers are not copied unless the rule asks for it",
            s3_guide(
                "Replicating delete markers between buckets",
                "delete-marker-replication",
            ),
            "200",
            |lab| async move {
                let pair = Pair::new(&lab, "Disabled").await?;
                pair.write("k", "x").await?;
                pair.copied("k").await?;
                lab.delete(format!("{}/k", pair.source)).done().await?;
                pair.after_all("k").await
            },
        )
        .differs(NOT_COPIED),
        expect(
            "deletions of versions are never copied",
            what(),
            "200",
            |lab| async move {
                let pair = Pair::new(&lab, "Enabled").await?;
                let id = super::s3_versions::version(&pair.write("k", "x").await?)?;
                pair.copied("k").await?;
                lab.delete(format!("{}/k?versionId={id}", pair.source))
                    .done()
                    .await?;
                pair.after_all("k").await
            },
        )
        .differs(NOT_COPIED),
        expect(
            "what was there before the configuration is not copied",
            what(),
            "404 NoSuchKey",
            |lab| async move {
                let (source, target) = (lab.versioned().await?, pair_target(&lab).await?);
                lab.stored(format!("{source}/k"), "x").await?;
                configure(&lab, &source, &target, "Enabled", "Disabled").await?;
                Pair { lab, source, target }.after_all("k").await
            },
        )
        .differs(NOT_COPIED),
        expect(
            "copies are not copied again",
            what(),
            "404 NoSuchKey",
            |lab| async move {
                let pair = Pair::new(&lab, "Disabled").await?;
                let third = lab.versioned().await?;
                configure_at(&lab, &pair.target, CLASSIC, &third).await?;
                pair.write("k", "x").await?;
                pair.copied("k").await?;
                pair.after_all("k").await?;
                lab.get(format!("{third}/k")).summary().await
            },
        )
        .differs(NOT_COPIED),
        expect(
            "a rule that is disabled copies nothing",
            s3_guide(
                "Replication configuration file elements",
                "replication-add-config",
            ),
            "404 NoSuchKey",
            |lab| async move {
                let pair = Pair::new(&lab, "Disabled").await?;
                configure(&lab, &pair.source, &pair.target, "Disabled", "Disabled").await?;
                pair.write("k", "x").await?;
                configure(&lab, &pair.source, &pair.target, "Enabled", "Disabled").await?;
                pair.after_all("k").await
            },
        )
        .differs(NOT_COPIED),
    ]
}

/// Two buckets, the second in another region, and a rule from the first to the second.
struct Pair {
    lab: Lab,
    source: String,
    target: String,
}

impl Pair {
    async fn new(lab: &Lab, markers: &str) -> Result<Pair, Stop> {
        let (source, target) = (lab.versioned().await?, pair_target(lab).await?);
        configure(lab, &source, &target, "Enabled", markers).await?;
        Ok(Pair {
            lab: lab.clone(),
            source,
            target,
        })
    }

    async fn write(&self, key: &str, body: &str) -> Result<HttpAnswer, Stop> {
        self.lab.stored(format!("{}/{key}", self.source), body).await
    }

    fn read(&self, key: &str) -> crate::lab::Ask {
        self.lab.get(format!("{}/{key}", self.target)).region(CLASSIC)
    }

    /// The copy of a key, for which it waits a while.
    async fn copy(&self, key: &str) -> Result<HttpAnswer, Stop> {
        self.lab
            .until(|| self.read(key).send(), |answer| answer.status.is_success())
            .await
    }

    async fn copied(&self, key: &str) -> Result<HttpAnswer, Stop> {
        self.copy(key).await?.done().map_err(|_| nothing())
    }

    /// What reading the copy of a key comes to once two later writes have been copied, one after the other. Several
    /// copies may be under way at once: one that must not be had a whole lag more than it needs.
    async fn after_all(&self, key: &str) -> Observation {
        for later in ["later", "last"] {
            self.write(later, "x").await?;
            self.copied(later).await?;
        }
        self.read(key).summary().await
    }
}

fn nothing() -> Stop {
    Stop("nothing is copied".to_owned())
}

async fn pair_target(lab: &Lab) -> Result<String, Stop> {
    let target = lab.bucket_in(CLASSIC).await?;
    let put = lab.put(format!("{target}?versioning"), crate::lab::versioning("Enabled"));
    put.region(CLASSIC).done().await?;
    Ok(target)
}

/// Has a bucket of the home region copied; the rule and its copying of markers are `Enabled` or `Disabled`.
pub(super) async fn configure(
    lab: &Lab,
    source: &str,
    target: &str,
    status: &str,
    markers: &str,
) -> Result<(), Stop> {
    configured(lab, source, target, status, markers)
        .await?
        .done()
        .map(drop)
}

pub(super) async fn configured(
    lab: &Lab,
    source: &str,
    target: &str,
    status: &str,
    markers: &str,
) -> Result<HttpAnswer, Stop> {
    lab.put(format!("{source}?replication"), document(target, status, markers))
        .send()
        .await
}

async fn configure_at(lab: &Lab, source: &str, region: &'static str, target: &str) -> Result<(), Stop> {
    let put = lab.put(
        format!("{source}?replication"),
        document(target, "Enabled", "Disabled"),
    );
    put.region(region).done().await.map(drop)
}

fn document(target: &str, status: &str, markers: &str) -> String {
    format!(
        "<ReplicationConfiguration><Role>arn:aws:iam::000000000000:role/r</Role><Rule><ID>rule</ID>\
         <Priority>1</Priority><Status>{status}</Status><Filter><Prefix></Prefix></Filter>\
         <DeleteMarkerReplication><Status>{markers}</Status></DeleteMarkerReplication>\
         <Destination><Bucket>arn:aws:s3:::{}</Bucket></Destination></Rule></ReplicationConfiguration>",
        &target[1..]
    )
}
