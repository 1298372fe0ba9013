//! `s3.get_object`: reads a sample of what was acknowledged, and compares it with what was written.
//!
//! The sample comes from the register of writes, never from a listing: what a listing no longer shows
//! would not be missed.

use async_trait::async_trait;
use cloud_emulator::client::ask as s3;
use drill::ledger::Sha256Digest;
use drill::scenario::{S3GetObject, Verify};
use futures::StreamExt;

use crate::conductor::probes::{ProbeResult, ProbeRound, ServiceProbe};
use crate::conductor::write_tracker::Expected;

/// S3's code for a key without an object, in a bucket that there is.
const NO_SUCH_KEY: &str = "NoSuchKey";

#[async_trait]
impl ServiceProbe for S3GetObject {
    fn names(&self) -> Vec<&str> {
        vec![&self.bucket]
    }

    fn sequential_calls(&self) -> u32 {
        self.sample.div_ceil(s3::CONCURRENCY as u32)
    }

    async fn run_once(&self, round: &ProbeRound<'_>) -> ProbeResult {
        let ProbeRound {
            drill,
            client: probe,
            draws,
            number,
            ..
        } = round;
        let prefix = self.prefix.as_deref().unwrap_or("");
        let sample = drill
            .observed
            .writes
            .sample(&self.bucket, prefix, self.sample, draws, *number);
        let sampled = sample.len() as u32;
        if sampled < self.sample {
            let among = if prefix.is_empty() {
                String::new()
            } else {
                format!(" under {prefix:?}")
            };
            let detail = format!(
                "{sampled} objects to sample{among}, {} are asked for",
                self.sample
            );
            return ProbeResult {
                sampled,
                ..ProbeResult::red(detail)
            };
        }
        let region = drill.access.resolve(probe, &self.bucket);
        let name = drill.access.name_in(&self.bucket, &region);
        let client = drill.access.prober.s3.at(&region).client();
        let reads = s3::side_by_side(sample, async |expected: Expected| {
            let explained = |found: Option<&Sha256Digest>| {
                let writes = &drill.observed.writes;
                writes.explain(&self.bucket, &expected.key, found)
            };
            match s3::read_raw(client, &name, &expected.key).await {
                Err(error) if error.code == NO_SUCH_KEY && explained(None) => None,
                Err(error) => Some(format!("{}: {}", expected.key, error.code)),
                Ok(body)
                    if self.verify == Verify::Sha256
                        && body.digest != expected.digest
                        && !explained(Some(&body.digest)) =>
                {
                    Some(format!("{}: other bytes than were written", expected.key))
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
            via: [(self.bucket.clone(), region.to_string())].into(),
        }
    }
}
