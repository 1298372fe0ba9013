//! Text of a forecast: chances, times, names, and lines that several formats share.

use drill::report;
use forecast::plan::study::{Distribution, Extreme, Finding, Metric, Phase, Study, Target, WorstRun};

use super::quantile;
use crate::text::{self, count, in_all_or_none};
pub(super) use crate::text::{against, interval, part, percent, time};

/// `0.71`, `−0.20`.
pub(super) fn rank(rank: f64) -> String {
    format!("{rank:.2}").replacen('-', "−", 1)
}

fn of_report(metric: Metric) -> report::Metric {
    match metric {
        Metric::Rto => report::Metric::Rto,
        Metric::Rpo => report::Metric::Rpo,
        Metric::Mtd => report::Metric::Mtd,
        Metric::Failback => report::Metric::Failback,
    }
}

/// The metric as `forecast.json` writes it.
pub(super) fn metric_key(metric: Metric) -> &'static str {
    text::metric_key(of_report(metric))
}

/// The figure that is held against the target.
pub(super) fn figure(metric: Metric) -> &'static str {
    match metric {
        Metric::Rto => "recovery time",
        Metric::Rpo => "recovery point",
        Metric::Mtd => "downtime",
        Metric::Failback => "failback downtime",
    }
}

/// `recovery time of program-delivery`.
pub(super) fn figure_of(service: &str, metric: Metric) -> String {
    format!("{} of {}", figure(metric), all_or(service))
}

fn all_or(service: &str) -> &str {
    if service == "*" { "all services" } else { service }
}

/// `program-delivery RTO`; `all services MTD`.
pub(super) fn objective(service: &str, metric: Metric) -> String {
    format!("{} {}", all_or(service), text::metric(of_report(metric)))
}

/// `program-delivery RTO 1h`.
pub(super) fn target(target: &Target) -> String {
    format!(
        "{} {}",
        objective(&target.service, target.metric),
        time(target.target_s)
    )
}

/// What lies beyond every value of the figure.
pub(super) fn beyond(metric: Metric) -> &'static str {
    text::beyond(of_report(metric))
}

/// A quantile, or what lies beyond.
pub(super) fn quantile_or(figure: &Distribution, percent: u32, beyond: &str) -> String {
    match quantile(figure, percent) {
        Some(value) => time(value),
        None if figure.beyond > 0 => beyond.to_owned(),
        None => "–".to_owned(),
    }
}

/// `71 of 100`, short.
pub(super) fn of_hundred(met: u64, runs: u64) -> String {
    let rounded = met as f64 / runs as f64 * 100.0;
    match (met, runs) {
        (_, 0) => "not known".to_owned(),
        (met, runs) if runs < 100 => format!("{} of {}", count(met), count(runs)),
        (0, _) => "0 of 100".to_owned(),
        (met, runs) if met >= runs => "100 of 100".to_owned(),
        _ if rounded < 0.5 => "< 1 of 100".to_owned(),
        _ if rounded >= 99.5 => "> 99 of 100".to_owned(),
        _ => format!("{rounded:.0} of 100"),
    }
}

/// `in 71 of 100 disasters`.
pub(super) fn how_often(met: u64, runs: u64) -> String {
    if runs == 1 {
        return "in the one disaster that was simulated".to_owned();
    }
    in_all_or_none(met, runs).unwrap_or_else(|| {
        let short = of_hundred(met, runs);
        let short = short
            .replace("< 1", "fewer than 1")
            .replace("> 99", "more than 99");
        format!("in {short} disasters")
    })
}

/// How often it is met, with the interval in which that is known.
pub(super) fn chance(of: &Target) -> String {
    format!(
        "{} (95 % interval {})",
        percent(of.chance),
        interval(of.chance_low, of.chance_high)
    )
}

/// `median 41m, 95 in 100 within 1h 12m, not back in 2.0 %`.
pub(super) fn spread(figure: &Distribution, runs: u64, target_s: Option<f64>, beyond: &str) -> String {
    let show = |seconds: f64| target_s.map_or_else(|| time(seconds), |target_s| against(seconds, target_s));
    let mut said = Vec::new();
    if let Some(median) = quantile(figure, 50) {
        said.push(format!("median {}", show(median)));
    }
    if let Some(most) = quantile(figure, 95) {
        said.push(format!("95 in 100 within {}", show(most)));
    }
    if figure.beyond > 0 {
        said.push(format!("{beyond} in {}", part(figure.beyond, runs)));
    }
    if said.is_empty() {
        "no figure".to_owned()
    } else {
        said.join(", ")
    }
}

/// The line of a target: how often it is met, and the figure's spread.
pub(super) fn line(study: &Study, of: &Target) -> String {
    let untouched = if of.untouched {
        " (expected to stay untouched)"
    } else {
        ""
    };
    if study.runs == 0 {
        return format!(
            "{}{untouched}: not known, since no disaster was simulated",
            target(of)
        );
    }
    let unaffected = match of.unaffected {
        0 => String::new(),
        all if all == study.runs => "; not affected in any".to_owned(),
        some => format!("; not affected in {}", part(some, study.runs)),
    };
    let by_itself = match of.met_by_fault_end {
        0 => String::new(),
        some => format!(
            "; in {} it is back without a step: the fault ended, or what probes read was whole",
            part(some, study.runs)
        ),
    };
    format!(
        "{}{untouched}: met in {} of disasters (95 % interval {}), {}{unaffected}{by_itself}",
        target(of),
        percent(of.chance),
        interval(of.chance_low, of.chance_high),
        spread(&of.figure, study.runs, Some(of.target_s), beyond(of.metric))
    )
}

/// `in 21.2 % of disasters step restore fails`.
pub(super) fn finding(study: &Study, of: &Finding) -> String {
    format!("In {} of disasters {}", part(of.runs, study.runs), of.text)
}

/// What a drill of a run's seed has in common with it.
pub(super) const REPLAYED: &str = "A drill of the seed has the same modelled durations; lags, samples and the moment of the fault are \
     drawn otherwise there.";

/// `down for 2h 31m`; one that was not back has no length.
pub(super) fn down(run: &WorstRun) -> String {
    match run.down_s {
        Some(down_s) => format!("down for {}", time(down_s)),
        None => "not back by the end of the run".to_owned(),
    }
}

/// `declare 48m (median 5m)`.
pub(super) fn extreme(of: &Extreme) -> String {
    format!("{} {} (median {})", of.name, time(of.value_s), time(of.median_s))
}

/// `program-delivery RTO` for `program-delivery rto`.
pub(super) fn missed(key: &str) -> String {
    let metrics = [Metric::Rto, Metric::Rpo, Metric::Mtd, Metric::Failback];
    let named = key.rsplit_once(' ').and_then(|(service, metric)| {
        let metric = metrics.into_iter().find(|known| metric_key(*known) == metric)?;
        Some(objective(service, metric))
    });
    named.unwrap_or_else(|| key.to_owned())
}

/// A remark that a study has fewer runs than requested.
pub(super) fn stopped(study: &Study) -> Option<String> {
    let asked = (!study.complete).then_some(study.asked)?;
    Some(format!(
        "Stopped before its end: every figure is made of {} of the {} disasters that were asked for.",
        count(study.runs),
        count(asked)
    ))
}

/// What was simulated: `10,000 disasters, seeds from 1 on`.
pub(super) fn runs(study: &Study) -> String {
    match study.runs {
        1 => format!("{}, seed {}", text::plural(1, "disaster"), study.seed),
        runs => format!("{}, seeds from {} on", text::plural(runs, "disaster"), study.seed),
    }
}

/// At which moment faults are injected.
pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Random => {
            "When the faults are injected is drawn anew in each run, within the longest interval of probes and monitoring."
        }
        Phase::Written => "The faults are injected at the moment that the file says, as in a live drill.",
    }
}

/// Where durations come from, beside the file.
pub(super) fn calibration(study: &Study) -> String {
    if study.calibrated_by.is_empty() {
        "No recorded drill was used: durations are those of the file.".to_owned()
    } else {
        format!(
            "Durations of recorded drills were used: {}.",
            study.calibrated_by.join(", ")
        )
    }
}

/// The command that plays a run live, with the same durations.
pub(super) fn replay(study: &Study, seed: u64) -> String {
    format!(
        "firedrill run {} --seed {seed} --durations draw",
        shell_word(&study.file)
    )
}

/// A text as one word of a POSIX shell.
fn shell_word(text: &str) -> String {
    let text = text::one_line(text);
    let text = if text.starts_with('-') {
        format!("./{text}")
    } else {
        text
    };
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | ',' | '@' | '+');
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_of_a_hundred_is_0_or_100_only_if_exact() {
        let said = |met, runs| how_often(met, runs);
        assert_eq!(said(7_130, 10_000), "in 71 of 100 disasters");
        assert_eq!(said(9_999, 10_000), "in more than 99 of 100 disasters");
        assert_eq!(said(3, 10_000), "in fewer than 1 of 100 disasters");
        assert_eq!(said(10_000, 10_000), "in all of 10,000 simulated disasters");
        assert_eq!(said(0, 10_000), "in none of 10,000 simulated disasters");
        assert_eq!(said(3, 7), "in 3 of 7 disasters");
        assert_eq!(said(1, 1), "in the one disaster that was simulated");
    }

    #[test]
    fn a_file_stays_one_word_of_the_command() {
        assert_eq!(shell_word("scenarios/a-b/c_1.yaml"), "scenarios/a-b/c_1.yaml");
        assert_eq!(
            shell_word("my plan.yaml; rm -r '~'"),
            r"'my plan.yaml; rm -r '\''~'\'''"
        );
        assert_eq!(shell_word("-x.yaml"), "./-x.yaml");
        assert_eq!(shell_word(""), "''");
    }
}
