//! The result of a forecast of a plan: how long services would be down and how much would be lost, run after run, and why.
//!
//! Every figure in it is modelled. Times are seconds; those of a distribution are exact for the runs that it is made of.

use serde::Serialize;

/// The version of `forecast.json`.
pub const SCHEMA: u32 = 1;

/// A forecast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Study {
    /// The version of this shape ([`SCHEMA`]).
    pub schema: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The file, as it was given.
    pub file: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The seed of the first run; the others follow it one by one.
    pub seed: u64,
    /// The requested number of runs, at most.
    pub asked: u64,
    /// Runs that were made.
    pub runs: u64,
    /// Whether all requested runs were made.
    pub complete: bool,
    /// Whether the moment at which the faults are injected is drawn against the probes' rounds, or is that of the file.
    pub phase: Phase,
    /// Recorded drills whose durations were used, by the names of their folders.
    pub calibrated_by: Vec<String>,
    /// The targets, in the order of the services: of each its RTO, then its RPO; then the MTD and the failback.
    pub targets: Vec<Target>,
    /// The durations of the recovery: detection, then the steps in the order of the runbook.
    pub durations: Vec<Duration>,
    /// What halving a duration would do, in the order of the durations, then of the targets.
    pub what_if: Vec<WhatIf>,
    /// The runs that were longest down, the worst first: at most ten.
    pub worst: Vec<WorstRun>,
    /// How the fleet came back, if there is one that lost its sessions.
    pub fleet: Option<Fleet>,
    /// What goes wrong in some of the runs beside the targets: steps that fail, protections that are not back.
    pub findings: Vec<Finding>,
    /// What the model takes for granted, or leaves out.
    pub assumptions: Vec<Assumption>,
}

/// When faults are injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// At a moment that is drawn within the longest interval of probes and monitoring.
    Random,
    /// At the time given in the file, as in a live drill.
    Written,
}

/// What a target is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The recovery time of a service.
    Rto,
    /// The recovery point of a data set.
    Rpo,
    /// The red time of all services together.
    Mtd,
    /// The longest red of a service on the way home.
    Failback,
}

/// One target, and how often it would be met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// The service; `*` for all of them.
    pub service: String,
    /// What it is about.
    pub metric: Metric,
    /// The target, in seconds.
    pub target_s: f64,
    /// Where it comes from.
    pub source: String,
    /// The service is expected to stay untouched, so that the target is met only if it does.
    pub untouched: bool,
    /// Runs that met it.
    pub met: u64,
    /// Of these, runs in which the service was back because the fault ended by itself, or writers wrote everything anew,
    /// and not by a step: a live drill calls them not exercised.
    pub met_by_fault_end: u64,
    /// Of all runs, those in which nothing of it was affected.
    #[serde(rename = "unhurt")]
    pub unaffected: u64,
    /// The share of the runs that met it, 0 to 1.
    pub chance: f64,
    /// The interval in which the chance lies with a confidence of 95 %, by Wilson's score.
    pub chance_low: f64,
    /// Its upper end.
    pub chance_high: f64,
    /// The figure that is compared with the target, over all runs.
    pub figure: Distribution,
}

/// A figure over all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// Runs in which it has a value.
    pub known: u64,
    /// Runs in which there is none up to the end of the run: the service was not back, or nothing older survived. They
    /// count as longer than every value.
    pub beyond: u64,
    /// Quantiles over all runs: null where it lies beyond.
    pub quantiles: Vec<Quantile>,
    /// The mean of the values that are known.
    pub mean_s: Option<f64>,
    /// How often values lie between one bound and the next, over the known ones, in at most 60 cells of equal width.
    pub histogram: Vec<Cell>,
}

/// One quantile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// In percent: 5, 25, 50, 75, 90, 95, 99, 100; 100 is the largest.
    pub percent: u32,
    /// The value below or at which that share of the runs lies.
    pub value_s: Option<f64>,
}

/// One cell of a histogram: values from `from_s` to before `to_s`; the last cell includes its end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// Its lower bound.
    pub from_s: f64,
    /// Its upper bound.
    pub to_s: f64,
    /// Runs in it.
    pub runs: u64,
}

/// A duration of the recovery, over all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Duration {
    /// `detection`, or the id of the step.
    pub name: String,
    /// What it does (`human`, `s3.audit`); `detection` of the detection.
    pub action: String,
    /// Where its duration comes from (`lognormal, assumed`; `cost of its calls`; `waits`).
    pub basis: String,
    /// From its beginning to its end: of the detection from the first fault.
    pub length: Distribution,
    /// Runs in which it took place.
    pub runs: u64,
    /// Runs in which it failed.
    pub failed: u64,
    /// The share of the runs in which it lay on the critical path of the longest recovery, 0 to 1.
    pub critical: f64,
    /// The mean share that it had of the longest recovery time, where it lay on its critical path, over all runs; 0 to 1.
    pub share: f64,
    /// Its rank correlation (Spearman) with each recovery time; null where one of them is always the same.
    pub correlations: Vec<Correlation>,
}

/// How strongly a duration goes along with a service's recovery time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Correlation {
    /// The service.
    pub service: String,
    /// -1 to 1.
    pub rank: Option<f64>,
}

/// What a change of a duration does to the chance of meeting a target, on the same runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// `detection`, or the id of a step.
    pub duration: String,
    /// By what it is multiplied: 0.5 and 2.
    pub factor: f64,
    /// The service.
    pub service: String,
    /// What the target is about.
    pub metric: Metric,
    /// The runs that were made with the change, and without it.
    pub runs: u64,
    /// The chance without it, over these runs.
    pub before: f64,
    /// The chance with it.
    pub after: f64,
    /// The median of the figure without it; null where it lies beyond.
    pub median_before_s: Option<f64>,
    /// The median with it.
    pub median_after_s: Option<f64>,
}

/// One of the worst runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorstRun {
    /// Its seed: `firedrill run <file> --seed <seed> --durations draw` is a live drill with the same durations.
    pub seed: u64,
    /// The service that was longest down.
    pub service: String,
    /// For how long; null if it was not back by the end of the run.
    pub down_s: Option<f64>,
    /// Targets that were missed, as `program-delivery rto`.
    pub missed: Vec<String>,
    /// Which durations were longest against their median, the most extreme first: at most three.
    pub because: Vec<Extreme>,
}

/// A duration that was long in a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extreme {
    /// `detection`, or the id of a step.
    pub name: String,
    /// How long it was.
    pub value_s: f64,
    /// Its median over all runs.
    pub median_s: f64,
}

/// How a fleet came back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fleet {
    /// Devices.
    pub devices: u64,
    /// The quota, in connects per second.
    pub connects_per_second: u32,
    /// The name of its firmware profile.
    pub profile: String,
    /// When 50, 90, 99 and 100 % were back, from the first fault that took their sessions, in this order.
    pub back: Vec<BackAfter>,
}

/// When a share of the fleet was back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackAfter {
    /// The share, in percent.
    pub percent: u64,
    /// Over all runs.
    pub after: Distribution,
}

/// Something that goes wrong in some of the runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The text, without a frequency.
    pub text: String,
    /// In so many runs.
    pub runs: u64,
    /// The line of the file that it is about, if it is about one.
    pub line: Option<u32>,
}

/// Something that the model takes for granted, or leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assumption {
    /// The text.
    pub text: String,
    /// The line of the file that it is about, if it is about one.
    pub line: Option<u32>,
}
