//! Small scenarios of which is known what comes of them: by hand, or by a formula that stands beside the test.

mod bounds;
mod endings;
mod examples;
mod failback;
mod grammar;
mod hopeless;
mod interrupted;
mod points;
mod sameness;
mod shell;
mod shipped;
mod steps;
mod telemetry;
mod timing;
mod wild;

use drill::scenario::{Durations, Scenario};
use drill::units::Span;

use super::calibration::Calibration;
use super::outcome::Figure;
use super::study::{Metric, Phase, Study, Target};
use super::{Question, Watch, study};

/// A scenario in parts: of one bucket, half of an hour's plan, all on one clock of 30 s and one of 60 s.
#[derive(Clone)]
struct Parts {
    objectives: String,
    services: String,
    /// `give_up`, `clock` and what else stands at the top.
    more: String,
    cloud: String,
    writers: String,
    fleet: String,
    probes: String,
    faults: String,
    detection: String,
    runbook: String,
}

/// All objects are hidden by delete markers at 20m10s. Of this one is known:
///
/// - monitoring asks at 21m, 22m and 23m, and fires at the third failure: at 23m, 2m50s after the fault;
/// - steps follow each other from there; the work of none takes any time (`timing` is not aws);
/// - rounds of the probe begin at every half minute, and take no time.
fn hello() -> Parts {
    Parts {
        objectives: "  mtd: 2h\n".to_owned(),
        services: "    downloads: {probe: downloads, data: files, rto: 30m, rpo: 5m}\n".to_owned(),
        more: String::new(),
        cloud: "  regions: {primary: us-east-1}\n  buckets:\n    files: {name: hello-files, versioned: true, \
                objects: {count: 50, size: 1KiB..4KiB}}\n"
            .to_owned(),
        writers: "  files: {do: s3.put_object, bucket: files, every: 15s}\n".to_owned(),
        fleet: String::new(),
        probes: "  downloads: {do: s3.get_object, bucket: files, sample: 10, every: 30s, timeout: 20s}\n".to_owned(),
        faults: "  - {at: 20m10s, do: s3.delete_objects, bucket: files, fraction: 1, mode: marker}\n".to_owned(),
        detection: "detection: {probe: downloads, failing: 3 of 5, every: 1m}\n".to_owned(),
        runbook: "  - {id: declare, do: human, takes: {p50: 5m, p95: 10m}}\n  - {id: assess, do: s3.audit, bucket: \
                  files}\n  - {id: restore, do: s3.restore_versions, damaged: assess}\n"
            .to_owned(),
    }
}

/// The same with a second region, a replica in it, and `runbook`.
fn replicated(lag: &str, runbook: &str) -> Parts {
    Parts {
        cloud: format!(
            "  regions: {{primary: us-east-1, backup: eu-west-1}}\n  dns: {{ttl: 60s}}\n  buckets:\n    files: {{name: \
             hello-files, versioned: true, objects: {{count: 50, size: 1KiB..4KiB}}, replicate: {{to: backup, lag: \
             {lag}}}}}\n"
        ),
        runbook: runbook.to_owned(),
        ..hello()
    }
}

impl Parts {
    fn text(&self) -> String {
        let section = |name: &str, text: &str| {
            if text.is_empty() {
                String::new()
            } else {
                format!("{name}:\n{text}")
            }
        };
        let runbook = if self.runbook.is_empty() {
            "runbook: []\n".to_owned()
        } else {
            section("runbook", &self.runbook)
        };
        format!(
            "version: 1\nname: t\ntitle: t\nsystem: t\n{}{}{}{}{}{}{}{}{}{runbook}",
            self.more,
            section(
                "objectives",
                &format!("{}  services:\n{}", self.objectives, self.services)
            ),
            section("cloud", &self.cloud),
            section("writers", &self.writers),
            self.fleet,
            section("probes", &self.probes),
            section("faults", &self.faults),
            self.detection,
            "",
        )
    }

    fn parse(&self) -> Scenario {
        parse(&self.text())
    }

    /// So many runs, at the moment that the file says.
    fn runs(&self, runs: u64) -> Study {
        let scenario = self.parse();
        study_of(&Question {
            runs,
            ..question_about(&scenario)
        })
    }
}

fn parse(text: &str) -> Scenario {
    match Scenario::parse("t.yaml", text) {
        Ok((scenario, _)) => scenario,
        Err(errors) => panic!("{text}\n{errors:#?}"),
    }
}

/// One run of seed 1, with drawn durations, at the moment that the file says.
fn question_about(scenario: &Scenario) -> Question<'_> {
    Question {
        scenario,
        file: "t.yaml".to_owned(),
        sha256: String::new(),
        seed: 1,
        runs: 1,
        until_ci: None,
        phase: Phase::Written,
        durations: Durations::Draw,
        calibration: Calibration::default(),
        threads: 1,
        what_if: false,
    }
}

fn study_of(question: &Question<'_>) -> Study {
    study(question, &Watch::default()).unwrap_or_else(|refusals| panic!("{refusals:?}"))
}

/// What each run of a question achieved of one target.
fn figures(question: &Question<'_>, metric: Metric, service: &str) -> Vec<Figure> {
    let one = |run: u64| {
        let study = Question {
            seed: question.seed + run,
            runs: 1,
            ..question.clone()
        };
        figure(&study_of(&study), metric, service)
    };
    (0..question.runs).map(one).collect()
}

fn figure(study: &Study, metric: Metric, service: &str) -> Figure {
    let target = target(study, metric, service);
    Figure {
        us: target.figure.quantiles[7]
            .value_s
            .map(|s| (s * 1e6).round() as i64),
        met: target.met == 1,
        by_fault_end: target.met_by_fault_end == 1,
        unaffected: target.unaffected == 1,
    }
}

#[track_caller]
fn target<'s>(study: &'s Study, metric: Metric, service: &str) -> &'s Target {
    let mut targets = study.targets.iter();
    let found = targets.find(|target| target.metric == metric && target.service == service);
    found.unwrap_or_else(|| panic!("{service} has no {metric:?}"))
}

fn rto(study: &Study) -> &Target {
    target(study, Metric::Rto, "downloads")
}

fn rpo(study: &Study) -> &Target {
    target(study, Metric::Rpo, "downloads")
}

/// The quantile of a target's figure, in seconds.
fn quantile(target: &Target, percent: u32) -> Option<f64> {
    let mut quantiles = target.figure.quantiles.iter();
    quantiles.find(|one| one.percent == percent)?.value_s
}

/// All runs met it, each with this figure.
#[track_caller]
fn assert_always(target: &Target, seconds: f64) {
    let found = (target.chance, quantile(target, 5), quantile(target, 100));
    assert_eq!(found, (1.0, Some(seconds), Some(seconds)));
}

/// No run met it, and none had an end.
#[track_caller]
fn assert_never(study: &Study, metric: Metric, service: &str) {
    let target = target(study, metric, service);
    let found = (
        target.met,
        target.chance,
        target.figure.beyond,
        target.figure.known,
    );
    assert_eq!(found, (0, 0.0, study.runs, 0));
}

/// Up to the next of instants that come in such intervals, all counted from drill 0.
fn up_to(interval: Span, at: Span) -> Span {
    interval.times((at.as_us() + interval.as_us() - 1) / interval.as_us())
}

fn s(seconds: i64) -> Span {
    Span::from_secs(seconds)
}
