//! How often a drill's target would be met in many such disasters, beside the one outcome that the drill shows.

use drill::report::{Chance, Objective, ObjectiveVerdict, Report};

use super::{against, beyond, count, in_all_or_none, interval, part};

/// An outcome of which more than so many percent of the simulated disasters are the opposite is told as uncertain: what a
/// forecast shows as good is met in 95 % of them.
const UNCERTAIN_PERCENT: u128 = 5;

fn simulated(objective: &Objective) -> Option<&Chance> {
    objective.chance.as_ref().filter(|chance| chance.runs > 0)
}

/// `met in 71.3 % of 1,000 simulated disasters (95 % interval 68.4–74.0 %), median 41m, 95 in 100 within 1h 12m`.
pub(crate) fn chance(objective: &Objective) -> Option<String> {
    let chance = simulated(objective)?;
    let of_all = || {
        let part = part(chance.met, chance.runs);
        format!("in {part} of {} simulated disasters", count(chance.runs))
    };
    Some(format!(
        "met {} (95 % interval {}), {}",
        in_all_or_none(chance.met, chance.runs).unwrap_or_else(of_all),
        interval(chance.low, chance.high),
        spread(objective, chance)
    ))
}

/// `median 41m, 95 in 100 within 1h 12m`; of what has no end in many disasters, in how many.
fn spread(objective: &Objective, chance: &Chance) -> String {
    let shown = |seconds| against(seconds, objective.target_s);
    let beyond = beyond(objective.metric);
    match (chance.median_s.map(shown), chance.within_95_s.map(shown)) {
        (Some(median), Some(within)) => format!("median {median}, 95 in 100 within {within}"),
        (Some(median), None) => format!("median {median}, {beyond} in more than 5 in 100"),
        (None, _) => format!("{beyond} in more than half of them"),
    }
}

/// `passed here; in 28.7 % of such disasters it would be missed`: where one outcome alone would let a target look safer, or
/// less attainable, than it is.
pub(crate) fn other_outcome(objective: &Objective) -> Option<String> {
    let chance = simulated(objective)?;
    let missed = chance.runs.saturating_sub(chance.met);
    let (here, others, there) = match objective.verdict {
        ObjectiveVerdict::Pass => ("passed", missed, "missed"),
        ObjectiveVerdict::Unaffected => ("unaffected", missed, "missed"),
        ObjectiveVerdict::Fail => ("failed", chance.met, "met"),
        ObjectiveVerdict::Inconclusive | ObjectiveVerdict::NotExercised => return None,
    };
    let uncertain = u128::from(others) * 100 > u128::from(chance.runs) * UNCERTAIN_PERCENT;
    let how_often = if others >= chance.runs {
        "all".to_owned()
    } else {
        format!("{} of", part(others, chance.runs))
    };
    uncertain.then(|| format!("{here} here; in {how_often} such disasters it would be {there}"))
}

/// How the chances of a report were found, if it has any.
pub(crate) fn chance_method(report: &Report) -> Option<String> {
    let chance = report.objectives.iter().find_map(simulated)?;
    Some(format!(
        "{} simulated disasters like this one, each with durations drawn from their distributions; the work of steps is as \
         measured here",
        count(chance.runs)
    ))
}

#[cfg(test)]
mod tests {
    use drill::report::Metric;

    use super::*;
    use crate::fixtures;

    /// The first objective of a drill, with a target of 1h, met in so many of 1,000 disasters.
    fn objective(verdict: ObjectiveVerdict, met: u64) -> Objective {
        Objective {
            verdict,
            chance: Some(Chance {
                runs: 1_000,
                met,
                low: 0.684,
                high: 0.740,
                median_s: Some(2460.0),
                within_95_s: Some(4320.0),
            }),
            ..fixtures::passing().report.objectives[0].clone()
        }
    }

    #[test]
    fn chance_has_an_interval_and_a_spread() {
        let mut objective = objective(ObjectiveVerdict::Pass, 713);
        let said = |objective: &Objective| chance(objective).unwrap();
        assert_eq!(
            said(&objective),
            "met in 71.3 % of 1,000 simulated disasters (95 % interval 68.4–74.0 %), median 41m, 95 in 100 within 1h 12m"
        );
        objective.chance.as_mut().unwrap().within_95_s = None;
        assert!(said(&objective).ends_with(", median 41m, not back in more than 5 in 100"));
        objective.chance.as_mut().unwrap().median_s = None;
        assert!(said(&objective).ends_with(", not back in more than half of them"));
        objective.metric = Metric::Rpo;
        assert!(said(&objective).ends_with(", no older copy in more than half of them"));
        objective.chance.as_mut().unwrap().runs = 0;
        assert_eq!((chance(&objective), other_outcome(&objective)), (None, None));
        objective.chance = None;
        assert_eq!((chance(&objective), other_outcome(&objective)), (None, None));
    }

    #[test]
    fn chance_is_0_or_100_percent_only_if_exact() {
        let said = |met| {
            let said = chance(&objective(ObjectiveVerdict::Pass, met)).unwrap();
            said.split_once(" (").unwrap().0.to_owned()
        };
        assert_eq!(said(0), "met in none of 1,000 simulated disasters");
        assert_eq!(said(1), "met in 0.1 % of 1,000 simulated disasters");
        assert_eq!(said(999), "met in 99.9 % of 1,000 simulated disasters");
        assert_eq!(said(1_000), "met in all of 1,000 simulated disasters");
    }

    #[test]
    fn likely_other_outcome_is_named() {
        use ObjectiveVerdict::{Fail, Inconclusive, NotExercised, Pass, Unaffected};
        let said = |verdict, met| other_outcome(&objective(verdict, met)).unwrap_or_default();
        assert_eq!(
            said(Pass, 713),
            "passed here; in 28.7 % of such disasters it would be missed"
        );
        assert_eq!(
            said(Pass, 0),
            "passed here; in all such disasters it would be missed"
        );
        assert_eq!(
            said(Unaffected, 713),
            "unaffected here; in 28.7 % of such disasters it would be missed"
        );
        assert_eq!(
            said(Fail, 118),
            "failed here; in 11.8 % of such disasters it would be met"
        );
        assert_eq!(
            said(Fail, 1_000),
            "failed here; in all such disasters it would be met"
        );
        for (verdict, at_the_limit, beyond) in [(Pass, 950, 949), (Unaffected, 950, 949), (Fail, 50, 51)] {
            assert_eq!(said(verdict, at_the_limit), "");
            assert_ne!(said(verdict, beyond), "");
        }
        assert_eq!(said(Inconclusive, 500) + &said(NotExercised, 500), "");
    }

    #[test]
    fn method_is_described_where_results_were_simulated() {
        let told = chance_method(&fixtures::passing().report).unwrap();
        assert!(told.starts_with("1,000 simulated disasters"));
        assert_eq!(chance_method(&fixtures::interrupted().report), None);
    }
}
