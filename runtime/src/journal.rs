//! Writes `journal.jsonl`: what happens, as it happens.
//!
//! ```text
//!   emit(event)            stamped with drill time here ─┐
//!   emit_at(time, event)   a modelled end, at its due ───┼─► queue ─► number, wall time, hash ─► file
//! ```
//!
//! The lines' shape and their verification are in [`drill::journal`]. Lines stand in the order of the
//! queue, which between two threads need not be that of their drill times.

use std::path::Path;
use std::sync::Arc;

use drill::journal::{Event, Line, NO_PREVIOUS, VERSION, line_hash};
use drill::text::plain_json;
use drill::units::DrillTime;
use parking_lot::Mutex;

use crate::clock::Clock;
use crate::sink::{Encoder, Sink, WriteError, create};
use crate::wall;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// The journal of a run. Cheap to clone; all clones write the same file.
#[derive(Clone)]
pub struct Journal {
    clock: Clock,
    sink: Arc<Sink<Lines>>,
    listener: Arc<Mutex<Option<Listener>>>,
}

/// Called with each line, on the thread that writes them.
type Listener = Box<dyn FnMut(&Line) + Send>;

impl Journal {
    /// A new journal at `path`. Secrets are masked in every text before a line is hashed; empty ones are
    /// none. Changes of the clock's rate are written into it from here on.
    ///
    /// # Errors
    /// If the file is there already or cannot be made.
    pub fn create(path: &Path, clock: &Clock, secrets: Vec<String>) -> Result<Journal, WriteError> {
        Journal::write_to(create(path)?, path, clock, secrets)
    }

    fn write_to(
        file: std::fs::File,
        path: &Path,
        clock: &Clock,
        mut secrets: Vec<String>,
    ) -> Result<Journal, WriteError> {
        secrets.retain(|secret| !secret.is_empty());
        // The longest first: of one that contains another nothing may be left over.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let listener = Arc::default();
        let lines = Lines {
            listener: Arc::clone(&listener),
            secrets,
            seq: 0,
            prev: NO_PREVIOUS.to_owned(),
        };
        let sink = Arc::new(Sink::open(file, path, Vec::new(), lines)?);
        let weak = Arc::downgrade(&sink);
        clock.on_rate_change(move |changes| {
            let Some(sink) = weak.upgrade() else { return };
            for change in changes {
                let (rate, reason) = (change.rate, change.reason.to_string());
                sink.put((change.drill, Event::Rate { rate, reason }));
            }
        });
        Ok(Journal {
            clock: clock.clone(),
            sink,
            listener,
        })
    }

    /// Hands every line to `listener` from here on, in order and with secrets masked, as it is written. It is
    /// called on the writer's thread, and must not block; there is one listener at a time.
    pub fn on_line(&self, listener: impl FnMut(&Line) + Send + 'static) {
        *self.listener.lock() = Some(Box::new(listener));
    }

    /// Writes that `event` happened now. Blocks while the queue is full, and never loses anything unless
    /// writing itself fails.
    pub fn emit(&self, event: Event) {
        self.emit_at(self.clock.now(), event);
    }

    /// Writes that `event` happened at `instant`: for modelled ends, which stand at their due time.
    pub fn emit_at(&self, instant: DrillTime, event: Event) {
        self.sink.put((instant, event));
    }

    /// Blocks until everything that was emitted before is in the file.
    pub fn flush(&self) {
        self.clock.flush();
        self.sink.flush();
    }

    /// The error, once writing has failed; the drill cannot be judged then.
    pub fn failure(&self) -> Option<WriteError> {
        self.sink.failure()
    }

    /// Waits until writing fails: forever, if it does not.
    pub fn failed(&self) -> impl Future<Output = WriteError> + Send + use<> {
        self.sink.failed()
    }

    /// Completes the file on disk; returns its number of lines. What is emitted thereafter is not
    /// written. `Ok(None)` if it was finished before.
    ///
    /// # Errors
    /// If a line could not be written.
    pub fn finish(&self) -> Result<Option<u64>, WriteError> {
        self.clock.flush();
        self.sink.close().transpose()
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}

/// Numbers, stamps and chains the lines.
struct Lines {
    listener: Arc<Mutex<Option<Listener>>>,
    secrets: Vec<String>,
    seq: u64,
    prev: String,
}

impl Encoder for Lines {
    type Message = (DrillTime, Event);
    type End = u64;

    fn encode(&mut self, (drill_us, event): (DrillTime, Event), out: &mut Vec<u8>) {
        let line = Line {
            v: VERSION,
            seq: self.seq,
            drill_us,
            wall_us: wall::now_us(),
            prev: std::mem::take(&mut self.prev),
            event: masked(event, &self.secrets),
        };
        let begin = out.len();
        let json = serde_json::to_string(&line).expect("events have no keys that are not strings");
        out.extend_from_slice(plain_json(json).as_bytes());
        self.prev = line_hash(&out[begin..]);
        self.seq += 1;
        out.push(b'\n');
        if let Some(listener) = &mut *self.listener.lock() {
            listener(&line);
        }
    }

    fn end(self) -> u64 {
        self.seq
    }
}

/// The event without the secrets in its texts. Names of kinds are texts, too: a secret that is one of
/// them (`done`) makes the event unreadable, and a warning is written in its place.
fn masked(event: Event, secrets: &[String]) -> Event {
    if secrets.is_empty() {
        return event;
    }
    let Ok(mut value) = serde_json::to_value(&event) else {
        return event;
    };
    if !mask(&mut value, secrets) {
        return event;
    }
    serde_json::from_value(value).unwrap_or_else(|_| Event::Warning {
        text: "an event is left out because a secret reads like the name of its kind".to_owned(),
    })
}

/// Masks all texts below `value`; true if there was anything to mask.
fn mask(value: &mut serde_json::Value, secrets: &[String]) -> bool {
    match value {
        serde_json::Value::String(text) => {
            let mut found = false;
            for secret in secrets {
                if text.contains(secret) {
                    found = true;
                    *text = text.replace(secret, MASK);
                }
            }
            found
        }
        serde_json::Value::Array(items) => items
            .iter_mut()
            .fold(false, |any, item| mask(item, secrets) | any),
        serde_json::Value::Object(fields) => fields
            .values_mut()
            .fold(false, |any, item| mask(item, secrets) | any),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drill::journal::{EndReason, StepEnd, StepOutcome, read};
    use drill::units::Span;

    fn warning(text: &str) -> Event {
        Event::Warning {
            text: text.to_owned(),
        }
    }

    #[tokio::test]
    async fn a_journal_is_readable_as_it_grows_and_verifies() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let (clock, manual) = Clock::by_hand(60.0).unwrap();
        let journal = Journal::create(&path, &clock, Vec::new()).unwrap();
        journal.emit(warning("before drill 0"));
        clock.start();
        manual.advance(Span::from_secs(90)).await;
        journal.emit(warning("after 90 s"));
        journal.emit_at(DrillTime::from_secs(30), warning("a modelled end"));
        drop(clock.hold("restore"));
        journal.flush();
        let read_now = || read(&std::fs::read(&path).unwrap()).unwrap();
        let seen = read_now();
        assert_eq!(seen.finished(), None);
        let told: Vec<(i64, Event)> = seen
            .events()
            .map(|(at, event)| (at.as_us() / 1_000_000, event.clone()))
            .collect();
        let rate = |rate, reason: &str| Event::Rate {
            rate,
            reason: reason.to_owned(),
        };
        // Rates are handed over every quarter of a second: the start came before the advance ended.
        assert_eq!(told[0], (0, warning("before drill 0")));
        assert_eq!(told[1], (0, rate(60.0, "started")));
        assert_eq!(told[2], (90, warning("after 90 s")));
        assert_eq!(told[3], (30, warning("a modelled end")));
        assert_eq!(told[4], (90, rate(1.0, "held: restore")));
        assert_eq!(told[5], (90, rate(60.0, "released: restore")));
        clock.stop();
        journal.emit(Event::Finished {
            reason: EndReason::Recovered,
        });
        assert_eq!(journal.finish().unwrap(), Some(8));
        assert_eq!(read_now().finished(), Some(EndReason::Recovered));
        assert_eq!(journal.finish().unwrap(), None);
    }

    #[test]
    fn secrets_are_masked_before_the_line_is_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let (clock, _hand) = Clock::by_hand(1.0).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let secrets = vec![
            "hunter".to_owned(),
            "hunter2".to_owned(),
            String::new(),
            "a\"b".to_owned(),
            "done".to_owned(),
        ];
        let journal = Journal::create(&path, &clock, secrets).unwrap();
        let hears = heard.clone();
        journal.on_line(move |line| hears.lock().push(line.clone()));
        journal.emit(warning("password hunter2, quoted a\"b"));
        journal.emit(Event::StepEnded(StepEnd {
            step: "declare".to_owned(),
            action: "human".to_owned(),
            outcome: StepOutcome::Done,
            measured: Span::ZERO,
            modelled: Span::ZERO,
            observed: Span::ZERO,
            source: None,
            calls: 0,
            bytes: 0,
            retries: 0,
            sequential_waits: 0,
            attempts: 1,
            charged: Span::ZERO,
            guards: Vec::new(),
            error: None,
            detail: None,
            performed: None,
        }));
        assert_eq!(journal.finish().unwrap(), Some(2));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("a\\\"b"), "{text}");
        let lines = read(text.as_bytes()).unwrap().lines;
        assert_eq!(*heard.lock(), lines, "the listener receives what is written");
        assert_eq!(lines[0].event, warning("password ***, quoted ***"));
        assert!(matches!(&lines[1].event, Event::Warning { text } if text.contains("left out")));
    }

    #[tokio::test]
    async fn full_disk_is_reported() {
        let file = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (clock, _hand) = Clock::by_hand(1.0).unwrap();
        let journal = Journal::write_to(file, Path::new("journal.jsonl"), &clock, Vec::new()).unwrap();
        journal.emit(warning("lost"));
        let error = journal.failed().await;
        assert!(
            error.to_string().starts_with("cannot write journal.jsonl: "),
            "{error}"
        );
        assert!(journal.finish().is_err());
    }
}
