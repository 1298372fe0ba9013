//! Dates of the drill's calendar, as Lambda writes them.

use time::OffsetDateTime;

fn date(us: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(us) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `2026-11-21T13:48:51.000`.
fn millis(us: i64) -> String {
    let date = date(us);
    let (year, month, day) = date.to_calendar_date();
    let (hour, minute, second, millis) = date.to_hms_milli();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}")
}

/// As `LastModified` is written: `2026-11-21T13:48:51.000+0000`.
pub(crate) fn last_modified(us: i64) -> String {
    millis(us) + "+0000"
}

/// As records of destinations have it: `2026-11-21T13:48:51.000Z`.
pub(crate) fn with_z(us: i64) -> String {
    millis(us) + "Z"
}

/// `2026-11-21` and `13.48.51`.
pub(crate) fn day_and_time(us: i64) -> (String, String) {
    let text = millis(us);
    (text[..10].to_owned(), text[11..19].replace(':', "."))
}

/// Seconds since the Unix epoch, as JSON timestamps are.
pub(crate) fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_aws_does() {
        let us = 1_767_225_600_123_456;
        assert_eq!(last_modified(us), "2026-01-01T00:00:00.123+0000");
        assert_eq!(day_and_time(us), ("2026-01-01".to_owned(), "00.00.00".to_owned()));
    }
}
