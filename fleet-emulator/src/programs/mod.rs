//! Programs that devices receive, and what a sample of them makes of these.
//!
//! ```text
//!   broker ── PUBLISH on cmd/all/program ──► every device: noted, once per program
//!                                               │ one of the sample
//!                                               ▼
//!                                        digest ── wrong ──► failed
//!                                               │ right: checked
//!                                               ▼
//!                           queue ──► one thread ──► RunProgram ──► ran, or failed
//! ```
//!
//! What a program takes here is no part of any figure: a device's own processor is another one.

mod announcement;
mod program_runner;
mod run_program;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use drill::draw::draw;
use drill::units::DrillTime;
use parking_lot::Mutex;

use self::announcement::Announcement;
use self::program_runner::{Job, ProgramRunner};
pub use self::run_program::{Interpreter, ProgramError, ProgramLimits, RunProgram};

/// The topic on which programs are announced to all devices, as JSON:
/// `{"id": "…", "sha256": "…", "source": "…"}`. The digest is that of the source in UTF-8, in
/// hexadecimal digits.
pub const PROGRAM_TOPIC: &str = "cmd/all/program";

/// Programs that a fleet remembers; later ones are counted as [`ProgramCounts::refused`].
const MOST_PROGRAMS: usize = 1000;

/// What a fleet does about programs.
#[derive(Clone)]
pub struct Programs {
    /// Number of devices, chosen by draw, that check what they receive.
    pub sample: u32,
    /// Runs the program on them. Without it they check its digest only.
    pub runner: Option<Arc<dyn RunProgram>>,
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Programs")
            .field("sample", &self.sample)
            .field("runner", &self.runner.is_some())
            .finish()
    }
}

/// What became of programs, in devices by program id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramCounts {
    /// All devices that received it.
    pub received: BTreeMap<String, u64>,
    /// Of the sample, those that found its digest right.
    pub checked: BTreeMap<String, u64>,
    /// Of these, those on which it ran to its end.
    pub ran: BTreeMap<String, u64>,
    /// Of the sample, those that found its digest wrong, or on which it did not run well.
    pub failed: BTreeMap<String, u64>,
    /// Those on which it was to run, and did not, since more were waiting than can.
    pub skipped: BTreeMap<String, u64>,
    /// Runs that are under way or wait for their turn.
    pub waiting: u64,
    /// Deliveries that were no announcement, or of more programs than are remembered.
    pub refused: u64,
}

/// What is known of one program.
#[derive(Debug)]
struct Known {
    /// When each device received it; [`DrillTime::MAX`] if it has not.
    received: Vec<DrillTime>,
    sample: SampleCounts,
}

/// What the sample made of one program.
#[derive(Clone, Copy, Debug, Default)]
struct SampleCounts {
    checked: u64,
    ran: u64,
    failed: u64,
    skipped: u64,
}

#[derive(Debug, Default)]
struct Record {
    programs: BTreeMap<String, Known>,
    refused: u64,
    waiting: u64,
    /// The last payload and what it says: a fleet receives the same one by the thousand.
    last: Option<(Bytes, Option<Announcement>)>,
}

/// The programs that the fleet received.
#[derive(Debug)]
pub(crate) struct ProgramInbox {
    devices: usize,
    sample: BTreeSet<u32>,
    record: Arc<Mutex<Record>>,
    program_runner: Option<ProgramRunner>,
}

impl ProgramInbox {
    /// For devices numbered from 0.
    pub(crate) fn new(seed: u64, devices: usize, programs: &Programs) -> ProgramInbox {
        let record = Arc::new(Mutex::new(Record::default()));
        ProgramInbox {
            devices,
            sample: sample(seed, devices, programs.sample),
            program_runner: programs.runner.as_ref().map(|runner| {
                let record = Arc::clone(&record);
                ProgramRunner::open(Arc::clone(runner), move |id, ran| {
                    let mut record = record.lock();
                    record.waiting -= 1;
                    if let Some(known) = record.programs.get_mut(id) {
                        known.sample.ran += u64::from(ran);
                        known.sample.failed += u64::from(!ran);
                    }
                })
            }),
            record,
        }
    }

    /// A device received `payload` at `now`, once or again.
    pub(crate) fn delivered(&self, device: u32, payload: &Bytes, now: DrillTime) {
        let mut record = self.record.lock();
        let Some(announcement) = record.read(payload) else {
            record.refused += 1;
            return;
        };
        let Some(known) = record.known(&announcement.id, self.devices) else {
            record.refused += 1;
            return;
        };
        match known.received.get_mut(device as usize) {
            Some(at) if *at == DrillTime::MAX => *at = now,
            _ => return,
        }
        if !self.sample.contains(&device) {
            return;
        }
        if !announcement.is_intact {
            known.sample.failed += 1;
            return;
        }
        known.sample.checked += 1;
        let job = Job {
            id: announcement.id,
            source: announcement.source,
        };
        let Some(program_runner) = &self.program_runner else {
            return;
        };
        // The thread reports under the same lock, so not before it is counted.
        if program_runner.submit(job) {
            record.waiting += 1;
        } else {
            known.sample.skipped += 1;
        }
    }

    /// The counts of the moment.
    pub(crate) fn counts(&self) -> ProgramCounts {
        let record = self.record.lock();
        let mut counts = ProgramCounts {
            refused: record.refused,
            waiting: record.waiting,
            ..ProgramCounts::default()
        };
        for (id, known) in &record.programs {
            let received = known.received.iter().filter(|at| **at < DrillTime::MAX);
            let SampleCounts {
                checked,
                ran,
                failed,
                skipped,
            } = known.sample;
            for (column, count) in [
                (&mut counts.received, received.count() as u64),
                (&mut counts.checked, checked),
                (&mut counts.ran, ran),
                (&mut counts.failed, failed),
                (&mut counts.skipped, skipped),
            ] {
                column.insert(id.clone(), count);
            }
        }
        counts
    }

    /// When each device that has program `id` received it.
    pub(crate) fn received(&self, id: &str) -> Vec<(u32, DrillTime)> {
        let record = self.record.lock();
        let times = record.programs.get(id).map(|known| &known.received[..]);
        (0..)
            .zip(times.unwrap_or_default().iter().copied())
            .filter(|(_, at)| *at < DrillTime::MAX)
            .collect()
    }
}

impl Record {
    /// What a payload announces.
    fn read(&mut self, payload: &Bytes) -> Option<Announcement> {
        if let Some((last, announcement)) = &self.last
            && last == payload
        {
            return announcement.clone();
        }
        let announcement = Announcement::read(payload);
        self.last = Some((payload.clone(), announcement.clone()));
        announcement
    }

    fn known(&mut self, id: &str, devices: usize) -> Option<&mut Known> {
        if !self.programs.contains_key(id) {
            if self.programs.len() >= MOST_PROGRAMS {
                return None;
            }
            let known = Known {
                received: vec![DrillTime::MAX; devices],
                sample: SampleCounts::default(),
            };
            self.programs.insert(id.to_owned(), known);
        }
        self.programs.get_mut(id)
    }
}

/// The devices of the sample: those whose draw is smallest.
fn sample(seed: u64, devices: usize, count: u32) -> BTreeSet<u32> {
    let mut drawn: Vec<(u64, u32)> = (0..devices as u32)
        .map(|device| (draw(seed, &format!("device/{device}/runs-programs"), 0), device))
        .collect();
    drawn.sort_unstable();
    drawn
        .into_iter()
        .take(count as usize)
        .map(|(_, device)| device)
        .collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
