//! What calls and bytes cost in time at AWS: loopback is not AWS.
//!
//! ```text
//!   a call ──► as many as it stands for, one after the other ──► waits + transfer of its bodies
//! ```
//!
//! Every figure is the slow end of what AWS says, so that no drill passes by luck; what AWS says nothing about is
//! assumed, and marked so. Nothing here is measured. How many calls are under way at once is the client's doing, here
//! as there: one that makes ten at a time takes a tenth of the time.
//!
//! | figure | value | source |
//! |---|---|---|
//! | one request of S3 | 200 ms | Amazon S3 user guide, "Best practices design patterns: optimizing Amazon S3 performance": small objects and first bytes in roughly 100–200 ms |
//! | one connection | 85 MB/s | the same guide, "Performance design patterns": one concurrent request for each 85–90 MB/s |
//! | a page of a listing | 1,000 keys | Amazon S3 API reference, `ListObjectsV2` |
//! | names in one deletion | 1,000 | Amazon S3 API reference, `DeleteObjects` |
//! | a copy within S3 | as one request and one connection | assumed |
//! | one request of another service | 200 ms | assumed |
//!
//! The rates that S3 allows a prefix (3,500 writes and 5,500 reads a second) would take 700 calls at a time to reach.

use crate::units::{ByteSize, Span};

/// From a request to the first byte of its answer.
const REQUEST: Span = Span::from_millis(200);

/// Bytes a second that one connection carries.
const CONNECTION: u128 = 85_000_000;

/// Keys in one page of a listing, and names in one deletion.
const PAGE: u64 = 1_000;

/// Objects, and the bytes of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// How many.
    pub objects: u64,
    /// Of all of them.
    pub bytes: u64,
}

/// A bucket that stands for a larger one: what it holds here, and what the real one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// What it holds in the drill.
    pub here: Stock,
    /// What the real one holds.
    pub real: Stock,
}

/// What one call takes at AWS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// Before it takes effect.
    pub before: Span,
    /// After that, until its answer has arrived.
    pub after: Span,
    /// How many calls it stands for.
    pub calls: u64,
    /// Bytes of the bodies of all of them.
    pub bytes: u64,
}

/// One call to S3 or to another service.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The operation (`GetObject`).
    pub operation: &'a str,
    /// How many objects it is about.
    pub objects: u64,
    /// Bytes of its body, or of the range that it copies.
    pub sent: u64,
    /// Bytes of the body of its answer.
    pub received: u64,
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
    /// One for each page.
    List,
    /// One for each thousand objects.
    DeleteMany,
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
        "DeleteObjects" => Kind::DeleteMany,
        "AbortMultipartUpload" => Kind::Touch,
        "ListParts" => Kind::Look,
        // `PutObjectLockConfiguration` is a setting of the bucket.
        _ if operation.contains("ObjectLockConfiguration") => Kind::Single,
        _ if operation.starts_with("GetObject") => Kind::Look,
        _ if ["PutObject", "DeleteObject", "RestoreObject"]
            .iter()
            .any(|one| operation.starts_with(one)) =>
        {
            Kind::Touch
        }
        _ => Kind::Single,
    }
}

/// What a call takes at AWS. With a `scale` it stands for as many calls as one object here stands for, which carry what
/// went over the wire here as often as the real bucket is larger in bytes: a part of an object, or a range of it, is no
/// whole object. The size of a copy within S3 is not visible in the call: it counts as a whole object of the mean size.
pub fn charge(made: Made<'_>, scale: Option<Scale>) -> Charge {
    let kind = kind(made.operation);
    let calls = match kind {
        Kind::Single => Count::ONE,
        Kind::List => scale.map_or(Count::ONE, Scale::pages),
        Kind::DeleteMany => scale.map_or(Count::ONE, Scale::objects).of_names(made.objects),
        _ => scale.map_or(Count::ONE, Scale::objects),
    };
    let bodies = |here: u64| scale.map_or(Count::ONE, Scale::bytes).times(u128::from(here));
    let copied = match (made.sent, scale) {
        (0, Some(scale)) => calls.times(scale.mean_object()),
        (range, _) => bodies(range),
    };
    let (sent, received) = match kind {
        Kind::Read => (0, bodies(made.received)),
        Kind::Write => (bodies(made.sent), 0),
        Kind::Copy => (copied, 0),
        _ => (0, 0),
    };
    let travel = |bytes: u128| bytes.saturating_mul(1_000_000).div_ceil(CONNECTION);
    let request = u128::from(REQUEST.as_us().unsigned_abs());
    Charge {
        before: span(calls.times(request).saturating_add(travel(sent))),
        after: span(travel(received)),
        calls: u64::try_from(calls.times(1)).unwrap_or(u64::MAX),
        bytes: u64::try_from(sent.saturating_add(received)).unwrap_or(u64::MAX),
    }
}

fn span(us: u128) -> Span {
    Span::from_us(i64::try_from(us).unwrap_or(i64::MAX))
}

/// How many calls one call stands for: a ratio.
#[derive(Clone, Copy, Debug)]
struct Count {
    real: u128,
    here: u128,
}

impl Count {
    const ONE: Count = Count { real: 1, here: 1 };

    /// `real ÷ here`; one where there is nothing here to compare with.
    fn ratio(real: u64, here: u64) -> Count {
        match here {
            0 => Count::ONE,
            here => Count {
                real: u128::from(real),
                here: u128::from(here),
            },
        }
    }

    /// So many of each, rounded up.
    fn times(self, amount: u128) -> u128 {
        amount.saturating_mul(self.real).div_ceil(self.here)
    }

    /// Deletions of a thousand names each.
    fn of_names(self, names: u64) -> Count {
        let requests = self.times(u128::from(names)).div_ceil(u128::from(PAGE)).max(1);
        Count {
            real: requests,
            here: 1,
        }
    }
}

impl Scale {
    fn objects(self) -> Count {
        Count::ratio(self.real.objects, self.here.objects)
    }

    fn bytes(self) -> Count {
        Count::ratio(self.real.bytes, self.here.bytes)
    }

    fn pages(self) -> Count {
        let pages = |objects: u64| objects.div_ceil(PAGE).max(1);
        Count::ratio(pages(self.real.objects), pages(self.here.objects))
    }

    fn mean_object(self) -> u128 {
        u128::from(self.real.bytes).div_ceil(u128::from(self.real.objects.max(1)))
    }
}

/// `charged 6m 42s for what 20,010 calls and 2 GiB take at AWS`.
pub fn describe(charged: Span, calls: u64, bytes: u64, scaled: bool) -> String {
    let scaled = if scaled {
        ", as many as its buckets stand for"
    } else {
        ""
    };
    let calls = match calls {
        1 => "1 call".to_owned(),
        calls => format!("{calls} calls"),
    };
    format!(
        "charged {charged} for what {calls} and {} take at AWS{scaled} ({REQUEST} a call, 85 MB/s a connection, by \
         its performance guidelines)",
        ByteSize(bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(operation: &str) -> Made<'_> {
        Made {
            operation,
            objects: 1,
            sent: 0,
            received: 0,
        }
    }

    fn scale(here: (u64, u64), real: (u64, u64)) -> Option<Scale> {
        let stock = |(objects, bytes)| Stock { objects, bytes };
        Some(Scale {
            here: stock(here),
            real: stock(real),
        })
    }

    fn ms(span: Span) -> i64 {
        span.as_us() / 1_000
    }

    #[test]
    fn calls_wait_and_bytes_travel() {
        let read = charge(
            Made {
                received: 85_000_000,
                ..made("GetObject")
            },
            None,
        );
        assert_eq!((ms(read.before), ms(read.after), read.calls), (200, 1_000, 1));
        let write = charge(
            Made {
                sent: 8_500_000,
                ..made("PutObject")
            },
            None,
        );
        assert_eq!((ms(write.before), ms(write.after)), (300, 0));
        assert_eq!(ms(charge(made("PutBucketVersioning"), None).before), 200);
    }

    #[test]
    fn a_call_stands_for_as_many_as_its_object_does() {
        // 500 objects of 8.5 kB here, 20,000 of 85 kB there: 40 times the calls, ten times the bytes of each.
        let to_real = scale((500, 4_250_000), (20_000, 1_700_000_000));
        let body = Made {
            received: 8_500,
            ..made("GetObject")
        };
        let read = charge(body, to_real);
        assert_eq!((ms(read.before), ms(read.after)), (8_000, 40));
        assert_eq!((read.calls, read.bytes), (40, 3_400_000));
        assert_eq!(ms(charge(made("CopyObject"), to_real).before), 8_040);
        for one in [
            "HeadObject",
            "GetObjectAcl",
            "PutObjectTagging",
            "RestoreObject",
            "PutObjectRetention",
        ] {
            assert_eq!(ms(charge(made(one), to_real).before), 8_000, "{one}");
        }
        assert_eq!(
            ms(charge(made("PutObjectLockConfiguration"), to_real).before),
            200
        );
        // 20 pages instead of one.
        assert_eq!(ms(charge(made("ListObjectVersions"), to_real).before), 4_000);
        assert_eq!(ms(charge(made("PutBucketPolicy"), to_real).before), 200);
        // 100 names here are 4,000 there, in four deletions.
        let many = Made {
            objects: 100,
            ..made("DeleteObjects")
        };
        assert_eq!(ms(charge(many, to_real).before), 800);
    }

    #[test]
    fn a_part_of_an_object_carries_a_part_of_its_bytes() {
        let to_real = scale((500, 4_250_000), (20_000, 1_700_000_000));
        let half = |operation, sent, received| {
            let made = Made {
                sent,
                received,
                ..made(operation)
            };
            let charge = charge(made, to_real);
            (charge.calls, charge.bytes)
        };
        assert_eq!(half("UploadPart", 4_250, 0), (40, 1_700_000));
        assert_eq!(half("UploadPartCopy", 4_250, 0), (40, 1_700_000));
        // A range is read.
        assert_eq!(half("GetObject", 0, 4_250), (40, 1_700_000));
    }

    #[test]
    fn one_call_is_one_call() {
        let said = |calls| describe(Span::from_secs(1), calls, 10, false);
        assert!(said(1).contains("for what 1 call and 10 B take"), "{}", said(1));
        assert!(said(2).contains("for what 2 calls and"), "{}", said(2));
    }

    #[test]
    fn the_largest_of_buckets_is_no_overflow_and_an_empty_one_no_division() {
        let most = scale((1, 1), (u64::MAX, u64::MAX));
        assert_eq!(charge(made("PutObject"), most).before, Span::MAX);
        let none = scale((0, 0), (1_000, 0));
        assert_eq!(ms(charge(made("GetObject"), none).before), 200);
    }
}
