//! Archived objects: not read before they were restored, which takes its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::s3_http::bench::{Bench, HttpAnswer, NOW_US};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;

/// A bucket with an object of each class, and a calendar that is moved by hand.
struct Archives {
    bench: Bench,
    now: Arc<AtomicI64>,
}

fn archives() -> Archives {
    let now = Arc::new(AtomicI64::new(NOW_US));
    let calendar = now.clone();
    let calendar = Arc::new(move || calendar.load(Ordering::Relaxed));
    let bench = Bench::at(super::MANY, super::LARGE, calendar);
    assert_eq!(bench.put("/bucket", b"").status, 200);
    for (key, class) in [
        ("warm", "STANDARD"),
        ("glacier", "GLACIER"),
        ("deep", "DEEP_ARCHIVE"),
    ] {
        let class = [("x-amz-storage-class", class)];
        let put = bench.send("PUT", &format!("/bucket/{key}"), &class, b"body");
        assert_eq!(put.status, 200);
    }
    Archives { bench, now }
}

impl Archives {
    fn pass(&self, us: i64) {
        self.now.fetch_add(us, Ordering::Relaxed);
    }

    fn restore(&self, key: &str, days: i32, tier: &str) -> HttpAnswer {
        let document = format!(
            "<RestoreRequest><Days>{days}</Days><GlacierJobParameters><Tier>{tier}</Tier></GlacierJobParameters>\
             </RestoreRequest>"
        );
        let path = format!("/bucket/{key}?restore");
        self.bench.send("POST", &path, &[], document.as_bytes())
    }

    fn restore_header(&self, key: &str) -> Option<String> {
        let head = self.bench.send("HEAD", &format!("/bucket/{key}"), &[], b"");
        assert_eq!(head.status, 200);
        head.headers.get("x-amz-restore").cloned()
    }

    /// The status of a read, and the code of its error.
    fn read(&self, key: &str) -> (u16, Option<String>) {
        let answer = self.bench.get(&format!("/bucket/{key}"));
        (answer.status, answer.element("Code"))
    }

    fn copied(&self, key: &str) -> (u16, Option<String>) {
        let source = format!("/bucket/{key}");
        let copy = [("x-amz-copy-source", source.as_str())];
        let answer = self.bench.send("PUT", "/bucket/copy", &copy, b"");
        (answer.status, answer.element("Code"))
    }
}

fn refused(status: u16, code: &str) -> (u16, Option<String>) {
    (status, Some(code.to_owned()))
}

const ONGOING: &str = "ongoing-request=\"true\"";

#[test]
fn an_archived_object_is_read_after_the_wait_of_its_tier() {
    let archives = archives();
    for (key, tier, hours_us) in [
        ("glacier", "Expedited", 5 * MINUTE_US),
        ("glacier", "Standard", 5 * HOUR_US),
        ("glacier", "Bulk", 12 * HOUR_US),
        ("deep", "Standard", 12 * HOUR_US),
        ("deep", "Bulk", 48 * HOUR_US),
    ] {
        assert_eq!(archives.restore_header(key), None);
        assert_eq!(archives.read(key), refused(403, "InvalidObjectState"));
        assert_eq!(archives.copied(key), refused(403, "ObjectNotInActiveTierError"));
        assert_eq!(archives.restore(key, 1, tier).status, 202, "{key}, {tier}");
        archives.pass(hours_us - 1);
        assert_eq!(archives.restore_header(key).as_deref(), Some(ONGOING));
        assert_eq!(archives.read(key), refused(403, "InvalidObjectState"));
        archives.pass(1);
        let told = archives.restore_header(key).unwrap();
        assert!(
            told.starts_with("ongoing-request=\"false\", expiry-date=\"")
                && told.ends_with(" 00:00:00 GMT\""),
            "{told}"
        );
        assert_eq!(
            (archives.read(key), archives.copied(key)),
            ((200, None), (200, None))
        );
        archives.pass(49 * HOUR_US);
    }
}

#[test]
fn a_restore_is_asked_for_once_unless_it_is_to_be_faster() {
    let archives = archives();
    assert_eq!(archives.restore("glacier", 3, "Bulk").status, 202);
    let again = archives.restore("glacier", 3, "Bulk");
    assert_eq!(
        (again.status, again.element("Code").as_deref()),
        (409, Some("RestoreAlreadyInProgress"))
    );
    assert_eq!(
        archives.restore("glacier", 3, "Expedited").status,
        202,
        "an upgrade"
    );
    archives.pass(5 * MINUTE_US);
    let until = "ongoing-request=\"false\", expiry-date=\"Mon, 05 Jan 2026 00:00:00 GMT\"";
    assert_eq!(archives.restore_header("glacier").as_deref(), Some(until));
    assert_eq!(
        archives.restore("glacier", 7, "Standard").status,
        200,
        "it is there"
    );
    let later = "ongoing-request=\"false\", expiry-date=\"Fri, 09 Jan 2026 00:00:00 GMT\"";
    assert_eq!(archives.restore_header("glacier").as_deref(), Some(later));
}

#[test]
fn what_cannot_be_restored_is_refused() {
    let archives = archives();
    for (answer, status, code) in [
        (archives.restore("warm", 1, "Standard"), 403, "InvalidObjectState"),
        (archives.restore("deep", 1, "Expedited"), 400, "InvalidArgument"),
        (archives.restore("deep", 0, "Standard"), 400, "MalformedXML"),
        (archives.restore("deep", 1, "Soon"), 400, "MalformedXML"),
        (archives.restore("nothing", 1, "Standard"), 404, "NoSuchKey"),
        (
            archives.bench.send("POST", "/bucket/deep?restore", &[], b""),
            400,
            "MalformedXML",
        ),
    ] {
        assert_eq!(
            (answer.status, answer.element("Code").as_deref()),
            (status, Some(code)),
            "{}",
            answer.text()
        );
    }
    assert_eq!(archives.restore_header("deep"), None);
}
