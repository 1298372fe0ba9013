//! `ssm.get_parameter`: reads a sample of what was acknowledged, and compares it with what was written.

use async_trait::async_trait;
use cloud_emulator::client::ask::{CONCURRENCY, side_by_side};
use drill::ledger::Sha256Digest;
use drill::scenario::Verify;
use drill::services::ssm::SsmGetParameter;
use futures::StreamExt;

use super::api;
use crate::conductor::probes::{ProbeResult, ProbeRound, ServiceProbe};
use crate::conductor::store::StoreUser;
use crate::conductor::write_tracker::Expected;

#[async_trait]
impl ServiceProbe for SsmGetParameter {
    fn names(&self) -> Vec<&str> {
        vec![&self.parameters]
    }

    fn sequential_calls(&self) -> u32 {
        self.pass.of.div_ceil(CONCURRENCY as u32)
    }

    async fn run_once(&self, round: &ProbeRound<'_>) -> ProbeResult {
        let ProbeRound {
            drill,
            client: probe,
            draws,
            number,
            ..
        } = round;
        let writes = &drill.observed.writes;
        let sample = writes.sample(&self.parameters, "", self.pass.of, draws, *number);
        let sampled = sample.len() as u32;
        if sampled < self.pass.of {
            let detail = format!("{sampled} parameters to sample, {} are asked for", self.pass.of);
            return ProbeResult {
                sampled,
                ..ProbeResult::red(detail)
            };
        }
        let region = drill.access.resolve(probe, &self.parameters);
        let store = drill
            .access
            .open_store(StoreUser::Probe, &self.parameters, &region);
        let reads = side_by_side(sample, async |expected: Expected| {
            let explained =
                |found: Option<&Sha256Digest>| writes.explain(&self.parameters, &expected.key, found);
            match store.read(&expected.key).await {
                Err(error) if api::is_missing(&error) && explained(None) => None,
                Err(error) => Some(format!("{}: {}", expected.key, error.code)),
                Ok(value)
                    if self.verify == Verify::Sha256
                        && value.digest != expected.digest
                        && !explained(Some(&value.digest)) =>
                {
                    Some(format!("{}: another value than was written", expected.key))
                }
                Ok(_) => None,
            }
        });
        let mut wrong: Vec<String> = reads.filter_map(std::future::ready).collect().await;
        wrong.sort();
        let passed = sampled - wrong.len() as u32;
        ProbeResult {
            passed,
            sampled,
            green: passed >= self.pass.n,
            detail: wrong.into_iter().next(),
            via: [(self.parameters.clone(), region.to_string())].into(),
        }
    }
}
