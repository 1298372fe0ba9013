//! A bucket's configuration as its owner put it.
//!
//! The documents are stored as they came and returned faithfully. Those that would have no effect are refused
//! ([`super::ops`]), so what stands here is followed, or says that nothing is to be done.

use s3s::dto;

use super::acl::Acl;
use super::policy::Policy;

/// Everything that `Put…` operations set on a bucket; `None` is "never set".
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) accelerate: Option<dto::AccelerateConfiguration>,
    pub(crate) acl: Option<Acl>,
    pub(crate) cors: Option<dto::CORSConfiguration>,
    pub(crate) encryption: Option<dto::ServerSideEncryptionConfiguration>,
    pub(crate) lifecycle: Option<dto::BucketLifecycleConfiguration>,
    pub(crate) logging: Option<dto::BucketLoggingStatus>,
    pub(crate) notification: Option<dto::NotificationConfiguration>,
    pub(crate) object_lock: Option<dto::ObjectLockConfiguration>,
    pub(crate) ownership: Option<dto::OwnershipControls>,
    pub(crate) policy: Option<Policy>,
    pub(crate) public_access_block: Option<dto::PublicAccessBlockConfiguration>,
    pub(crate) replication: Option<dto::ReplicationConfiguration>,
    pub(crate) request_payment: Option<dto::RequestPaymentConfiguration>,
    pub(crate) tags: Option<Vec<dto::Tag>>,
    /// Another account than the bucket's owner has written objects.
    pub(crate) foreign_objects: bool,
    pub(crate) website: Option<dto::WebsiteConfiguration>,
}
