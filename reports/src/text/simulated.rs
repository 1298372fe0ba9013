//! Shares, intervals and times of what was simulated: the same in forecasts and in reports of drills.

use drill::report::Metric;

use super::{count, span};

/// A time in seconds as people say it; from ten seconds on without fractions.
pub(crate) fn time(seconds: f64) -> String {
    span(if seconds.abs() >= 10.0 {
        seconds.round()
    } else {
        seconds
    })
}

/// A time that is held against a target: rounding must not hide on which side of it it lies.
pub(crate) fn against(seconds: f64, target_s: f64) -> String {
    match time(seconds) {
        same if seconds != target_s && same == time(target_s) => format!("{seconds:.3}s"),
        shown => shown,
    }
}

/// `71.3 %`: never all or none where it is not exactly that.
pub(crate) fn percent(share: f64) -> String {
    match share {
        s if s.is_nan() => "not known".to_owned(),
        s if s <= 0.0 => "0 %".to_owned(),
        s if s >= 1.0 => "100 %".to_owned(),
        s if s < 0.001 => "< 0.1 %".to_owned(),
        s if s > 0.999 => "> 99.9 %".to_owned(),
        s => format!("{:.1} %", s * 100.0),
    }
}

/// So many of the runs.
pub(crate) fn part(n: u64, runs: u64) -> String {
    percent(n as f64 / runs as f64)
}

/// `70.4–72.2 %`; one figure where both ends read the same.
pub(crate) fn interval(low: f64, high: f64) -> String {
    let (from, to) = (percent(low), percent(high));
    let plain = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    match from.strip_suffix(" %") {
        _ if from == to => to,
        Some(bare) if plain(&from) && plain(&to) => format!("{bare}–{to}"),
        _ => format!("{from} to {to}"),
    }
}

/// `in all of 1,000 simulated disasters`, if it is all or none of them.
pub(crate) fn in_all_or_none(n: u64, runs: u64) -> Option<String> {
    let which = match n {
        0 => "none",
        n if n >= runs => "all",
        _ => return None,
    };
    Some(format!("in {which} of {} simulated disasters", count(runs)))
}

/// What lies beyond every value of the figure.
pub(crate) fn beyond(metric: Metric) -> &'static str {
    match metric {
        Metric::Rpo => "no older copy",
        Metric::Rto | Metric::Mtd | Metric::Failback | Metric::Fleet | Metric::Protection => "not back",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_0_or_100_percent_only_if_exact() {
        let shown = [
            0.0,
            0.00004,
            0.001,
            0.713,
            0.99899,
            0.9991,
            0.999_99,
            1.0,
            f64::NAN,
        ]
        .map(percent);
        let expected = [
            "0 %",
            "< 0.1 %",
            "0.1 %",
            "71.3 %",
            "99.9 %",
            "> 99.9 %",
            "> 99.9 %",
            "100 %",
            "not known",
        ];
        assert_eq!(shown, expected);
        assert_eq!(interval(0.704, 0.722), "70.4–72.2 %");
        assert_eq!(interval(0.9996, 1.0), "> 99.9 % to 100 %");
    }

    #[test]
    fn rounding_does_not_move_a_time_over_its_target() {
        assert_eq!(against(3600.2, 3600.0), "3600.200s");
        assert_eq!(against(3600.0, 3600.0), "1h");
        assert_eq!(against(4326.6, 3600.0), "1h 12m 07s");
    }
}
