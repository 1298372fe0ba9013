//! The S3 API: every operation of the protocol, handed to the function that does it.
//!
//! `s3s` turns HTTP into typed requests and back; the table below says where each one goes. An operation
//! that is not in the table answers 501 `NotImplemented`. What is only stored goes another way ([`super::ops::documents`]).

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::ops::{
    acl, attributes, bucket, complete, config, copy, delete, get, lifecycle, list, list_versions, lock,
    multipart, policy, put, replication, restore, tagging, uploads, versioning,
};
use cloud_gateway::RequestId;

use super::service::Service;

/// `name(Input) -> Output = function;` becomes a method of the trait that calls the function.
macro_rules! operations {
    (
        waiting { $($slow:ident($slow_in:ty) -> $slow_out:ty = $slow_fn:path;)* }
        at_once { $($fast:ident($fast_in:ty) -> $fast_out:ty = $fast_fn:path;)* }
    ) => {
        #[async_trait::async_trait]
        impl S3 for Service {
            $(async fn $slow(&self, req: S3Request<$slow_in>) -> S3Result<S3Response<$slow_out>> {
                let id = RequestId::from_extensions(&req.extensions);
                $slow_fn(self, req).await.map_err(|error| id.named_in(error))
            })*
            $(async fn $fast(&self, req: S3Request<$fast_in>) -> S3Result<S3Response<$fast_out>> {
                let id = RequestId::from_extensions(&req.extensions);
                $fast_fn(self, req).map_err(|error| id.named_in(error))
            })*
        }
    };
}

operations! {
    waiting {
        put_object(PutObjectInput) -> PutObjectOutput = put::object;
        upload_part(UploadPartInput) -> UploadPartOutput = multipart::upload_part;
    }
    at_once {
        get_object(GetObjectInput) -> GetObjectOutput = get::object;
        head_object(HeadObjectInput) -> HeadObjectOutput = get::head;
        delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete::object;
        delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete::objects;
        restore_object(RestoreObjectInput) -> RestoreObjectOutput = restore::object;

        list_buckets(ListBucketsInput) -> ListBucketsOutput = bucket::list;
        create_bucket(CreateBucketInput) -> CreateBucketOutput = bucket::create;
        delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = bucket::delete;
        head_bucket(HeadBucketInput) -> HeadBucketOutput = bucket::head;
        get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = bucket::location;

        list_objects(ListObjectsInput) -> ListObjectsOutput = list::objects;
        list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list::objects_v2;
        list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = list_versions::versions;

        copy_object(CopyObjectInput) -> CopyObjectOutput = copy::object;
        get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = attributes::get;
        create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = multipart::create;
        upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = multipart::upload_part_copy;
        complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = complete::complete;
        abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = multipart::abort;
        list_parts(ListPartsInput) -> ListPartsOutput = uploads::parts;
        list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = uploads::list;

        get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = tagging::get_object;
        put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = tagging::put_object;
        delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = tagging::delete_object;
        get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = tagging::get_bucket;
        put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = tagging::put_bucket;
        delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = tagging::delete_bucket;

        get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput = lock::get_configuration;
        put_object_lock_configuration(PutObjectLockConfigurationInput) -> PutObjectLockConfigurationOutput = lock::put_configuration;
        get_object_retention(GetObjectRetentionInput) -> GetObjectRetentionOutput = lock::get_retention;
        put_object_retention(PutObjectRetentionInput) -> PutObjectRetentionOutput = lock::put_retention;
        get_object_legal_hold(GetObjectLegalHoldInput) -> GetObjectLegalHoldOutput = lock::get_legal_hold;
        put_object_legal_hold(PutObjectLegalHoldInput) -> PutObjectLegalHoldOutput = lock::put_legal_hold;

        get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput = acl::get_bucket;
        put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput = acl::put_bucket;
        get_object_acl(GetObjectAclInput) -> GetObjectAclOutput = acl::get_object;
        put_object_acl(PutObjectAclInput) -> PutObjectAclOutput = acl::put_object;
        get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput = policy::get;
        put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput = policy::put;
        delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput = policy::delete;
        get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput = policy::status;
        get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = config::get_public_access_block;
        put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput = config::put_public_access_block;
        delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput = config::delete_public_access_block;
        get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput = config::get_ownership;
        put_bucket_ownership_controls(PutBucketOwnershipControlsInput) -> PutBucketOwnershipControlsOutput = config::put_ownership;
        delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput = config::delete_ownership;

        get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = config::get_encryption;
        put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput = config::put_encryption;
        delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput = config::delete_encryption;
        get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput = lifecycle::get;
        put_bucket_lifecycle_configuration(PutBucketLifecycleConfigurationInput) -> PutBucketLifecycleConfigurationOutput = lifecycle::put;
        delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput = lifecycle::delete;
        get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput = config::get_logging;
        put_bucket_logging(PutBucketLoggingInput) -> PutBucketLoggingOutput = config::put_logging;
        get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput = config::get_notification;
        put_bucket_notification_configuration(PutBucketNotificationConfigurationInput) -> PutBucketNotificationConfigurationOutput = config::put_notification;

        get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = versioning::get;
        put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = versioning::put;
        get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput = replication::get;
        put_bucket_replication(PutBucketReplicationInput) -> PutBucketReplicationOutput = replication::put;
        delete_bucket_replication(DeleteBucketReplicationInput) -> DeleteBucketReplicationOutput = replication::delete;
    }
}
