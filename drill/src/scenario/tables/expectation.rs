//! The expected verdict and its reason.

use crate::report::Verdict;
use crate::scenario::decode::{
    Choice, Documentation, Fields, Listed, Name, NameKind, Record, ScalarMap, Table, Text,
};
use crate::scenario::limits::ITEMS;
use crate::scenario::{Because, Expectation};

impl Table for Expectation {
    const DOC: &'static str = "How a drill is expected to end, for `firedrill ci`; without it: pass.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "`firedrill ci` is green while a drill ends as said here, for the reason given. \
            `firedrill run` judges the same with and without it.",
        needs: &[],
        example: r#"
expect:
  verdict: fail
  because:
    missed: ["program-delivery rto"]
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let verdict = f.required(
            "verdict",
            "The expected verdict.",
            Choice::new([
                ("pass", Verdict::Pass),
                ("fail", Verdict::Fail),
                ("inconclusive", Verdict::Inconclusive),
            ]),
        );
        let because = f.optional(
            "because",
            "The reason; must be given with `fail`, since a failure for another reason is not the expected one.",
            Record::new(),
        );
        Some(Expectation {
            verdict: verdict?,
            because,
            line: f.line,
        })
    }
}

impl Table for Because {
    const DOC: &'static str = "Why a drill ends as expected.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let objectives = || Listed {
            max: ITEMS,
            item: Text,
        };
        let missed = f.or_empty(
            "missed",
            "The objectives that are missed, exactly these, as reports name them: `program-delivery rto`, `* mtd`.",
            objectives(),
        );
        let open = f.optional(
            "open",
            "The objectives that stay inconclusive or not exercised, exactly these; without it any may.",
            objectives(),
        );
        let steps = f.optional(
            "steps",
            "The steps that fail or that a critical finding names; no other step may fail. Without it any may.",
            Listed {
                max: ITEMS,
                item: Name::Of(NameKind::STEP),
            },
        );
        let errors = f.or_empty(
            "errors",
            "With what steps fail: a part of the error that reports give, or of a critical finding, as `{contain: InvalidBucketState}`.",
            ScalarMap {
                names: NameKind::VARIABLE,
                max: ITEMS,
                item: Text,
            },
        );
        Some(Because {
            missed,
            open,
            steps,
            errors: errors.into_iter().map(|(step, _, text)| (step, text)).collect(),
        })
    }
}
