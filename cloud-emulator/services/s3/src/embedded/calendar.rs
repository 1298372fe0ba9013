//! The store's time: a calendar that the drill owns.
//!
//! `LastModified` and version dates follow drill time (drill 0 is the wall time of the start), so the store
//! never asks the system clock. It is given a function instead.

use std::sync::Arc;

use http::HeaderValue;
use s3s::dto::{Timestamp, TimestampFormat};
use time::OffsetDateTime;

/// Microseconds since the Unix epoch on the drill's calendar, now.
pub type Calendar = Arc<dyn Fn() -> i64 + Send + Sync>;

/// `us` microseconds since the Unix epoch, as S3's messages carry it; instants out of range give the epoch.
pub(crate) fn timestamp(us: i64) -> Timestamp {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(us) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .into()
}

/// The same as a header's value: `Thu, 01 Jan 2026 00:00:00 GMT`.
pub(crate) fn http_date(us: i64) -> Option<HeaderValue> {
    let mut text = Vec::new();
    timestamp(us).format(TimestampFormat::HttpDate, &mut text).ok()?;
    HeaderValue::from_bytes(&text).ok()
}

/// Microseconds since the Unix epoch.
pub(crate) fn micros(timestamp: &Timestamp) -> i64 {
    let date: OffsetDateTime = timestamp.clone().into();
    i64::try_from(date.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// HTTP dates know whole seconds, and conditions on them compare whole seconds.
pub(crate) fn whole_seconds(us: i64) -> i64 {
    us.div_euclid(1_000_000)
}
