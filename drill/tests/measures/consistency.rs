//! What holds in every report, whatever the run.

use drill::report::{Metric, Report};

/// What holds in every report, whatever the run.
pub(crate) fn check_sums(report: &Report) {
    for data in &report.data {
        assert_eq!(
            data.counted,
            data.stable + data.delayed + data.lost + data.corrupted + data.stale,
            "{data:#?}"
        );
        assert_eq!(data.lost_by_hop.values().sum::<u64>(), data.lost, "{data:#?}");
    }
    one_figure_one_value(report);
    for objective in report
        .objectives
        .iter()
        .filter(|objective| objective.actual_s.is_some())
    {
        let parts = objective.measured_s + objective.modelled_s + objective.observed_s;
        let actual = objective.actual_s.unwrap();
        assert!(
            (parts - actual).abs() < 0.000_5,
            "{parts} is not {actual}: {objective:#?}"
        );
    }
}

/// A duration that a report has in two places has one value.
fn one_figure_one_value(report: &Report) {
    let ms = |s: f64| (s * 1_000.0).round() as i64;
    for step in &report.steps {
        let (Some(start), Some(end)) = (step.start_s, step.end_s) else {
            continue;
        };
        let parts = step.measured_s + step.modelled_s + step.observed_s;
        assert_eq!(ms(end) - ms(start), ms(parts), "{step:#?}");
        let phase = report.phases.iter().find(|phase| phase.name == step.id);
        if let Some(phase) = phase {
            assert_eq!(phase.end_s, step.end_s, "{phase:#?} {step:#?}");
            assert_eq!(
                (phase.measured_s, phase.observed_s),
                (step.measured_s, step.observed_s),
                "{phase:#?} {step:#?}"
            );
        }
        if step.late_s.is_some() {
            assert_eq!(step.in_time, Some(false), "{step:#?}");
        }
    }
    for phase in &report.phases {
        if let Some(end) = phase.end_s {
            let parts = phase.measured_s + phase.modelled_s + phase.observed_s;
            assert_eq!(ms(end) - ms(phase.start_s), ms(parts), "{phase:#?}");
        }
    }
    for objective in report.objectives.iter().filter(|one| one.metric == Metric::Rto) {
        let theirs = report
            .incidents
            .iter()
            .filter(|one| one.service == objective.service);
        let lengths: Vec<i64> = theirs.map(|one| ms(one.until_s) - ms(one.start_s)).collect();
        let Some(actual) = objective.actual_s.filter(|actual| *actual > 0.0) else {
            continue;
        };
        let ridden_out = lengths
            .iter()
            .any(|length| (length - ms(actual)).abs() <= 1 || ms(actual) < *length);
        assert!(ridden_out, "{objective:#?} {:#?}", report.incidents);
    }
    for data in &report.data {
        let worst = data.disruptions.first();
        let rpa = worst.map(|worst| (worst.rpa_s, worst.rpa_at_least_s));
        if let Some(rpa) = rpa {
            assert_eq!(rpa, (data.rpa_s, data.rpa_at_least_s), "{data:#?}");
        }
        let by_cause: u64 = data.lost_by_cause.iter().map(|cause| cause.count).sum();
        assert_eq!(by_cause, data.lost + data.corrupted + data.stale, "{data:#?}");
        let damaged: u64 = data.disruptions.iter().map(|one| one.damaged).sum();
        assert_eq!(damaged, by_cause + data.lost_in_failback, "{data:#?}");
    }
    let basis = &report.basis;
    assert!(basis.assumed_s <= basis.modelled_s + 0.001, "{basis:#?}");
    // The same part of the recovery is assumed wherever that is said.
    let mut said = report
        .findings
        .iter()
        .filter(|finding| finding.text.contains(" modelled: "));
    if let (Some(finding), None) = (said.next(), said.next())
        && let [incident] = report.incidents.as_slice()
        && incident.end_s.is_some()
    {
        let of_finding = finding.text.split("Of the modelled time ").nth(1).unwrap();
        let assumed = basis.text.trim_start_matches("PASS on assumptions: ");
        let assumed = assumed.split(" of ").next().unwrap();
        let assumed = if assumed == "0s" { "none" } else { assumed };
        assert!(of_finding.starts_with(assumed), "{} {}", basis.text, finding.text);
    }
}
