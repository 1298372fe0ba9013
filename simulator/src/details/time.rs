//! The time at which something is said.

/// The wall time, as RFC 3339 in UTC to the second.
pub(super) fn now() -> String {
    let second = jiff::Timestamp::from_second(runtime::wall::now_us().div_euclid(1_000_000));
    second.map(|now| now.to_string()).unwrap_or_default()
}
