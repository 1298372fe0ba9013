//! What the inbox makes of deliveries, good and bad.

use std::time::Duration;

use runtime::wall;
use sha2::{Digest, Sha256};

use super::*;

const GOOD: &str = "(display 1)";

/// Runs what does not say otherwise.
struct Literal;

impl RunProgram for Literal {
    fn run(&self, source: &str) -> Result<(), ProgramError> {
        match source {
            "(panic)" => panic!("as it was told to"),
            "(error)" => Err(ProgramError::Failed("an error".to_owned())),
            _ => Ok(()),
        }
    }
}

fn announce(id: &str, source: &str) -> Bytes {
    let sha256 = hex::encode(Sha256::digest(source));
    let json = serde_json::json!({"id": id, "sha256": sha256, "source": source, "from": "a later version"});
    json.to_string().into()
}

fn inbox(sample: u32, runner: bool) -> ProgramInbox {
    let programs = Programs {
        sample,
        runner: runner.then(|| Arc::new(Literal) as Arc<dyn RunProgram>),
    };
    ProgramInbox::new(1, 10, &programs)
}

fn s(seconds: i64) -> DrillTime {
    DrillTime::from_secs(seconds)
}

fn deliver(inbox: &ProgramInbox, payload: &Bytes) {
    for device in 0..10 {
        inbox.delivered(device, payload, s(i64::from(device)));
    }
}

/// The counts once nothing waits.
fn counts(inbox: &ProgramInbox) -> ProgramCounts {
    for _ in 0..10_000 {
        let counts = inbox.counts();
        if counts.waiting == 0 {
            return counts;
        }
        wall::block(Duration::from_millis(1));
    }
    panic!("programs wait for ever");
}

#[test]
fn a_delivery_counts_once_for_each_device() {
    let inbox = inbox(0, false);
    let payload = announce("blink", GOOD);
    inbox.delivered(3, &payload, s(7));
    inbox.delivered(3, &payload, s(9));
    inbox.delivered(5, &payload, s(8));
    let counts = counts(&inbox);
    assert_eq!(counts.received["blink"], 2);
    assert_eq!(counts.checked["blink"], 0);
    assert_eq!(inbox.received("blink"), [(3, s(7)), (5, s(8))]);
    assert_eq!(inbox.received("other"), []);
}

#[test]
fn only_the_sample_checks_and_runs_programs() {
    let inbox = inbox(4, true);
    deliver(&inbox, &announce("good", GOOD));
    deliver(&inbox, &announce("bad", "(error)"));
    deliver(&inbox, &announce("panic", "(panic)"));
    deliver(&inbox, &announce("after", GOOD));
    let counts = counts(&inbox);
    for (id, ran) in [("good", 4), ("bad", 0), ("panic", 0), ("after", 4)] {
        assert_eq!(counts.received[id], 10, "{id}");
        assert_eq!(counts.checked[id], 4, "{id}");
        assert_eq!((counts.ran[id], counts.failed[id]), (ran, 4 - ran), "{id}");
    }
}

#[test]
fn missing_interpreter_runs_no_program() {
    let inbox = inbox(4, false);
    deliver(&inbox, &announce("good", GOOD));
    let counts = counts(&inbox);
    assert_eq!((counts.checked["good"], counts.ran["good"]), (4, 0));
}

#[test]
fn a_source_of_another_digest_is_not_run() {
    let inbox = inbox(10, true);
    let json =
        serde_json::json!({"id": "x", "sha256": hex::encode(Sha256::digest(GOOD)), "source": "(display 2)"});
    deliver(&inbox, &json.to_string().into());
    let counts = counts(&inbox);
    assert_eq!(
        (counts.checked["x"], counts.ran["x"], counts.failed["x"]),
        (0, 0, 10)
    );
}

#[test]
fn invalid_announcement_is_refused() {
    let inbox = inbox(10, true);
    let long = announce(&"x".repeat(300), GOOD);
    let others: [&[u8]; 6] = [
        b"",
        b"{",
        b"null",
        br#"{"id": "x"}"#,
        br#"{"id": 1, "sha256": "", "source": ""}"#,
        b"\xff\xfe",
    ];
    for payload in others {
        inbox.delivered(1, &Bytes::from_static(payload), s(0));
    }
    inbox.delivered(1, &long, s(0));
    inbox.delivered(1, &announce("", GOOD), s(0));
    let counts = counts(&inbox);
    assert_eq!(counts.refused, 8);
    assert!(counts.received.is_empty());
}

#[test]
fn no_more_programs_are_remembered_than_there_is_room_for() {
    let inbox = inbox(0, false);
    for n in 0..=MOST_PROGRAMS {
        inbox.delivered(0, &announce(&format!("program-{n}"), GOOD), s(0));
    }
    inbox.delivered(1, &announce("program-0", GOOD), s(0));
    let counts = counts(&inbox);
    assert_eq!(
        (
            counts.received.len(),
            counts.refused,
            counts.received["program-0"]
        ),
        (MOST_PROGRAMS, 1, 2)
    );
}

#[test]
fn programs_beyond_the_queue_are_counted_as_skipped() {
    let (sender, gate) = std::sync::mpsc::channel::<()>();
    struct Gated(Mutex<std::sync::mpsc::Receiver<()>>);
    impl RunProgram for Gated {
        fn run(&self, _source: &str) -> Result<(), ProgramError> {
            let waited = self.0.lock().recv();
            waited.map_err(|error| ProgramError::Failed(error.to_string()))
        }
    }
    let programs = Programs {
        sample: 500,
        runner: Some(Arc::new(Gated(Mutex::new(gate)))),
    };
    let inbox = ProgramInbox::new(1, 500, &programs);
    let payload = announce("x", GOOD);
    for device in 0..500 {
        inbox.delivered(device, &payload, s(0));
    }
    for _ in 0..500 {
        sender.send(()).unwrap();
    }
    let counts = counts(&inbox);
    assert!((256..=257).contains(&counts.ran["x"]), "{counts:?}");
    assert_eq!(counts.ran["x"] + counts.skipped["x"], 500);
}

#[test]
fn the_sample_is_the_same_for_the_same_seed_and_grows_from_within() {
    let small = sample(1, 100, 5);
    assert_eq!(small.len(), 5);
    assert_eq!(sample(1, 100, 5), small);
    assert!(small.is_subset(&sample(1, 100, 10)));
    assert_ne!(sample(2, 100, 5), small);
    assert_eq!(sample(1, 3, 5).len(), 3);
}
