//! The recommendation: how often the plan meets a target, what decides it, what would help.

use forecast::plan::study::{Duration, Metric, Study, Target, WhatIf};

use super::text::{beyond, how_often, objective, part, percent, rank, target, time};
use crate::text::count;

/// The first sentence about a target: in how many of a hundred disasters the plan meets it.
pub(super) fn verdict(study: &Study, of: &Target) -> String {
    if study.runs == 0 {
        return format!(
            "Whether the plan meets {} is not known: no disaster was simulated.",
            target(of)
        );
    }
    let none_affected = of.unaffected == study.runs && !of.untouched;
    if none_affected && matches!(of.metric, Metric::Rto | Metric::Mtd) {
        return format!(
            "Nothing is down in any of {} simulated disasters: {} is not exercised.",
            count(study.runs),
            target(of)
        );
    }
    let meets = if (of.met, study.runs) == (0, 1) {
        "does not meet"
    } else {
        "meets"
    };
    format!(
        "The plan {meets} {} {}.",
        target(of),
        how_often(of.met, study.runs)
    )
}

/// What should be known of a chance before it is relied on.
pub(super) fn caveats(study: &Study, of: &Target) -> Vec<String> {
    let mut said = Vec::new();
    if of.untouched {
        said.push("The plan expects it to stay untouched; the target is met only if it does.".to_owned());
    }
    if of.met_by_fault_end > 0 {
        said.push(format!(
            "In {} of disasters it is met without a step, since the fault ended or what probes read was whole: a live drill calls that not exercised.",
            part(of.met_by_fault_end, study.runs)
        ));
    }
    if of.unaffected > 0 {
        said.push(format!(
            "In {} of disasters it is not affected.",
            part(of.unaffected, study.runs)
        ));
    }
    said
}

/// How a duration decides a recovery time.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// Halving it helps most: the chance, or, where no chance changes, the median.
    Half(&'a WhatIf),
    /// It goes along with it most: its rank correlation.
    Rank(f64),
    /// It has the largest share of the longest recovery.
    Share,
}

/// The duration that decides a recovery time: that whose half makes the target most likely to be met, or else the median
/// shortest; else that which goes along most with it; else that with the largest share of the longest recovery. Nothing for
/// what is no recovery time, or was never down.
pub(super) fn decider<'a>(study: &'a Study, of: &Target) -> Option<(&'a Duration, By<'a>)> {
    if matches!(of.metric, Metric::Rpo | Metric::Failback) || of.unaffected == study.runs {
        return None;
    }
    let on_path = || study.durations.iter().filter(|duration| duration.critical > 0.0);
    let half = |name: &str| {
        let mut changes = study.what_if.iter();
        changes.find(|change| {
            change.duration == name
                && change.service == of.service
                && change.metric == of.metric
                && change.factor == 0.5
        })
    };
    let helped = on_path().filter_map(|duration| {
        let change = half(&duration.name).filter(|change| gain(change) > 0.0 && is_seen(change))?;
        Some(((duration, By::Half(change)), gain(change)))
    });
    let shortened = on_path().filter_map(|duration| {
        let change = half(&duration.name)?;
        let gained = change.median_before_s? - change.median_after_s?;
        (gained > 0.0).then_some(((duration, By::Half(change)), gained))
    });
    let ranked = on_path().filter_map(|duration| {
        let rank = rank_with(duration, &of.service).filter(|rank| *rank > 0.0)?;
        Some(((duration, By::Rank(rank)), rank))
    });
    let shares = on_path().map(|duration| ((duration, By::Share), duration.share));
    largest(helped)
        .or_else(|| largest(shortened))
        .or_else(|| largest(ranked))
        .or_else(|| largest(shares.filter(|(_, share)| *share > 0.0)))
}

/// Of equal ones the first.
fn largest<T>(of: impl Iterator<Item = (T, f64)>) -> Option<T> {
    let first = |best: Option<(T, f64)>, next: (T, f64)| match best {
        Some(best) if best.1 >= next.1 => Some(best),
        _ => Some(next),
    };
    of.fold(None, first).map(|(one, _)| one)
}

fn rank_with(duration: &Duration, service: &str) -> Option<f64> {
    let correlation = duration
        .correlations
        .iter()
        .find(|correlation| correlation.service == service)?;
    correlation.rank.filter(|rank| rank.is_finite())
}

/// Which step decides a recovery time.
pub(super) fn decides(study: &Study, of: &Target) -> Option<String> {
    let (duration, by) = decider(study, of)?;
    let name = match duration.name.as_str() {
        "detection" => "Detection".to_owned(),
        step => format!("Step {step}"),
    };
    let path = format!(
        "on the critical path of the longest recovery in {} of disasters, with {} of its time",
        percent(duration.critical),
        percent(duration.share)
    );
    Some(match by {
        By::Half(change) => format!(
            "{name} decides: half of it would bring the median from {} to {}; it is {path}.",
            median(change.median_before_s, of.metric),
            median(change.median_after_s, of.metric)
        ),
        By::Rank(with) => format!(
            "{name} decides: its rank correlation with this time is {}; it is {path}.",
            rank(with)
        ),
        By::Share => format!("{name} has the largest share: it is {path}."),
    })
}

/// How much a change adds to the chance.
pub(super) fn gain(change: &WhatIf) -> f64 {
    change.after - change.before
}

/// Whether the chance reads otherwise with the change.
fn is_seen(change: &WhatIf) -> bool {
    percent(change.before) != percent(change.after)
}

/// Changes of durations that make more disasters end well, the best first.
pub(super) fn helping(study: &Study) -> Vec<&WhatIf> {
    let helps = |change: &&WhatIf| change.factor < 1.0 && gain(change) > 0.0 && is_seen(change);
    let mut helping: Vec<&WhatIf> = study.what_if.iter().filter(helps).collect();
    helping.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
    helping
}

/// The half of a duration that shortens the median of a recovery time most.
pub(super) fn shortening(study: &Study) -> Option<&WhatIf> {
    let gained = study
        .what_if
        .iter()
        .filter(|change| change.factor == 0.5 && change.metric == Metric::Rto);
    let gained = gained.filter_map(|change| {
        let gained = change.median_before_s? - change.median_after_s?;
        (gained > 0.0).then_some((change, gained))
    });
    largest(gained)
}

/// `halve detection`.
pub(super) fn change(change: &WhatIf) -> String {
    match change.factor {
        0.5 => format!("halve {}", change.duration),
        2.0 => format!("double {}", change.duration),
        factor => format!("take {} times {factor}", change.duration),
    }
}

/// A median, or that there is none.
pub(super) fn median(seconds: Option<f64>, metric: Metric) -> String {
    seconds.map_or_else(|| beyond(metric).to_owned(), time)
}

/// `halve detection: program-delivery RTO 71.3 % → 93.1 %, median 41m → 33m`.
pub(super) fn what_if(of: &WhatIf) -> String {
    format!(
        "{}: {} {} → {}, median {} → {}",
        change(of),
        objective(&of.service, of.metric),
        percent(of.before),
        percent(of.after),
        median(of.median_before_s, of.metric),
        median(of.median_after_s, of.metric)
    )
}

/// What halving would bring to a target, and what doubling would cost.
pub(super) fn levers(study: &Study, of: &Target) -> Vec<String> {
    let about = |change: &&WhatIf| change.service == of.service && change.metric == of.metric;
    let mut said = Vec::new();
    match helping(study)
        .into_iter()
        .filter(about)
        .find(|change| change.factor == 0.5)
    {
        Some(best) => said.push(format!(
            "Halving {} would bring it from {} to {}.",
            best.duration,
            percent(best.before),
            percent(best.after)
        )),
        None if of.met < study.runs && study.what_if.iter().any(|change| about(&change)) => {
            said.push("Halving any one duration makes it no more likely.".to_owned());
        }
        None => {}
    }
    let costs = study
        .what_if
        .iter()
        .filter(about)
        .filter(|change| change.factor == 2.0 && gain(change) < 0.0 && is_seen(change));
    if let Some(worst) = costs.min_by(|a, b| gain(a).total_cmp(&gain(b))) {
        said.push(format!(
            "If {} took twice as long, {} would be left.",
            worst.duration,
            percent(worst.after)
        ));
    }
    said
}
