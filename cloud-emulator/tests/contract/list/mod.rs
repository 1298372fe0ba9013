//! The list, one file per group. An expectation is what AWS documents, never what a cloud happens to do.

use test_harness::trial;

mod access;
mod lambda;
mod lambda_invoke;
mod lambda_versions;
mod regions;
mod replication;
mod replication_config;
mod s3_archives;
mod s3_buckets;
mod s3_conditions;
mod s3_copy;
mod s3_defaults;
mod s3_deletes;
mod s3_integrity;
mod s3_listing;
mod s3_markers;
mod s3_multipart;
mod s3_objects;
mod s3_presigned;
mod s3_suspended;
mod s3_version_lists;
mod s3_versions;
mod why;

use std::collections::HashSet;

use crate::expectation::Expectation;

/// Expectations of one kind.
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Expectation>,
}

/// All of them.
pub(crate) fn all() -> Vec<Group> {
    let group = |title, rows| Group { title, rows };
    vec![
        group("S3: buckets", s3_buckets::expectations()),
        group("S3: new buckets", s3_defaults::expectations()),
        group("S3: regions", regions::expectations()),
        group("S3: objects", s3_objects::expectations()),
        group("S3: archived objects", s3_archives::expectations()),
        group("S3: presigned URLs", s3_presigned::expectations()),
        group("S3: conditional requests", s3_conditions::expectations()),
        group("S3: integrity", s3_integrity::expectations()),
        group("S3: listings", s3_listing::expectations()),
        group("S3: versions", s3_versions::expectations()),
        group("S3: delete markers", s3_markers::expectations()),
        group("S3: listings of versions", s3_version_lists::expectations()),
        group("S3: suspended versioning", s3_suspended::expectations()),
        group("S3: deleting many", s3_deletes::expectations()),
        group("S3: multipart uploads", s3_multipart::expectations()),
        group("S3: copies", s3_copy::expectations()),
        group(
            "S3: replication configurations",
            replication_config::expectations(),
        ),
        group("S3: replication", replication::expectations()),
        group("Lambda: functions", lambda::expectations()),
        group("Lambda: versions and aliases", lambda_versions::expectations()),
        group("Lambda: invocations", lambda_invoke::expectations()),
        group("Signatures, identities, shapes of errors", access::expectations()),
    ]
}

trial!(every_expectation_names_its_page);
/// Rows have names of their own, and pages of AWS.
fn every_expectation_names_its_page() -> Result<(), String> {
    let mut names = HashSet::new();
    let groups = all();
    for row in groups.iter().flat_map(|group| &group.rows) {
        if !names.insert(row.what) {
            return Err(format!("two rows are named «{}»", row.what));
        }
        let (url, title) = (&row.page.url, &row.page.title);
        if !url.starts_with("https://docs.aws.amazon.com/") || !url.ends_with(".html") || title.is_empty() {
            return Err(format!("«{}» names no page of AWS: {url}", row.what));
        }
    }
    match names.len() {
        0..60 => Err(format!("only {} expectations", names.len())),
        _ => Ok(()),
    }
}
