//! Forecasts made by hand: what the formats are tested on.

use forecast::plan::study::*;

use crate::fixtures::HOSTILE;

const RUNS: u64 = 10_000;

/// Every fixture with its name.
pub(super) fn all() -> Vec<(&'static str, Study)> {
    vec![
        ("normal", normal()),
        ("extreme", extreme()),
        ("many", many()),
        ("none", none()),
    ]
}

/// So many values around a median; the larger `wide`, the longer the tail. Nothing of it is drawn.
fn around(median: f64, wide: f64, known: u64) -> Vec<f64> {
    let share = |at: u64| (at as f64 + 0.5) / known as f64;
    // Thousandths, so that a figure is the same on every machine.
    // Nearly the quantile of a normal distribution.
    let normal = |u: f64| 4.91 * (u.powf(0.14) - (1.0 - u).powf(0.14));
    let value = |u: f64| (median * (wide * normal(u)).exp() * 1e3).round() / 1e3;
    (0..known).map(|at| value(share(at))).collect()
}

/// The distribution of sorted values, and of so many beyond them.
fn distribution(values: &[f64], beyond: u64) -> Distribution {
    let (known, total) = (values.len() as u64, values.len() as u64 + beyond);
    let quantile = |percent: u32| Quantile {
        percent,
        value_s: {
            let rank = (total * u64::from(percent)).div_ceil(100).max(1);
            values.get(rank as usize - 1).copied().filter(|_| rank <= known)
        },
    };
    let (first, last) = (
        values.first().copied().unwrap_or(0.0),
        values.last().copied().unwrap_or(0.0),
    );
    let width = (last - first) / 60.0;
    let bound = |at: usize| first + width * at as f64;
    let cells = || {
        let mut runs = [0; 60];
        for value in values {
            runs[(((value - first) / width) as usize).min(59)] += 1;
        }
        let cell = |(at, runs): (usize, u64)| Cell {
            from_s: bound(at),
            to_s: bound(at + 1),
            runs,
        };
        runs.into_iter().enumerate().map(cell).collect()
    };
    let one = || {
        vec![Cell {
            from_s: first,
            to_s: last,
            runs: known,
        }]
    };
    Distribution {
        known,
        beyond,
        quantiles: super::QUANTILES.map(quantile).into(),
        mean_s: (known > 0).then(|| (values.iter().sum::<f64>() / known as f64 * 1e3).round() / 1e3),
        histogram: match known {
            0 => Vec::new(),
            _ if width <= 0.0 => one(),
            _ => cells(),
        },
    }
}

/// Wilson's interval at 95 %.
fn wilson(met: u64, runs: u64) -> (f64, f64) {
    let (p, n, z) = (met as f64 / runs as f64, runs as f64, 1.959_964);
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let round = |share: f64| (share.clamp(0.0, 1.0) * 1e6).round() / 1e6;
    (round(middle - half), round(middle + half))
}

fn target(service: &str, metric: Metric, target_s: f64, values: &[f64], beyond: u64) -> Target {
    let runs = values.len() as u64 + beyond;
    let met = values.iter().filter(|value| **value <= target_s).count() as u64;
    let (chance_low, chance_high) = wilson(met, runs);
    Target {
        service: service.to_owned(),
        metric,
        target_s,
        source: "plan:31".to_owned(),
        untouched: false,
        met,
        met_by_fault_end: 0,
        unaffected: 0,
        chance: met as f64 / runs as f64,
        chance_low,
        chance_high,
        figure: distribution(values, beyond),
    }
}

fn duration(
    name: &str,
    action: &str,
    basis: &str,
    median: f64,
    critical: f64,
    share: f64,
    rank: Option<f64>,
) -> Duration {
    let wide = if basis.contains("normal") { 0.6 } else { 0.0 };
    Duration {
        name: name.to_owned(),
        action: action.to_owned(),
        basis: basis.to_owned(),
        length: distribution(&around(median, wide, 1_000), 0),
        runs: RUNS,
        failed: 0,
        critical,
        share,
        correlations: vec![Correlation {
            service: "program-delivery".to_owned(),
            rank,
        }],
    }
}

fn change(duration: &str, factor: f64, of: &Target, after: f64, median_after_s: Option<f64>) -> WhatIf {
    WhatIf {
        duration: duration.to_owned(),
        factor,
        service: of.service.clone(),
        metric: of.metric,
        runs: 2_000,
        before: of.chance,
        after,
        median_before_s: of.figure.quantiles[2].value_s,
        median_after_s,
    }
}

/// A plan that mostly meets its RTO, always its RPO, and hardly ever misses its MTD: ten thousand disasters.
pub(super) fn normal() -> Study {
    let mut rto = target(
        "program-delivery",
        Metric::Rto,
        3_600.0,
        &around(2_900.0, 0.38, RUNS - 137),
        137,
    );
    (rto.met_by_fault_end, rto.unaffected) = (212, 0);
    let mut rpo = target("programs", Metric::Rpo, 900.0, &around(290.0, 0.34, RUNS), 0);
    rpo.unaffected = 4;
    let mtd = target("*", Metric::Mtd, 28_800.0, &around(3_300.0, 0.42, RUNS - 1), 1);
    let human = "lognormal, assumed";
    let durations = vec![
        duration(
            "detection",
            "detection",
            "rounds of the probe and the monitoring",
            185.0,
            1.0,
            0.081,
            Some(0.11),
        ),
        duration("declare", "human", human, 460.0, 1.0, 0.262, Some(0.71)),
        duration(
            "contain",
            "s3.put_replication",
            "cost of its calls",
            0.412,
            0.0,
            0.0,
            Some(-0.02),
        ),
        duration(
            "assess",
            "s3.audit",
            "cost of its calls",
            612.0,
            0.982,
            0.214,
            Some(0.18),
        ),
        duration(
            "restore",
            "s3.restore_objects",
            "cost of its calls, lognormal",
            843.0,
            0.982,
            0.311,
            Some(0.52),
        ),
        duration(
            "verify",
            "s3.verify_integrity",
            "cost of its calls",
            204.0,
            0.97,
            0.07,
            None,
        ),
        duration(
            "inform-customers",
            "human",
            human,
            1_210.0,
            0.018,
            0.0004,
            Some(0.04),
        ),
        duration(
            "protect",
            "s3.put_replication",
            "cost of its calls",
            0.398,
            0.0,
            0.0,
            None,
        ),
        duration("review", "human", "normal, plan", 1_800.0, 0.0, 0.0, Some(0.01)),
    ];
    let what_if = vec![
        change("detection", 0.5, &rto, 0.752, Some(2_806.5)),
        change("detection", 2.0, &rto, 0.618, Some(3_085.0)),
        change("declare", 0.5, &rto, 0.904, Some(2_604.25)),
        change("declare", 2.0, &rto, 0.412, Some(3_740.0)),
        change("contain", 0.5, &rto, rto.chance, rto.figure.quantiles[2].value_s),
        change("contain", 2.0, &rto, rto.chance, rto.figure.quantiles[2].value_s),
        change("assess", 0.5, &rto, 0.845, Some(2_594.0)),
        change("assess", 2.0, &rto, 0.455, Some(3_512.0)),
        change("restore", 0.5, &rto, 0.861, Some(2_478.5)),
        change("restore", 2.0, &rto, 0.377, Some(3_743.0)),
        change("verify", 0.5, &rto, 0.741, Some(2_798.0)),
        change("verify", 2.0, &rto, 0.652, Some(3_104.0)),
        change("review", 0.5, &rto, rto.chance, rto.figure.quantiles[2].value_s),
        change("review", 2.0, &rto, rto.chance, rto.figure.quantiles[2].value_s),
        change("declare", 2.0, &mtd, 0.9991, Some(4_120.0)),
        change("restore", 0.5, &mtd, 1.0, Some(2_871.0)),
    ];
    let worst = |seed: u64, down_s: Option<f64>, because: &[(&str, f64, f64)]| WorstRun {
        seed,
        service: "program-delivery".to_owned(),
        down_s,
        missed: vec!["program-delivery rto".to_owned(), "* mtd".to_owned()],
        because: because
            .iter()
            .map(|(name, value_s, median_s)| Extreme {
                name: (*name).to_owned(),
                value_s: *value_s,
                median_s: *median_s,
            })
            .collect(),
    };
    let back = |percent, median| BackAfter {
        percent,
        after: distribution(&around(median, 0.08, RUNS), 0),
    };
    Study {
        schema: SCHEMA,
        scenario: "s3-bucket-loss".to_owned(),
        title: "The bucket of programs is emptied and corrupted".to_owned(),
        file: "scenarios/iot-steel/s3-bucket-loss.yaml".to_owned(),
        sha256: "5e".repeat(32),
        seed: 1,
        asked: RUNS,
        runs: RUNS,
        complete: true,
        phase: Phase::Random,
        calibrated_by: vec!["20261121-091403-1".to_owned(), "20270220-101530-1".to_owned()],
        targets: vec![rto, rpo, mtd],
        durations,
        what_if,
        worst: vec![
            worst(4_711, None, &[("declare", 6_120.0, 460.0)]),
            worst(
                88,
                Some(14_811.0),
                &[("restore", 8_744.25, 843.0), ("declare", 2_205.0, 460.0)],
            ),
            worst(
                9_312,
                Some(12_099.0),
                &[("declare", 5_017.0, 460.0), ("detection", 300.0, 185.0)],
            ),
            worst(1_650, Some(11_730.0), &[]),
        ],
        fleet: Some(Fleet {
            devices: 25_000,
            connects_per_second: 500,
            profile: "aws-full-jitter".to_owned(),
            back: vec![back(50, 88.0), back(90, 131.0), back(99, 168.0), back(100, 241.0)],
        }),
        findings: vec![Finding {
            text: "step restore fails, and what comes after it is not begun".to_owned(),
            runs: 2_117,
            line: Some(88),
        }],
        assumptions: vec![
            Assumption {
                text: "People are available at any hour: no step waits for a person on call.".to_owned(),
                line: Some(61),
            },
            Assumption {
                text: "Shell steps take the time of their recorded drills; their commands are not run."
                    .to_owned(),
                line: Some(74),
            },
            Assumption {
                text: "Calls succeed, but for those that a fault hits.".to_owned(),
                line: None,
            },
        ],
    }
}

/// One disaster from which nothing comes back, with texts that try to break a report. It was stopped, too.
pub(super) fn extreme() -> Study {
    let long = format!("{}{HOSTILE}", "a-service-whose-name-does-not-end-".repeat(8));
    let mut rto = target(&long, Metric::Rto, 0.0, &[], 1);
    (rto.untouched, rto.source) = (true, HOSTILE.to_owned());
    let rpo = target(HOSTILE, Metric::Rpo, 31_536_000.0, &[], 1);
    let failback = target("=cmd()", Metric::Failback, 60.0, &[61.0], 0);
    let what_if = vec![
        change(HOSTILE, 0.5, &rto, 0.0, None),
        change(&long, 0.7, &failback, 1.0, Some(0.004)),
    ];
    Study {
        schema: SCHEMA,
        scenario: HOSTILE.to_owned(),
        title: format!("{} {HOSTILE}", "title".repeat(40)),
        file: format!("-{HOSTILE} ; rm -rf /"),
        sha256: "ff".repeat(32),
        seed: u64::MAX,
        asked: u64::MAX,
        runs: 1,
        complete: false,
        phase: Phase::Written,
        calibrated_by: vec![HOSTILE.to_owned(), long.clone()],
        targets: vec![rto, rpo, failback],
        durations: Vec::new(),
        what_if,
        worst: vec![WorstRun {
            seed: u64::MAX,
            service: long.clone(),
            down_s: None,
            missed: vec![format!("{long} rto"), HOSTILE.to_owned()],
            because: vec![Extreme {
                name: HOSTILE.to_owned(),
                value_s: 9e12,
                median_s: 0.0,
            }],
        }],
        fleet: Some(Fleet {
            devices: 8_000_000_000,
            connects_per_second: 1,
            profile: HOSTILE.to_owned(),
            back: vec![BackAfter {
                percent: 50,
                after: distribution(&[], 1),
            }],
        }),
        findings: vec![Finding {
            text: "step <script>alert(1)</script> fails".to_owned(),
            runs: 1,
            line: None,
        }],
        assumptions: vec![Assumption {
            text: format!("{HOSTILE} {}", "word".repeat(80)),
            line: Some(u32::MAX),
        }],
    }
}

/// Thirty steps and twelve services: more than a chart has room for.
pub(super) fn many() -> Study {
    let mut study = normal();
    let services: Vec<String> = (1..=12).map(|at| format!("service-{at:02}")).collect();
    // From the last service's disasters most do not come back.
    let beyond = |at: usize| if at == 11 { 1_100 } else { 20 * at as u64 };
    let median = |at: usize| 1_500.0 + 240.0 * at as f64;
    study.targets = services
        .iter()
        .enumerate()
        .map(|(at, service)| {
            target(
                service,
                Metric::Rto,
                3_600.0,
                &around(median(at), 0.3, 2_000 - beyond(at)),
                beyond(at),
            )
        })
        .collect();
    study.runs = 2_000;
    let share = |at: usize| if at < 24 { 0.3 / (at as f64 + 1.0) } else { 0.0 };
    study.durations = (0..30)
        .map(|at| {
            let name = format!("step-{at:02}-of-a-rather-long-runbook");
            let mut one = duration(
                &name,
                "human",
                "lognormal, assumed",
                60.0 * (at + 1) as f64,
                share(at).min(1.0),
                share(at),
                None,
            );
            let correlation = |(of, service): (usize, &String)| Correlation {
                service: service.clone(),
                rank: Some(0.9 - 0.03 * (at + of) as f64),
            };
            one.correlations = services.iter().enumerate().map(correlation).collect();
            one.runs = study.runs;
            one
        })
        .collect();
    study.what_if = study
        .targets
        .iter()
        .flat_map(|of| {
            study
                .durations
                .iter()
                .enumerate()
                .flat_map(move |(at, duration)| {
                    let moved = share(at);
                    let median = of.figure.quantiles[2].value_s;
                    [(0.5, -0.5), (2.0, 1.0)].map(|(factor, way)| {
                        let after = (of.chance - way * moved).clamp(0.0, 1.0);
                        change(
                            &duration.name,
                            factor,
                            of,
                            after,
                            match median {
                                Some(median) => Some(median * (1.0 + way * moved)),
                                None => (way < 0.0 && at < 3).then_some(3_900.0 + 200.0 * at as f64),
                            },
                        )
                    })
                })
        })
        .collect();
    study.fleet = None;
    study
}

/// What is left of a forecast that was stopped before its first disaster.
pub(super) fn none() -> Study {
    let mut study = normal();
    (study.runs, study.complete) = (0, false);
    let nothing = || Distribution {
        known: 0,
        beyond: 0,
        quantiles: Vec::new(),
        mean_s: None,
        histogram: Vec::new(),
    };
    for target in &mut study.targets {
        (target.met, target.met_by_fault_end, target.unaffected) = (0, 0, 0);
        (target.chance, target.chance_low, target.chance_high) = (f64::NAN, f64::NAN, f64::NAN);
        target.figure = nothing();
    }
    for duration in &mut study.durations {
        (duration.runs, duration.critical, duration.share) = (0, f64::NAN, f64::NAN);
        duration.length = nothing();
        duration.correlations.clear();
    }
    (study.what_if, study.worst, study.fleet) = (Vec::new(), Vec::new(), None);
    study
}
