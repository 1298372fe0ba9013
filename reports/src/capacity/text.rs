//! The recommendation in sentences.

use drill::units::Span;
use forecast::capacity::Study;
use forecast::capacity::advice::Advice;
use forecast::capacity::needs::Needs;

use crate::text::{count, plural, share};

/// A human-readable time, given in milliseconds; from ten seconds on without fractions.
pub(super) fn time(ms: i64) -> String {
    let rounded = if ms.abs() >= 10_000 {
        (ms + 500) / 1_000 * 1_000
    } else {
        ms
    };
    Span::from_millis(rounded).to_string()
}

/// When all were back, or that they never were.
pub(super) fn back(ms: Option<i64>) -> String {
    ms.map_or_else(|| "not within the time looked at".to_owned(), time)
}

/// The first sentence: whether the target is met, in a few words.
pub(super) fn headline(study: &Study, advice: &Advice) -> String {
    let now = &advice.now;
    let fleet = plural(now.devices, "device");
    let all = match now.gave_up {
        0 => format!("all back {}", after(now.back_after_ms[3])),
        gave_up => format!("{} of them gave up", count(gave_up)),
    };
    let verdict = if now.meets { "Within" } else { "Not within" };
    format!(
        "{verdict} {}: {fleet} on {} connects/s with {}, {all}",
        time(study.target_ms),
        count(now.connects_per_second.into()),
        now.policy
    )
}

fn after(ms: Option<i64>) -> String {
    ms.map_or_else(
        || "never, as far as it was looked".to_owned(),
        |ms| format!("after {}", time(ms)),
    )
}

/// What to buy or to change.
pub(super) fn recommendation(study: &Study, advice: &Advice) -> Vec<String> {
    let now = &advice.now;
    let rate = count(now.connects_per_second.into());
    let target = time(study.target_ms);
    let mut said = Vec::new();
    let least = advice
        .least_rates
        .first()
        .and_then(|least| least.connects_per_second);
    let buy = least.map(|least| format!("{} connects/s", count(least.into())));
    if advice.least_rate_of_any.is_none() {
        said.push(format!(
            "No quota and no policy meets {target}: the endpoint is closed for {}.",
            time(study.closed_for_ms)
        ));
        return said;
    }
    if now.floor_ms > study.target_ms {
        said.push(format!(
            "With the quota of {rate}/s no policy meets {target}: the quota alone takes {} to let {} in.",
            time(now.floor_ms),
            plural(now.devices, "device")
        ));
    }
    match (now.meets, buy) {
        (true, Some(buy)) => said.push(format!("{buy} would be enough with {}.", now.policy)),
        (false, Some(buy)) => said.push(format!("Buy {buy}: the least that meets it with {}.", now.policy)),
        (_, None) => said.push(format!("No quota meets it with {}.", now.policy)),
    }
    if let Some(better) = &advice.better {
        said.push(format!(
            "{} {}: all back {}, {} attempts instead of {}.",
            if now.meets {
                "Cheaper is"
            } else {
                "Or change the policy to"
            },
            better.policy,
            after(better.back_after_ms[3]),
            count(better.attempts),
            count(now.attempts)
        ));
    }
    if let Some(any) = advice.least_rate_of_any.filter(|_| !now.meets) {
        said.push(format!("Below {} connects/s no policy does.", count(any.into())));
    }
    said.push(format!(
        "{} of {} attempts are refused; at most {} come in one second.",
        share(now.refused as f64, now.attempts as f64),
        count(now.attempts),
        count(now.peak_per_second)
    ));
    said
}

/// What stands behind the broker.
pub(super) fn needs(needs: &Needs) -> Vec<(String, String)> {
    let number = |n: f64| match n {
        n if n >= 10.0 => count(n.round() as u64),
        n => format!("{n:.2}"),
    };
    let outbox = if needs.outbox <= needs.outbox_of_profile {
        format!(
            "{} messages; the profile holds {}",
            count(needs.outbox),
            count(needs.outbox_of_profile)
        )
    } else {
        format!(
            "{} messages, and the profile holds {}: the rest is lost",
            count(needs.outbox),
            count(needs.outbox_of_profile)
        )
    };
    let mut rows = vec![
        (
            "Messages".to_owned(),
            format!(
                "{}/s in the steady state, up to {}/s while devices come back",
                number(needs.steady_messages_per_second),
                number(needs.storm_messages_per_second)
            ),
        ),
        ("Outbox of a device".to_owned(), outbox),
    ];
    for function in &needs.functions {
        let takes = if function.takes_is_timeout {
            format!(
                "at its timeout of {}s (--function-takes says what one really takes)",
                function.takes_s
            )
        } else {
            format!("at {}s each", function.takes_s)
        };
        rows.push((
            format!("Function {}", function.function),
            format!(
                "{} invocations/s by rule {}, up to {}/s while devices come back: {} at once {takes}",
                number(function.steady_invocations_per_second),
                function.rule,
                number(function.storm_invocations_per_second),
                number(function.storm_concurrency.ceil()),
            ),
        ));
    }
    rows.push((
        "To the other region".to_owned(),
        format!(
            "{} B/s in the steady state, up to {} B/s while devices come back",
            number(needs.replication_bytes_per_second),
            number(needs.storm_replication_bytes_per_second)
        ),
    ));
    rows
}
