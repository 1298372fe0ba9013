//! What calls and bytes cost in time at AWS: loopback is not AWS.
//!
//! ```text
//!   calls by operation, bytes ──► scaled to the real bucket ──► waits + transfer, not above the request rate
//! ```
//!
//! Every figure is the slow end of what AWS says, so that no drill passes by luck; what AWS says nothing about is
//! assumed, and marked so. Nothing here is measured.
//!
//! | figure | value | source |
//! |---|---|---|
//! | one request of S3 | 200 ms | Amazon S3 user guide, "Best practices design patterns: optimizing Amazon S3 performance": small objects and first bytes in roughly 100–200 ms |
//! | one connection | 85 MB/s | the same guide, "Performance design patterns": one concurrent request for each 85–90 MB/s |
//! | requests of one prefix | 3,500 writes/s, 5,500 reads/s | the same guide: at least so many, of a prefix that is not partitioned further |
//! | a page of a listing | 1,000 keys | Amazon S3 API reference, `ListObjectsV2` |
//! | a copy within S3 | as one request and one connection | assumed |
//! | one request of another service | 200 ms | assumed |

use std::collections::BTreeMap;

use drill::units::{ByteSize, Span};

/// From a request to the first byte of its answer.
const REQUEST: Span = Span::from_millis(200);

/// Bytes a second that one connection carries.
const CONNECTION: u128 = 85_000_000;

/// Requests a second that write, of one prefix.
const WRITES: u128 = 3_500;

/// Requests a second that read, of one prefix.
const READS: u128 = 5_500;

/// Keys in one page of a listing.
const PAGE: u64 = 1_000;

/// What a step did with the cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Requests by operation (`GetObject`), those that were made again included.
    pub(crate) calls: BTreeMap<String, u64>,
    /// Bytes of bodies, both ways.
    pub(crate) bytes: u64,
}

/// Objects, and the bytes of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
}

/// The bucket that a step went over as a whole: what it holds here, and what the real one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) here: Stock,
    pub(crate) real: Stock,
}

/// The time that work takes at AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) span: Span,
    /// What it stands for.
    pub(crate) words: String,
}

/// How an operation of S3 is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One for each object: its body is read.
    Read,
    /// One for each object: something is read about it.
    Look,
    /// One for each object: its body is written.
    Write,
    /// One for each object: it is changed without a body.
    Touch,
    /// One for each object: it is copied within S3.
    Copy,
    /// One for each page, one after the other.
    List,
    /// One by itself.
    Single,
}

fn kind(operation: &str) -> Kind {
    match operation {
        "GetObject" => Kind::Read,
        "HeadObject" | "GetObjectAttributes" | "GetObjectTagging" => Kind::Look,
        "PutObject" | "UploadPart" => Kind::Write,
        "DeleteObject" | "CreateMultipartUpload" | "CompleteMultipartUpload" => Kind::Touch,
        "CopyObject" | "UploadPartCopy" => Kind::Copy,
        "ListObjects" | "ListObjectsV2" | "ListObjectVersions" => Kind::List,
        _ => Kind::Single,
    }
}

/// Requests at AWS.
#[derive(Clone, Copy, Debug, Default)]
struct Requests {
    /// Requests that read, side by side.
    reads: u128,
    /// Requests that write, side by side.
    writes: u128,
    /// How many of both carry, or copy, the body of an object.
    bodies: u128,
    /// Requests that come one after the other.
    in_turn: u128,
}

impl Requests {
    fn of(work: &Work, scale: Option<Scale>) -> Requests {
        let mut requests = Requests::default();
        for (operation, calls) in &work.calls {
            let calls = u128::from(*calls);
            let objects = || scale.map_or(calls, |scale| scale.objects(calls));
            match kind(operation) {
                Kind::Read => requests.add(objects(), 0, true),
                Kind::Look => requests.add(objects(), 0, false),
                Kind::Write | Kind::Copy => requests.add(0, objects(), true),
                Kind::Touch => requests.add(0, objects(), false),
                Kind::List => requests.in_turn += scale.map_or(calls, |scale| scale.pages(calls)),
                Kind::Single => requests.in_turn += calls,
            }
        }
        requests
    }

    fn add(&mut self, reads: u128, writes: u128, with_bodies: bool) {
        self.reads = self.reads.saturating_add(reads);
        self.writes = self.writes.saturating_add(writes);
        if with_bodies {
            self.bodies = self.bodies.saturating_add(reads).saturating_add(writes);
        }
    }

    fn side_by_side(self) -> u128 {
        self.reads.saturating_add(self.writes)
    }

    fn all(self) -> u128 {
        self.side_by_side().saturating_add(self.in_turn)
    }
}

/// What this work takes at AWS, with so many requests under way at once. `scale` is there for work that goes
/// over a whole bucket: there every body is as large as the mean of the real ones, whatever went over the wire
/// here. Bytes of other work are charged as they are.
pub(crate) fn charge(work: &Work, scale: Option<Scale>, concurrency: u64) -> Charge {
    let concurrency = u128::from(concurrency.max(1));
    let requests = Requests::of(work, scale);
    let bytes = scale.map_or(u128::from(work.bytes), |scale| {
        requests.bodies.saturating_mul(scale.mean_object())
    });
    let us = time(requests, bytes, concurrency);
    let span = Span::from_us(i64::try_from(us).unwrap_or(i64::MAX));
    Charge {
        span,
        words: words(span, requests.all(), bytes, scale, concurrency),
    }
}

/// In microseconds.
fn time(requests: Requests, bytes: u128, concurrency: u128) -> u128 {
    let request = u128::from(REQUEST.as_us().unsigned_abs());
    let side_by_side = requests
        .side_by_side()
        .saturating_mul(request)
        .div_ceil(concurrency);
    let waits = side_by_side.saturating_add(requests.in_turn.saturating_mul(request));
    let at_rate = |amount: u128, a_second: u128| amount.saturating_mul(1_000_000).div_ceil(a_second);
    let transfer = at_rate(bytes, CONNECTION * concurrency);
    let at_the_limit = at_rate(requests.reads, READS).max(at_rate(requests.writes, WRITES));
    waits.saturating_add(transfer).max(at_the_limit)
}

/// `charged 6m 42s for what 20,010 calls and 2 GiB take at AWS, 10 at a time, scaled from …`.
fn words(span: Span, calls: u128, bytes: u128, scale: Option<Scale>, concurrency: u128) -> String {
    let size = |bytes: u128| ByteSize(u64::try_from(bytes).unwrap_or(u64::MAX));
    let scaled = scale.filter(|scale| scale.here != scale.real).map(|scale| {
        let Scale { here, real } = scale;
        format!(
            ", scaled from {} objects and {} here to {} and {}",
            here.objects,
            ByteSize(here.bytes),
            real.objects,
            ByteSize(real.bytes)
        )
    });
    format!(
        "charged {span} for what {calls} calls and {} take at AWS ({REQUEST} a call, 85 MB/s a connection, by its \
         performance guidelines), {concurrency} at a time{}",
        size(bytes),
        scaled.unwrap_or_default()
    )
}

impl Scale {
    /// Calls that are made for each object.
    fn objects(self, calls: u128) -> u128 {
        scaled(calls, self.real.objects, self.here.objects)
    }

    /// Calls of which each lists a page.
    fn pages(self, calls: u128) -> u128 {
        let pages = |objects: u64| objects.div_ceil(PAGE).max(1);
        scaled(calls, pages(self.real.objects), pages(self.here.objects))
    }

    fn mean_object(self) -> u128 {
        u128::from(self.real.bytes).div_ceil(u128::from(self.real.objects.max(1)))
    }
}

/// `amount × real ÷ here`, rounded up; as it is where there is nothing here to compare with.
fn scaled(amount: u128, real: u64, here: u64) -> u128 {
    match here {
        0 => amount,
        here => amount.saturating_mul(u128::from(real)).div_ceil(u128::from(here)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(calls: &[(&str, u64)], bytes: u64) -> Work {
        let calls = calls.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        Work { calls, bytes }
    }

    fn scale(here: (u64, u64), real: (u64, u64)) -> Option<Scale> {
        let stock = |(objects, bytes)| Stock { objects, bytes };
        Some(Scale {
            here: stock(here),
            real: stock(real),
        })
    }

    #[test]
    fn calls_wait_and_bytes_travel() {
        // 100 reads of 200 ms, ten at a time: 2 s. 850 MB over ten connections of 85 MB/s: 1 s.
        let reads = work(&[("GetObject", 100)], 850_000_000);
        assert_eq!(charge(&reads, None, 10).span, Span::from_secs(3));
        // Pages and settings come one after the other: 5 × 200 ms.
        let turns = work(&[("ListObjectsV2", 3), ("PutBucketVersioning", 2)], 0);
        assert_eq!(charge(&turns, None, 10).span, Span::from_secs(1));
        assert_eq!(charge(&Work::default(), None, 10).span, Span::ZERO);
        // Without concurrency to speak of, one after the other.
        assert_eq!(
            charge(&work(&[("GetObject", 10)], 0), None, 0).span,
            Span::from_secs(2)
        );
    }

    #[test]
    fn the_request_rate_of_a_prefix_is_not_exceeded() {
        // 1,000 at a time would take 3.5 s; 17,500 writes at 3,500/s take 5 s.
        assert_eq!(
            charge(&work(&[("PutObject", 17_500)], 0), None, 1_000).span,
            Span::from_secs(5)
        );
        // 55,000 reads at 5,500/s: 10 s instead of 1.1 s.
        assert_eq!(
            charge(&work(&[("HeadObject", 55_000)], 0), None, 10_000).span,
            Span::from_secs(10)
        );
    }

    #[test]
    fn work_on_a_whole_bucket_is_scaled_to_the_real_one() {
        // 500 objects of 8.5 kB here, 20,000 of 85 kB there: 40 times the calls, ten times the bytes of each.
        let to_real = scale((500, 4_250_000), (20_000, 1_700_000_000));
        let verify = work(&[("ListObjectVersions", 1), ("GetObject", 500)], 4_250_000);
        // 20 pages: 4 s. 20,000 reads ten at a time: 400 s. 1.7 GB over ten connections: 2 s.
        let charged = charge(&verify, to_real, 10);
        assert_eq!(charged.span, Span::from_secs(406));
        assert!(
            charged
                .words
                .starts_with("charged 6m 46s for what 20020 calls and 1.5 GiB take at AWS"),
            "{}",
            charged.words
        );
        assert!(
            charged.words.contains("scaled from 500 objects"),
            "{}",
            charged.words
        );
        // A part of the bucket stands for the same part of the real one.
        assert_eq!(
            charge(&work(&[("HeadObject", 50)], 0), to_real, 10).span,
            Span::from_secs(40)
        );
    }

    #[test]
    fn a_copy_moves_an_object_of_the_real_size_within_s3() {
        // 100 objects here stand for 1,000 of 85 MB: 1,000 copies, ten at a time: 20 s, and 85 GB over ten
        // connections: 100 s.
        let to_real = scale((100, 100_000), (1_000, 85_000_000_000));
        assert_eq!(
            charge(&work(&[("CopyObject", 100)], 0), to_real, 10).span,
            Span::from_secs(120)
        );
    }

    #[test]
    fn the_largest_of_buckets_is_no_overflow_and_an_empty_one_no_division() {
        let most = scale((1, 1), (u64::MAX, u64::MAX));
        assert_eq!(
            charge(&work(&[("GetObject", u64::MAX)], u64::MAX), most, 1).span,
            Span::MAX
        );
        let none = scale((0, 0), (1_000, 0));
        assert_eq!(
            charge(&work(&[("GetObject", 10)], 0), none, 10).span,
            Span::from_millis(200)
        );
    }
}
