//! `s3.delete_objects`: objects are deleted, purged or overwritten.

use async_trait::async_trait;
use cloud_client::ask::read_raw;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultEvidence, InjectableFault, PartialInjection, Sampled, ask_sample,
};
use drill::draw::Draws;
use drill::scenario::{DeleteMode, Fault, S3DeleteObjects};

use crate::emulated::S3Service;

pub(super) struct DeleteObjects<'a> {
    pub(super) service: &'a S3Service,
    pub(super) spec: &'a S3DeleteObjects,
}

#[async_trait]
impl InjectableFault for DeleteObjects<'_> {
    async fn inject(
        &self,
        _fault: &Fault,
        context: &FaultContext<'_>,
        targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let bucket = &context.bucket(&self.spec.bucket).name;
        let s3 = self.service.storage();
        for (nth, key) in targets.iter().enumerate() {
            let done = match self.spec.mode {
                DeleteMode::Marker => s3.delete_current(bucket, key).await,
                DeleteMode::Purge => s3.purge(bucket, key).await,
                DeleteMode::Overwrite => {
                    let body = other_body(context.seed, bucket, key);
                    s3.overwrite(bucket, key, body).await
                }
            };
            done.map_err(|error| PartialInjection::at(targets, nth, error))?;
        }
        Ok(ActiveFault::damage(targets.to_vec()))
    }

    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        let bucket = &context.bucket(&self.spec.bucket).name;
        match self.spec.mode {
            DeleteMode::Marker | DeleteMode::Purge => are_gone(context, bucket, broken).await,
            DeleteMode::Overwrite => are_overwritten(context, bucket, broken).await,
        }
    }
}

async fn are_gone(context: &FaultContext<'_>, bucket: &str, broken: &ActiveFault) -> FaultEvidence {
    ask_sample(
        &broken.touched,
        "objects",
        "answer NoSuchKey",
        async |key| match read_raw(context.auditor, bucket, key).await {
            Err(error) if error.code == "NoSuchKey" => Sampled::Damaged,
            Err(error) => Sampled::Otherwise(error.code),
            Ok(_) => Sampled::Otherwise("it can be read".to_owned()),
        },
    )
    .await
}

async fn are_overwritten(context: &FaultContext<'_>, bucket: &str, broken: &ActiveFault) -> FaultEvidence {
    ask_sample(
        &broken.touched,
        "objects",
        "have other bytes",
        async |key| match read_raw(context.auditor, bucket, key).await {
            Ok(body) if body.bytes == other_body(context.seed, bucket, key) => Sampled::Damaged,
            Ok(_) => Sampled::Otherwise("it has the bytes that were written".to_owned()),
            Err(error) => Sampled::Otherwise(error.code),
        },
    )
    .await
}

/// What ransomware leaves: as many bytes as a small object has, drawn.
fn other_body(seed: u64, bucket: &str, key: &str) -> Vec<u8> {
    const SIZE: usize = 1024;
    let mut body = vec![0; SIZE];
    Draws::new(seed, &format!("overwrite/{bucket}/{key}")).fill(&mut body);
    body
}
