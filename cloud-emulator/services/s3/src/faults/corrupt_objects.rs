//! `s3.corrupt_objects`: bytes rot in storage, under the same size, date and ETag.

use async_trait::async_trait;
use cloud_client::ask::read_raw;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultEvidence, InjectableFault, PartialInjection, Sampled, ask_sample,
};
use drill::scenario::{CorruptVia, Fault, S3CorruptObjects};
use md5::{Digest, Md5};

use crate::emulated::S3Service;

pub(super) struct CorruptObjects<'a> {
    pub(super) service: &'a S3Service,
    pub(super) spec: &'a S3CorruptObjects,
}

#[async_trait]
impl InjectableFault for CorruptObjects<'_> {
    async fn inject(
        &self,
        _fault: &Fault,
        context: &FaultContext<'_>,
        targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let bucket = &context.bucket(&self.spec.bucket).name;
        match self.spec.via {
            CorruptVia::Storage => {
                for (nth, key) in targets.iter().enumerate() {
                    self.service
                        .storage()
                        .corrupt(bucket, key, &format!("corrupt/{bucket}/{key}"))
                        .map_err(|error| PartialInjection::at(targets, nth, error))?;
                }
            }
        }
        Ok(ActiveFault::damage(targets.to_vec()))
    }

    /// The ETag of an object that was sent whole is the MD5 of its bytes (Amazon S3 API Reference, Object):
    /// bytes that no longer match it are not those that were sent.
    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        let bucket = &context.bucket(&self.spec.bucket).name;
        let damage = "have bytes that their ETag does not match";
        ask_sample(&broken.touched, "objects", damage, async |key| {
            let body = match read_raw(context.auditor, bucket, key).await {
                Ok(body) => body,
                Err(error) => return Sampled::Otherwise(error.code),
            };
            let etag = format!("\"{}\"", hex::encode(Md5::digest(&body.bytes)));
            match body.etag {
                Some(stored) if stored != etag => Sampled::Damaged,
                Some(_) => Sampled::Otherwise("its bytes match its ETag".to_owned()),
                None => Sampled::Otherwise("it has no ETag".to_owned()),
            }
        })
        .await
    }
}
