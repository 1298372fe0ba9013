//! What runs leave: journal, ledger and audit, as `firedrill report` reads them.
//!
//! An input is a byte that says what is done with it, then the three records behind their lengths.
//!
//! A journal is read if its chain holds, and only then, as computed here anew; a change of any line but the last breaks
//! it; cut anywhere, it is read up to its last whole line. Frames likewise up to their last whole frame. A recording that
//! was sealed is read, not read once any byte was changed, and judged to the same reports twice.

use std::sync::LazyLock;

use drill::audit::AuditRecord;
use drill::frames::{self, HEADER_LEN};
use drill::journal::{self, EndReason, Journal, JournalError, NO_PREVIOUS, Record};
use drill::ledger::LedgerRecord;
use drill::measures::{Recording, judge};
use drill::report::Verdict;
use drill::scenario::Scenario;
use drill::seal::Files;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Target;
use crate::mutate::{Change, changed, changes, noise};

/// The target.
pub const TARGET: Target = Target {
    name: "records",
    weight: 7,
    check,
    inputs,
};

/// The chain of the journal is made whole before it is read, as that of a program would be that wrote this.
const CHAINED: u8 = 1;
/// What was read is judged.
const JUDGED: u8 = 2;
/// The scenario, in two bits.
const SCENARIO: u8 = 4;

/// Records of real drills, thinned out: every kind of line and frame is there.
static SEEDS: LazyLock<Vec<[Vec<u8>; 3]>> = LazyLock::new(|| {
    macro_rules! seed {
        ($name:literal) => {
            [
                include_bytes!(concat!("../../seeds/", $name, "/journal.jsonl")).to_vec(),
                include_bytes!(concat!("../../seeds/", $name, "/ledger.bin")).to_vec(),
                include_bytes!(concat!("../../seeds/", $name, "/audit.bin")).to_vec(),
            ]
        };
    }
    vec![
        seed!("hello"),
        seed!("lambda-failure"),
        seed!("s3-bucket-loss"),
        seed!("region-failure"),
    ]
});

/// What was drilled, in the same order.
static SCENARIOS: LazyLock<Vec<(&'static [u8], Scenario)>> = LazyLock::new(|| {
    let texts: [&'static [u8]; 4] = [
        include_bytes!("../../../scenarios/hello.yaml"),
        include_bytes!("../../../scenarios/iot-steel/lambda-failure.yaml"),
        include_bytes!("../../../scenarios/iot-steel/s3-bucket-loss.yaml"),
        include_bytes!("../../../scenarios/iot-steel/region-failure.yaml"),
    ];
    let read = |text| {
        (
            text,
            Scenario::read_recorded("scenario.yaml", text).expect("it ships"),
        )
    };
    texts.into_iter().map(read).collect()
});

fn inputs() -> BoxedStrategy<Vec<u8>> {
    let which = 0..SEEDS.len();
    let flags = select(vec![0, 0, CHAINED, CHAINED, CHAINED | JUDGED, JUDGED]);
    let seeded = (which, flags, changes(), changes(), changes(), 0u8..8);
    prop_oneof![
        15 => seeded.prop_map(|(which, flags, journal, ledger, audit, changed)| {
            // Most often one of the three is changed.
            let only = |part: u8, changes: Vec<Change>| if changed == part || changed > 5 { changes } else { Vec::new() };
            let others: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed[0].clone()).collect();
            let [j, l, a] = SEEDS[which].clone();
            let parts = [
                crate::mutate::changed(j, &only(0, journal.clone()), &others),
                crate::mutate::changed(l, &only(1, ledger), &[]),
                crate::mutate::changed(a, &only(2, audit), &[]),
            ];
            packed(flags | (SCENARIO * which as u8), &parts)
        }),
        1 => (any::<u8>(), noise(), noise(), noise()).prop_map(|(flags, j, l, a)| packed(flags, &[j, l, a])),
        1 => changed_whole(),
    ]
    .boxed()
}

fn changed_whole() -> BoxedStrategy<Vec<u8>> {
    (0..SEEDS.len(), any::<u8>(), changes())
        .prop_map(|(which, flags, changes)| changed(packed(flags, &SEEDS[which]), &changes, &[]))
        .boxed()
}

fn packed(flags: u8, parts: &[Vec<u8>; 3]) -> Vec<u8> {
    let mut bytes = vec![flags];
    for part in parts {
        bytes.extend((part.len() as u32).to_le_bytes());
        bytes.extend(part);
    }
    bytes
}

/// What an input says, whatever it is.
fn unpacked(bytes: &[u8]) -> (u8, [Vec<u8>; 3]) {
    let (flags, mut rest) = bytes
        .split_first()
        .map_or((0, bytes), |(flags, rest)| (*flags, rest));
    let parts = [(); 3].map(|()| {
        let Some((length, tail)) = rest.split_first_chunk::<4>() else {
            return std::mem::take(&mut rest).to_vec();
        };
        let length = (u32::from_le_bytes(*length) as usize).min(tail.len());
        let (part, tail) = tail.split_at(length);
        rest = tail;
        part.to_vec()
    });
    (flags, parts)
}

fn check(bytes: &[u8]) -> &'static str {
    let (flags, [mut journal, ledger, audit]) = unpacked(bytes);
    if flags & CHAINED != 0 {
        journal = chained(&journal, &ledger, &audit);
    }
    // A place that follows from the input: where the next change is made.
    let place = Sha256::digest(bytes);
    let place = u64::from_le_bytes(place[..8].try_into().expect("eight bytes")) as usize;
    let read = check_journal(&journal, place);
    let ledger_is_read = check_frames::<LedgerRecord>(&ledger, Record::Ledger, place);
    let audit_is_read = check_frames::<AuditRecord>(&audit, Record::Audit, place);
    match read {
        Err(JournalError::Unreadable { .. }) => return "the journal cannot be read",
        Err(JournalError::Broken { .. }) => return "the journal's chain is broken",
        Err(JournalError::Version { .. }) => return "another version's journal",
        Ok(_) if !ledger_is_read || !audit_is_read => return "the journal is read, a binary record is not",
        Ok(_) => {}
    }
    check_recording(flags, [&journal, &ledger, &audit], place)
}

/// The lines with the numbers and hashes that they should have, and hashes of the records that are there.
fn chained(journal: &[u8], ledger: &[u8], audit: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut previous = NO_PREVIOUS.to_owned();
    for (seq, line) in journal.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Ok(mut value) = serde_json::from_slice::<Value>(line) else {
            out.extend(line);
            continue;
        };
        if let Some(line) = value.as_object_mut() {
            line.insert("seq".to_owned(), seq.into());
            line.insert("prev".to_owned(), previous.into());
        }
        if value["event"]["type"] == "sealed" {
            let of = if value["event"]["record"] == "ledger" {
                ledger
            } else {
                audit
            };
            value["event"]["sha256"] = hex::encode(Sha256::digest(of)).into();
        }
        let text = value.to_string();
        previous = hex::encode(Sha256::digest(&text));
        out.extend(text.as_bytes());
        out.extend(if line.ends_with(b"\n") { &b"\n"[..] } else { b"" });
    }
    out
}

/// What the chain says, computed from the bytes alone: how many whole lines hold.
fn lines_that_hold(bytes: &[u8]) -> (usize, bool) {
    let mut previous = NO_PREVIOUS.to_owned();
    let mut held = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(text) = line.strip_suffix(b"\n") else {
            return (held, true);
        };
        let Ok(value) = serde_json::from_slice::<Value>(text) else {
            return (held, false);
        };
        if value["prev"] != *previous || value["seq"] != held || value["v"] != journal::VERSION {
            return (held, false);
        }
        previous = hex::encode(Sha256::digest(text));
        held += 1;
    }
    (held, true)
}

fn check_journal(bytes: &[u8], place: usize) -> Result<Journal, JournalError> {
    let read = journal::read(bytes);
    is_read_rightly(bytes, &read);
    if let Ok(journal) = &read
        && !bytes.is_empty()
    {
        changes_are_found(bytes, place);
        cuts_are_survived(bytes, journal, place);
    }
    read
}

/// What was read of a journal is what its bytes say.
fn is_read_rightly(bytes: &[u8], read: &Result<Journal, JournalError>) {
    let (held, whole) = lines_that_hold(bytes);
    let torn = !bytes.is_empty() && !bytes.ends_with(b"\n");
    match read {
        Ok(journal) => {
            assert!(whole, "a journal is read whose chain breaks in line {}", held + 1);
            assert_eq!(journal.lines.len(), held);
            assert_eq!(journal.torn, torn);
        }
        Err(JournalError::Broken { line }) => {
            assert_eq!((*line, whole), (held + 1, false), "where the chain breaks");
        }
        Err(JournalError::Unreadable { line, reason }) => {
            assert!(
                *line <= held + 1 && !reason.is_empty(),
                "line {line} of {held} that hold"
            );
        }
        Err(JournalError::Version { line, .. }) => assert_eq!(*line, held + 1),
    }
}

/// A change of a byte anywhere before the last line's end is told.
fn changes_are_found(bytes: &[u8], place: usize) {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
    let Some(last) = bytes[..whole].iter().rposition(|byte| *byte == b'\n') else {
        return;
    };
    let mut changed = bytes.to_vec();
    changed[place % last] ^= 1 << (place % 7);
    let read = journal::read(&changed);
    assert!(
        read.is_err(),
        "a journal is read though byte {} was changed",
        place % last
    );
}

fn cuts_are_survived(bytes: &[u8], journal: &Journal, place: usize) {
    let cut = &bytes[..place % bytes.len()];
    let read = journal::read(cut).expect("what was torn is read up to its last whole line");
    let lines = cut.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(read.lines, journal.lines[..lines]);
    assert_eq!(read.torn, !cut.is_empty() && !cut.ends_with(b"\n"));
}

/// Whether it can be read.
fn check_frames<T>(bytes: &[u8], record: Record, place: usize) -> bool
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let Ok(read) = frames::decode::<T>(bytes, record) else {
        return false;
    };
    let mut again = frames::header(record).to_vec();
    for frame in &read.records {
        again.extend(frames::encode(frame).expect("what was read can be written"));
    }
    let decoded = frames::decode::<T>(&again, record).expect("what was written can be read");
    assert!(
        decoded.records == read.records && !decoded.torn,
        "frames come back as they were"
    );
    // Numbers may be written longer than they have to be; nothing else may be in a frame.
    let whole: Vec<usize> = ends_of_frames(bytes);
    assert_eq!(
        whole.len(),
        read.records.len() + usize::from(bytes.len() >= HEADER_LEN)
    );
    assert_eq!(read.torn, whole.last().is_none_or(|end| *end != bytes.len()));
    if bytes.len() > HEADER_LEN {
        let cut = place % bytes.len();
        let cut_read = frames::decode::<T>(&bytes[..cut], record).expect("cut anywhere, it is read");
        let expected = whole.iter().filter(|end| **end <= cut).count().saturating_sub(1);
        assert!(cut_read.records == read.records[..expected], "cut at {cut}");
        assert_eq!(cut_read.torn, !whole.contains(&cut), "cut at {cut}");
    }
    true
}

/// Where the header and each whole frame end.
fn ends_of_frames(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut end = HEADER_LEN;
    while end <= bytes.len() {
        ends.push(end);
        let Some((length, _)) = bytes[end..].split_first_chunk::<4>() else {
            break;
        };
        end += 4 + u32::from_le_bytes(*length) as usize;
    }
    ends
}

/// Sealed, it is read; with any byte changed, it is not.
fn check_recording(flags: u8, [journal, ledger, audit]: [&[u8]; 3], place: usize) -> &'static str {
    let (text, scenario) = &SCENARIOS[usize::from(flags / SCENARIO) % SCENARIOS.len()];
    let files = Files {
        scenario: text,
        journal,
        ledger,
        audit,
    };
    let list = files.hash_list();
    let Ok(recording) = Recording::read(&files, Some(list.as_bytes())) else {
        return "a record is not the one that the journal names";
    };
    assert_eq!(recording.seal.as_deref().map(str::len), Some(64));
    let unsealed = Recording::read(&files, None).expect("what is whole is read without its seal, too");
    assert_eq!(
        unsealed.lacks_seal,
        recording
            .journal
            .finished()
            .is_some_and(|why| why != EndReason::Interrupted),
        "an end without its seal"
    );
    // A judgement takes long: of some.
    if flags & JUDGED != 0 && unsealed.lacks_seal {
        let verdict = judge(scenario, &unsealed).report.verdict;
        assert_ne!(verdict, Verdict::Pass, "passed without its seal");
    }
    let mut changed = [text, journal, ledger, audit].map(<[u8]>::to_vec);
    let part = place % 4;
    if !changed[part].is_empty() {
        let at = (place / 4) % changed[part].len();
        changed[part][at] ^= 1 << (place % 8);
        let [scenario, journal, ledger, audit] = &changed;
        let changed = Files {
            scenario,
            journal,
            ledger,
            audit,
        };
        assert!(
            Recording::read(&changed, Some(list.as_bytes())).is_err(),
            "a changed file has no seal"
        );
    }
    if flags & JUDGED == 0 {
        return "read";
    }
    let judged = judge(scenario, &recording);
    let again = judge(scenario, &recording);
    for format in reports::FORMATS {
        assert!(
            (format.render)(&judged) == (format.render)(&again),
            "{} twice",
            format.file
        );
    }
    "read and judged"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objection;

    #[test]
    fn wrongly_read_journal_is_detected() {
        let [journal, ledger, audit] = &SEEDS[0];
        let bytes = chained(journal, ledger, audit);
        let read = journal::read(&bytes);
        is_read_rightly(&bytes, &read);
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        let said = objection(|| is_read_rightly(&changed, &read));
        assert!(said.contains("whose chain breaks in line"), "{said}");
        let shorter = journal::read(&bytes[..bytes.len() / 2]);
        objection(|| is_read_rightly(&bytes, &shorter));
        let elsewhere = Err(JournalError::Broken { line: 1 });
        let said = objection(|| is_read_rightly(&changed, &elsewhere));
        assert!(said.contains("where the chain breaks"), "{said}");
    }
}
