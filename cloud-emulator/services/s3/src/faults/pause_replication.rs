//! `s3.pause_replication`: silent replication failure, while the configuration still says `Enabled`.

use async_trait::async_trait;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultEvidence, FaultGuard, InjectableFault, PartialInjection,
};
use drill::scenario::{Bucket, Fault, S3PauseReplication};
use drill::units::{DrillTime, Span};

use crate::emulated::S3Service;
use crate::replication::Pause;

/// How long verification looks beyond the 99th percentile of the lag.
const MARGIN: Span = Span::from_mins(10);

/// How long a copy must be overdue at least: some of those that are made are late, too.
const OVERDUE: Span = Span::from_secs(30);

impl FaultGuard for Pause {
    fn is_active(&self) -> bool {
        Pause::is_active(self)
    }
}

pub(super) struct PauseReplication<'a> {
    pub(super) service: &'a S3Service,
    pub(super) spec: &'a S3PauseReplication,
}

#[async_trait]
impl InjectableFault for PauseReplication<'_> {
    async fn inject(
        &self,
        _fault: &Fault,
        context: &FaultContext<'_>,
        _targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let bucket = &context.bucket(&self.spec.bucket).name;
        let pause = self.service.replicator().pause(self.service.storage(), bucket);
        let mut broken = ActiveFault::while_held(vec![bucket.clone()], pause);
        broken.unreplicated.push(self.spec.bucket.clone());
        Ok(broken)
    }

    /// It is verified by a write whose copy was due after the injection and is not made: the API would still say that all
    /// is well.
    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        let bucket = context.bucket(&self.spec.bucket);
        overdue(self.service, context, bucket, broken.injected).await
    }
}

/// Waits until the copy of a write to this bucket was due after `injected` and is held back.
pub(crate) async fn overdue(
    service: &S3Service,
    context: &FaultContext<'_>,
    bucket: &Bucket,
    injected: DrillTime,
) -> FaultEvidence {
    let lag = bucket
        .replicate
        .as_ref()
        .map_or(Span::ZERO, |replicate| replicate.lag.p99);
    let held_back = || service.replicator().held_back(&bucket.name, injected, OVERDUE);
    let seen = context.await_within(lag + MARGIN, held_back).await;
    FaultEvidence::of_wait(
        seen,
        |overdue| {
            format!(
                "the copy of {} was due at {} and was not made",
                overdue.key, overdue.due
            )
        },
        &format!("no copy of {} was held back", bucket.label),
    )
}
