//! `ssm.get_parameter`: a sample of what was written can be read.

use crate::scenario::decode::{Choice, Documentation, Fields, Name, Table, Whole, Written, small, written};
use crate::scenario::limits::SAMPLE;
use crate::scenario::probes::{ProbeSpec, Reads, Route, Sample};
use crate::scenario::{CountOf, Verify};
use crate::services::ssm::HIERARCHIES;

/// Reads a sample of the acknowledged parameters that nothing has superseded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsmGetParameter {
    /// The label of the hierarchy.
    pub parameters: String,
    /// Whether values are compared.
    pub verify: Verify,
    /// How many must read well, of how many.
    pub pass: CountOf,
}

impl SsmGetParameter {
    /// Its name in a scenario.
    pub const NAME: &'static str = "ssm.get_parameter";
}

impl Table for SsmGetParameter {
    const DOC: &'static str =
        "Reads a sample of the acknowledged parameters that no later write has replaced.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The sample is drawn anew each time from the acknowledged writes in the drill's ledger \
            that no later write has replaced. It is red if fewer than `pass` of them can be read \
            with the right value, or if there are fewer than `sample`.",
        needs: &[("cloud.parameters", "the hierarchy")],
        example: r"
probes:
  settings: {do: ssm.get_parameter, parameters: settings, sample: 10, every: 30s, timeout: 5s}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let parameters = f.required("parameters", "The label of the hierarchy.", Name::Of(HIERARCHIES));
        let sample = f.required(
            "sample",
            "How many parameters each execution reads.",
            Whole(1, SAMPLE),
        );
        let verify = f.or(
            "verify",
            "Whether values are compared with what was written (sha256), or not (none).",
            Choice::new([("sha256", Verify::Sha256), ("none", Verify::None)]),
            "sha256",
        );
        let pass = f.optional::<Written<CountOf>>(
            "pass",
            "How many of them must be read correctly (default: all).",
            written(),
        );
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
        Some(SsmGetParameter {
            parameters: parameters?,
            verify,
            pass: pass.unwrap_or(CountOf {
                n: sample,
                of: sample,
            }),
        })
    }
}

impl ProbeSpec for SsmGetParameter {
    fn route<'a>(&'a self, route: &mut Route<'a, '_>) {
        route.read(&self.parameters);
    }

    fn names(&self) -> Vec<&str> {
        vec![&self.parameters]
    }

    fn reads(&self) -> Reads<'_> {
        Reads::Sample(Sample {
            store: &self.parameters,
            prefix: "",
            pass: self.pass,
            verify: self.verify,
            operation: "GetParameter",
        })
    }
}
