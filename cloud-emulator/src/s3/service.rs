//! The S3 API: every operation of the protocol, handed to the function that does it.
//!
//! `s3s` turns HTTP into typed requests and back; the table below says where each one goes. An operation
//! that is not in the table answers 501 `NotImplemented`.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::ops::{bucket, delete, get, list, put, replication, versioning};
use super::store::Store;

/// The store behind the protocol.
pub struct Service {
    pub(crate) store: Arc<Store>,
    /// Where a bucket is made when neither the request nor its signature says.
    pub(crate) default_region: Arc<str>,
}

impl Service {
    /// Serves `store`; buckets without a location are made in the store's first region.
    pub fn new(store: Arc<Store>) -> Service {
        let default_region = store.options.regions.first().map_or("us-east-1", String::as_str);
        Service {
            default_region: Arc::from(default_region),
            store,
        }
    }
}

/// `name(Input) -> Output = function;` becomes a method of the trait that calls the function.
macro_rules! operations {
    (
        waiting { $($slow:ident($slow_in:ty) -> $slow_out:ty = $slow_fn:path;)* }
        at_once { $($fast:ident($fast_in:ty) -> $fast_out:ty = $fast_fn:path;)* }
    ) => {
        #[async_trait::async_trait]
        impl S3 for Service {
            $(async fn $slow(&self, req: S3Request<$slow_in>) -> S3Result<S3Response<$slow_out>> {
                $slow_fn(self, req).await
            })*
            $(async fn $fast(&self, req: S3Request<$fast_in>) -> S3Result<S3Response<$fast_out>> {
                $fast_fn(self, req)
            })*
        }
    };
}

operations! {
    waiting {
        put_object(PutObjectInput) -> PutObjectOutput = put::object;
    }
    at_once {
        get_object(GetObjectInput) -> GetObjectOutput = get::object;
        head_object(HeadObjectInput) -> HeadObjectOutput = get::head;
        delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete::object;
        delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete::objects;

        list_buckets(ListBucketsInput) -> ListBucketsOutput = bucket::list;
        create_bucket(CreateBucketInput) -> CreateBucketOutput = bucket::create;
        delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = bucket::delete;
        head_bucket(HeadBucketInput) -> HeadBucketOutput = bucket::head;
        get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = bucket::location;

        list_objects(ListObjectsInput) -> ListObjectsOutput = list::objects;
        list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list::objects_v2;
        list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = list::versions;

        get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = versioning::get;
        put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = versioning::put;
        get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput = replication::get;
        put_bucket_replication(PutBucketReplicationInput) -> PutBucketReplicationOutput = replication::put;
        delete_bucket_replication(DeleteBucketReplicationInput) -> DeleteBucketReplicationOutput = replication::delete;
    }
}
