//! The content of a comparison as text: the same for terminal and page, and for all kinds of sides.

use drill::report::{Finding, Verdict};

use super::comparison::{Comparison, Subject};
use super::tables::{self, Table};
use crate::text;

/// A comparison as text.
pub(super) struct View {
    /// What was compared: `two runs of hello`.
    pub(super) title: String,
    pub(super) a: Heading,
    pub(super) b: Heading,
    /// What makes it unfair, a sentence each.
    pub(super) unfair: Vec<String>,
    /// Its limits.
    pub(super) method: String,
    pub(super) objectives: Table,
    pub(super) steps: Vec<Table>,
    /// The critical paths of both.
    pub(super) paths: [String; 2],
    pub(super) data: Vec<Table>,
    /// Findings of B only, of A only, of both; none where a side has no findings on record.
    pub(super) findings: Option<[Vec<Finding>; 3]>,
    /// What was drilled otherwise: the scenario as a unified diff, and what was drawn; none where a side has neither on record.
    pub(super) drilled: Option<Drilled>,
}

/// What was drilled otherwise.
pub(super) struct Drilled {
    pub(super) scenario: Option<String>,
    pub(super) draws: Option<Table>,
}

/// What one of the sides is.
pub(super) struct Heading {
    pub(super) name: String,
    pub(super) verdict: Option<Verdict>,
    /// The rest: when, seed, cloud, tool, seal.
    pub(super) about: String,
}

impl Heading {
    fn new(subject: &Subject) -> Heading {
        let mut about = vec![
            subject.scenario.clone(),
            subject.started_at.clone(),
            format!("seed {}", subject.seed),
            subject.cloud.clone(),
            match &subject.tool {
                Some(tool) => format!("Firedrill {tool}"),
                None => "a version of Firedrill that is not on record".to_owned(),
            },
        ];
        if let Some(seal) = &subject.seal {
            about.push(format!("seal {}", seal.chars().take(12).collect::<String>()));
        }
        if subject.lacks_seal {
            about.push("not sealed".to_owned());
        } else if !subject.complete {
            about.push("partial: it did not reach its end".to_owned());
        }
        Heading {
            name: subject.name.clone(),
            verdict: Some(subject.verdict),
            about: about.join(" · "),
        }
    }
}

/// Two runs.
pub(super) fn build(comparison: &Comparison) -> View {
    let (a, b) = (&comparison.a, &comparison.b);
    let title = if a.scenario == b.scenario {
        format!("Two runs of {}", a.scenario)
    } else {
        format!("A run of {} and one of {}", a.scenario, b.scenario)
    };
    let path = &comparison.critical_path;
    let findings = &comparison.findings;
    View {
        title,
        a: Heading::new(a),
        b: Heading::new(b),
        unfair: comparison.unfair.clone(),
        method: comparison.method.clone(),
        objectives: tables::objectives(comparison),
        steps: tables::steps(comparison),
        paths: [&path.a, &path.b].map(|steps| text::path(steps)),
        data: tables::data(comparison),
        findings: Some([
            findings.came.clone(),
            findings.went.clone(),
            findings.stayed.clone(),
        ]),
        drilled: Some(Drilled {
            scenario: comparison.scenario_diff.clone(),
            draws: tables::draws(comparison),
        }),
    }
}
