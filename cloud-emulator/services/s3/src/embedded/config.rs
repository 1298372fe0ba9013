//! A bucket's configuration as its owner put it.
//!
//! The documents are stored as they came and returned faithfully. Those whose effect a drill would miss are refused
//! ([`super::ops`]), so what stands here is followed, says that nothing is to be done, or does what no drill can notice.

use std::collections::BTreeMap;

use bytes::Bytes;
use s3s::dto;

use super::acl::Acl;
use super::object::Encryption;
use super::policy::Policy;

/// Everything that `Put…` operations set on a bucket; `None` is "never set".
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) acl: Option<Acl>,
    /// What is only stored ([`super::ops::documents`]), by kind and id.
    pub(crate) documents: BTreeMap<(&'static str, String), Bytes>,
    pub(crate) encryption: Option<dto::ServerSideEncryptionConfiguration>,
    pub(crate) lifecycle: Option<dto::BucketLifecycleConfiguration>,
    pub(crate) logging: Option<dto::BucketLoggingStatus>,
    pub(crate) notification: Option<dto::NotificationConfiguration>,
    pub(crate) object_lock: Option<dto::ObjectLockConfiguration>,
    pub(crate) ownership: Option<dto::OwnershipControls>,
    pub(crate) policy: Option<Policy>,
    pub(crate) public_access_block: Option<dto::PublicAccessBlockConfiguration>,
    pub(crate) replication: Option<dto::ReplicationConfiguration>,
    pub(crate) tags: Option<Vec<dto::Tag>>,
    /// Another account than the bucket's owner has written objects.
    pub(crate) foreign_objects: bool,
}

impl Default for Config {
    /// A bucket as S3 makes it since April 2023: without grants, and closed to the public (S3 User Guide, "Default
    /// settings for new S3 buckets FAQ").
    fn default() -> Config {
        Config {
            acl: None,
            documents: BTreeMap::new(),
            encryption: None,
            lifecycle: None,
            logging: None,
            notification: None,
            object_lock: None,
            ownership: Some(owned(dto::ObjectOwnership::BUCKET_OWNER_ENFORCED)),
            policy: None,
            public_access_block: Some(dto::PublicAccessBlockConfiguration {
                block_public_acls: Some(true),
                block_public_policy: Some(true),
                ignore_public_acls: Some(true),
                restrict_public_buckets: Some(true),
            }),
            replication: None,
            tags: None,
            foreign_objects: false,
        }
    }
}

impl Config {
    /// Whether the owner of the bucket owns all that is in it, and no list of grants counts.
    pub(crate) fn is_owner_enforced(&self) -> bool {
        let rules = self.ownership.iter().flat_map(|ownership| &ownership.rules);
        let enforced = dto::ObjectOwnership::BUCKET_OWNER_ENFORCED;
        rules
            .into_iter()
            .any(|rule| rule.object_ownership.as_str() == enforced)
    }

    /// The encryption of an object whose write names none; `None` is S3's own.
    pub(crate) fn default_encryption(&self) -> Option<Box<Encryption>> {
        let rule = self.encryption.as_ref()?.rules.first()?;
        let default = rule.apply_server_side_encryption_by_default.as_ref()?;
        let algorithm = default.sse_algorithm.as_str();
        (algorithm != dto::ServerSideEncryption::AES256).then(|| {
            Box::new(Encryption {
                algorithm: Some(algorithm.into()),
                kms_key: default.kms_master_key_id.as_deref().map(Into::into),
                customer_key_md5: None,
            })
        })
    }
}

/// Ownership controls with this one rule.
pub(crate) fn owned(ownership: &'static str) -> dto::OwnershipControls {
    dto::OwnershipControls {
        rules: vec![dto::OwnershipControlsRule {
            object_ownership: dto::ObjectOwnership::from_static(ownership),
        }],
    }
}
