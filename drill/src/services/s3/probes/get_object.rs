//! `s3.get_object`: a sample of what was written can be read.

use crate::scenario::decode::{
    Choice, Documentation, Fields, Name, Table, Text, Whole, Written, small, written,
};
use crate::scenario::limits::SAMPLE;
use crate::scenario::probes::{ProbeSpec, Reads, Route, Sample};
use crate::scenario::{CountOf, Verify};
use crate::services::s3::BUCKETS;

/// Reads a sample of the acknowledged writes that nothing has superseded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3GetObject {
    /// The label of the bucket.
    pub bucket: String,
    /// How many objects each probe reads, drawn anew each time; fewer to be had is red.
    pub sample: u32,
    /// Whether bodies are compared.
    pub verify: Verify,
    /// How many must read well; `of` is `sample`.
    pub pass: CountOf,
    /// Only keys that begin so.
    pub prefix: Option<String>,
}

impl S3GetObject {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.get_object";
}

impl Table for S3GetObject {
    const DOC: &'static str = "Reads a sample of the acknowledged writes that no later write has replaced.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The sample is drawn anew each time from the acknowledged writes in the drill's ledger \
            that no later write has replaced, never from a listing. It is red if fewer than `pass` \
            of them can be read with the right content, or if there are fewer than `sample`.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
probes:
  program-delivery: {do: s3.get_object, bucket: programs, sample: 20, verify: sha256, pass: 20 of 20, every: 30s, timeout: 5s}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(BUCKETS));
        let sample = f.required(
            "sample",
            "How many objects each execution reads.",
            Whole(1, SAMPLE),
        );
        let verify = f.or(
            "verify",
            "Whether contents are compared with what was written (sha256), or not (none).",
            verifications(),
            "sha256",
        );
        let pass = f.optional::<Written<CountOf>>(
            "pass",
            "How many of them must be read correctly (default: all).",
            written(),
        );
        let prefix = f.optional("prefix", "Key prefix filter.", Text);
        let sample = small(sample?);
        if let Some(pass) = pass
            && pass.of != sample
        {
            let allowed = format!("a number of the sample, as {} of {sample}", pass.n.min(sample));
            f.wrong(
                "pass",
                format!("{pass} with a sample of {sample}"),
                &allowed,
                None,
            );
        }
        Some(S3GetObject {
            bucket: bucket?,
            sample,
            verify,
            pass: pass.unwrap_or(CountOf {
                n: sample,
                of: sample,
            }),
            prefix,
        })
    }
}

impl ProbeSpec for S3GetObject {
    fn route<'a>(&'a self, route: &mut Route<'a, '_>) {
        route.read(&self.bucket);
    }

    fn names(&self) -> Vec<&str> {
        vec![&self.bucket]
    }

    fn reads(&self) -> Reads<'_> {
        Reads::Sample(Sample {
            store: &self.bucket,
            prefix: self.prefix.as_deref().unwrap_or_default(),
            pass: self.pass,
            operation: "GetObject",
            verify: self.verify,
        })
    }
}

fn verifications() -> Choice<'static, Verify> {
    Choice::new([("sha256", Verify::Sha256), ("none", Verify::None)])
}
