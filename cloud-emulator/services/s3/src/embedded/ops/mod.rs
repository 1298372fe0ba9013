//! The operations of the S3 API, one file per group.

pub(crate) mod acl;
pub(crate) mod answer;
pub(crate) mod attributes;
pub(crate) mod bucket;
pub(crate) use bucket::{Homeless, home_of_new};
pub(crate) mod complete;
pub(crate) mod config;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod documents;
pub(crate) mod get;
pub(crate) mod lifecycle;
pub(crate) mod list;
pub(crate) mod list_versions;
pub(crate) mod lock;
pub(crate) mod multipart;
pub(crate) mod policy;
pub(crate) mod put;
pub(crate) mod replication;
pub(crate) mod restore;
pub(crate) mod tagging;
pub(crate) mod uploads;
pub(crate) mod versioning;
