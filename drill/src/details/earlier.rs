//! What earlier drills of the scenario came to.

use super::types::{EarlierDrill, EarlierFigure};
use crate::report::{Metric, Report};

impl EarlierDrill {
    /// What the report of a run says of its recovery times and points.
    pub fn from_report(run: &str, report: &Report) -> EarlierDrill {
        let judged = |metric: Metric| matches!(metric, Metric::Rto | Metric::Rpo);
        let figures = report.objectives.iter().filter(|one| judged(one.metric));
        let plan = report.details.as_ref().and_then(|details| details.plan.as_ref());
        EarlierDrill {
            run: run.to_owned(),
            started_at: report.started_at.clone(),
            seed: report.seed,
            cloud: report.cloud.clone(),
            verdict: report.verdict,
            scenario_sha256: report.scenario.sha256.clone(),
            plan_sha256: plan.and_then(|plan| plan.sha256.clone()),
            seal: report.seal.clone(),
            figures: figures
                .map(|one| EarlierFigure {
                    service: one.service.clone(),
                    metric: one.metric,
                    target_s: one.target_s,
                    actual_s: one.actual_s,
                    at_least_s: one.at_least_s,
                    error_s: one.error_s,
                    verdict: one.verdict,
                })
                .collect(),
        }
    }
}
