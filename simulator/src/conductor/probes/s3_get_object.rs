//! `s3.get_object`: reads a sample of what was acknowledged, and compares it with what was written.
//!
//! The sample comes from the register of writes, never from a listing: what a listing no longer shows
//! would not be missed.

use drill::draw::Draws;
use drill::scenario::{S3GetObject, Verify};
use futures::StreamExt;

use super::Look;
use crate::conductor::context::Drill;
use crate::conductor::register::Expected;
use cloud_emulator::client::ask as s3;

pub(crate) async fn look(drill: &Drill, probe: &str, spec: &S3GetObject, draws: &Draws, round: u64) -> Look {
    let prefix = spec.prefix.as_deref().unwrap_or("");
    let sample = drill
        .register
        .sample(&spec.bucket, prefix, spec.sample, draws, round);
    let sampled = sample.len() as u32;
    if sampled < spec.sample {
        let among = if prefix.is_empty() {
            String::new()
        } else {
            format!(" under {prefix:?}")
        };
        let detail = format!(
            "{sampled} objects to sample{among}, {} are asked for",
            spec.sample
        );
        return Look {
            sampled,
            ..Look::red(detail)
        };
    }
    let region = drill.resolve(probe, &spec.bucket);
    let name = drill.name_in(&spec.bucket, &region);
    let client = drill.prober.at(&region).client();
    let reads = s3::side_by_side(sample, async |expected: Expected| {
        let body = s3::read_raw(client, &name, &expected.key).await;
        match body {
            Err(error) => Some(format!("{}: {}", expected.key, error.code)),
            Ok(body) if spec.verify == Verify::Sha256 && body.digest != expected.digest => {
                Some(format!("{}: other bytes than were written", expected.key))
            }
            Ok(_) => None,
        }
    });
    let mut wrong: Vec<String> = reads.filter_map(std::future::ready).collect().await;
    wrong.sort();
    let passed = sampled - wrong.len() as u32;
    Look {
        passed,
        sampled,
        green: passed >= spec.pass.n,
        detail: wrong.into_iter().next(),
        via: [(spec.bucket.clone(), region.to_string())].into(),
    }
}
