//! Conditional requests: `If-Match` and its like, for reads, writes, copies and deletes.

use s3s::dto::{ETag as EntityTag, ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use super::calendar::{micros, whole_seconds};
use super::error::StoreError;
use super::object::{ETag, Object};
use super::versions::{Entry, Version};

/// What a write or delete asks of the current version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) size: Option<i64>,
    pub(crate) modified: Option<Timestamp>,
}

fn matches(condition: &ETagCondition, etag: &ETag) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(EntityTag::Strong(tag) | EntityTag::Weak(tag)) => *tag == etag.to_string(),
    }
}

impl Conditions {
    /// No condition at all.
    pub(crate) const NONE: Conditions = Conditions {
        if_match: None,
        if_none_match: None,
        size: None,
        modified: None,
    };

    /// Whether the key's current state allows the write. A key whose current version is a delete marker
    /// does not exist.
    pub(crate) fn check_write(&self, entry: Option<&Entry>) -> Result<(), StoreError> {
        let current = entry.and_then(Entry::current);
        if let Some(condition) = &self.if_match {
            match current {
                None if *condition == ETagCondition::Any => return Err(StoreError::PreconditionFailed),
                None => return Err(StoreError::NoSuchKey(String::new())),
                Some(object) if !matches(condition, &object.etag) => {
                    return Err(StoreError::PreconditionFailed);
                }
                Some(_) => {}
            }
        }
        if let (Some(condition), Some(object)) = (&self.if_none_match, current)
            && matches(condition, &object.etag)
        {
            return Err(StoreError::PreconditionFailed);
        }
        Ok(())
    }

    /// Whether the version that a delete would hide or remove allows it. What does not exist matches
    /// nothing.
    pub(crate) fn check_delete(&self, version: Option<&Version>) -> Result<(), StoreError> {
        if self.if_match.is_none() && self.size.is_none() && self.modified.is_none() {
            return Ok(());
        }
        let Some((version, object)) = version.and_then(|v| Some((v, v.object.as_deref()?))) else {
            return match version {
                Some(_) => Err(StoreError::PreconditionFailed),
                None => Err(StoreError::NoSuchKey(String::new())),
            };
        };
        let holds = self.if_match.as_ref().is_none_or(|c| matches(c, &object.etag))
            && self.size.is_none_or(|size| size == object.size() as i64)
            && self
                .modified
                .as_ref()
                .is_none_or(|t| whole_seconds(micros(t)) == whole_seconds(version.modified_us));
        holds.then_some(()).ok_or(StoreError::PreconditionFailed)
    }
}

/// The four conditions of a read, or of the source of a copy.
#[derive(Debug, Default)]
pub(crate) struct ReadConditions<'a> {
    pub(crate) if_match: Option<&'a ETagCondition>,
    pub(crate) if_none_match: Option<&'a ETagCondition>,
    pub(crate) if_modified_since: Option<&'a Timestamp>,
    pub(crate) if_unmodified_since: Option<&'a Timestamp>,
}

/// How a read ends by its conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConditionOutcome {
    Proceed,
    NotModified,
    Failed,
}

impl ReadConditions<'_> {
    /// As RFC 9110 §13.2.2 orders them: a condition on the tag overrules its counterpart on the date.
    pub(crate) fn judge(&self, object: &Object, modified_us: i64) -> ConditionOutcome {
        let modified = whole_seconds(modified_us);
        let since = |t: &Timestamp| whole_seconds(micros(t));
        match (self.if_match, self.if_unmodified_since) {
            (Some(condition), _) if !matches(condition, &object.etag) => return ConditionOutcome::Failed,
            (None, Some(t)) if modified > since(t) => return ConditionOutcome::Failed,
            _ => {}
        }
        match (self.if_none_match, self.if_modified_since) {
            (Some(condition), _) if matches(condition, &object.etag) => ConditionOutcome::NotModified,
            (None, Some(t)) if modified <= since(t) => ConditionOutcome::NotModified,
            _ => ConditionOutcome::Proceed,
        }
    }

    /// For a read: 304 or 412.
    pub(crate) fn check_read(&self, object: &Object, modified_us: i64) -> S3Result<()> {
        match self.judge(object, modified_us) {
            ConditionOutcome::Proceed => Ok(()),
            ConditionOutcome::Failed => Err(StoreError::PreconditionFailed.into()),
            ConditionOutcome::NotModified => Err(s3_error!(NotModified)),
        }
    }

    /// For the source of a copy: always 412.
    pub(crate) fn check_source(&self, object: &Object, modified_us: i64) -> S3Result<()> {
        match self.judge(object, modified_us) {
            ConditionOutcome::Proceed => Ok(()),
            _ => Err(StoreError::PreconditionFailed.into()),
        }
    }
}
