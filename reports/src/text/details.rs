//! The details of a drill as text: people, the plan, dates.

use drill::details::{PlanChange, RecoveryPlan};
use drill::report::Report;

use super::{count, plural};

/// `21 November 2026` for `2026-11-21T09:14:03Z`; other texts as they are.
pub(crate) fn date(stamp: &str) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let parts: Vec<&str> = stamp.split('T').next().unwrap_or_default().split('-').collect();
    let [year, month, day] = parts[..] else {
        return stamp.to_owned();
    };
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let name = month
        .parse::<usize>()
        .ok()
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    match name {
        Some(name) if digits(year, 4) && digits(month, 2) && digits(day, 2) => {
            format!("{} {name} {year}", day.trim_start_matches('0'))
        }
        _ => stamp.to_owned(),
    }
}

/// `2026-11-21` of a stamp.
pub(crate) fn day(stamp: &str) -> &str {
    stamp.split('T').next().unwrap_or(stamp)
}

/// `added on 1 December 2026, after the drill`, of what was not said before it.
pub(crate) fn added(added_at: Option<&String>) -> Option<String> {
    added_at.map(|at| format!("added on {}, after the drill", date(at)))
}

/// `Recovery plan of X, version 3.2`.
pub(crate) fn plan(plan: &RecoveryPlan) -> String {
    let name = plan
        .title
        .as_deref()
        .or(plan.file.as_deref())
        .unwrap_or("the plan");
    match &plan.version {
        Some(version) => format!("{name}, version {version}"),
        None => name.to_owned(),
    }
}

/// What changed in the plan since the last drill, in a sentence.
pub(crate) fn change(change: &PlanChange) -> String {
    let since = format!("since the drill of {}", date(&change.since));
    match (change.unchanged, change.lines) {
        (true, _) => format!("The plan's file has not changed {since}."),
        (false, Some([added, removed])) => format!(
            "The plan's file has changed {since}: {} added, {} removed.",
            plural(added, "line"),
            count(removed)
        ),
        (false, None) => {
            format!(
                "The plan's file has changed {since}; what changed is not known, since no text of both was kept."
            )
        }
    }
}

/// What was not named before or after the drill, in one sentence with the flags that name it; nothing where all was.
pub(crate) fn not_given(report: &Report) -> Option<String> {
    let nothing = drill::details::Details::default();
    let details = report.details.as_ref().unwrap_or(&nothing);
    let parts = [
        (details.plan.is_none(), "no plan (--plan)"),
        (
            details.plan.as_ref().is_some_and(|plan| plan.version.is_none()),
            "no version of the plan (--plan-version)",
        ),
        (
            details
                .plan
                .as_ref()
                .is_some_and(|plan| plan.scenarios.is_empty()),
            "no list of the plan's scenarios (--details)",
        ),
        (details.participants.is_empty(), "no participants (--participant)"),
        (details.prepared_by.is_empty(), "no preparer (--prepared-by)"),
        (details.approved_by.is_empty(), "no approver (--approved-by)"),
        (details.scope.is_none(), "no scope (--details)"),
    ];
    let missing: Vec<&str> = parts
        .iter()
        .filter(|(missing, _)| *missing)
        .map(|(_, what)| *what)
        .collect();
    match missing[..] {
        [] => None,
        [one] => Some(format!("Not given: {one}.")),
        [ref first @ .., last] => Some(format!("Not given: {}, and {last}.", first.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn dates_read_well_and_odd_ones_stay() {
        assert_eq!(date("2026-11-01T09:14:03Z"), "1 November 2026");
        for odd in ["yesterday", "2026-13-01", "2026-00-01", "", "a-b-c"] {
            assert_eq!(date(odd), odd);
        }
    }

    #[test]
    fn missing_details_are_listed_in_one_line() {
        let line = not_given(&fixtures::passing().report).unwrap();
        assert!(
            line.starts_with("Not given: no plan (--plan), ") && line.ends_with("and no scope (--details)."),
            "{line}"
        );
        assert_eq!(not_given(&fixtures::quarterly().report), None);
    }
}
