//! `dns.stale`: resolvers keep expired cache entries, however long ago they expired.

use async_trait::async_trait;
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultEvidence, FaultGuard, InjectableFault, PartialInjection,
};
use drill::scenario::Fault;

use super::resolver::{DnsResolver, Stale};

impl FaultGuard for Stale {
    fn hits(&self) -> Option<u64> {
        Some(Stale::hits(self))
    }
}

pub(super) struct StaleFault<'a>(pub(super) &'a DnsResolver);

#[async_trait]
impl InjectableFault for StaleFault<'_> {
    async fn inject(
        &self,
        _fault: &Fault,
        _context: &FaultContext<'_>,
        _targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        Ok(ActiveFault::while_held(
            vec!["every resolver".to_owned()],
            self.0.freeze(),
        ))
    }

    /// A lookup must have returned an expired cache entry.
    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        let seen = context
            .await_some(|| Some(broken.hits()).filter(|hits| *hits > 0))
            .await;
        let what = |hits| format!("{hits} questions were answered from an answer whose TTL was over");
        FaultEvidence::of_wait(seen, what, "no lookup returned an expired cache entry")
    }
}
