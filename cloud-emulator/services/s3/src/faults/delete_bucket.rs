//! `s3.delete_bucket`: the whole bucket goes, with its versions and its configuration.

use async_trait::async_trait;
use cloud_client::ask::api_error;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultError, FaultEvidence, InjectableFault, PartialInjection,
};
use drill::scenario::{Fault, S3DeleteBucket};

use crate::emulated::S3Service;

pub(super) struct DeleteBucket<'a> {
    pub(super) service: &'a S3Service,
    pub(super) spec: &'a S3DeleteBucket,
}

#[async_trait]
impl InjectableFault for DeleteBucket<'_> {
    async fn inject(
        &self,
        _fault: &Fault,
        context: &FaultContext<'_>,
        _targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let bucket = &context.bucket(&self.spec.bucket).name;
        let deleted = self.service.storage().force_delete_bucket(bucket).await;
        deleted.map_err(FaultError::new)?;
        Ok(ActiveFault::damage(vec![bucket.clone()]))
    }

    async fn verify(&self, context: &FaultContext<'_>, _broken: &ActiveFault) -> FaultEvidence {
        let bucket = &context.bucket(&self.spec.bucket).name;
        let listed = context
            .auditor
            .list_objects_v2()
            .bucket(bucket)
            .max_keys(1)
            .send()
            .await;
        let (proven, found) = match listed.map_err(|error| api_error("ListObjectsV2", &error)) {
            Err(error) => (error.code == "NoSuchBucket", error.code),
            Ok(_) => (false, "a listing".to_owned()),
        };
        FaultEvidence {
            proven,
            observed: format!("ListObjectsV2 of {bucket} answered {found}"),
        }
    }
}
