//! Same scenario, same seed: the inputs of a drill are the same, byte for byte; and a recorded run is
//! judged to the same bytes again, unless it was changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use drill::journal::AuditId;
use drill::ledger::{CANARY, EPOCH, LedgerRecord};
use drill::report::Verdict;
use drill::units::{DrillTime, Span};
use serde_json::Value;
use test_harness::trial;

use crate::support::program::Ended;
use crate::support::run::read;
use crate::support::{Run, Sandbox, Scenario};

/// What was written, without when it was acknowledged.
type Written = (String, String, String, DrillTime, [u8; 32], u64);

trial!(two_runs_with_one_seed_have_the_same_inputs_and_another_seed_has_others);
fn two_runs_with_one_seed_have_the_same_inputs_and_another_seed_has_others() {
    let scenario = Scenario::fleet();
    let [first, second, other] = std::thread::scope(|scope| {
        let run = |seed: &'static str| {
            let scenario = &scenario;
            scope.spawn(move || Run::with(scenario, &["--seed", seed]))
        };
        [run("7"), run("7"), run("8")].map(|run| run.join().expect("a drill"))
    });
    for run in [&first, &second, &other] {
        run.assert_verdict(Verdict::Pass);
    }
    assert!(
        first.read("plan.json") == second.read("plan.json"),
        "the plans differ"
    );
    assert!(
        first.read("plan.json") != other.read("plan.json"),
        "another seed has the same plan"
    );
    for fault in ["s3.delete_objects", "s3.corrupt_objects"] {
        assert_eq!(first.targets(fault), second.targets(fault));
        assert_ne!(first.targets(fault), other.targets(fault));
    }
    // Each drill ends when it ends. Up to the earlier end of writers and devices they must agree, but for what was due
    // when they ended and was not begun.
    let end = [&first, &second, &other]
        .map(|run| run.cut(AuditId::B))
        .into_iter()
        .min()
        .expect("three drills");
    let until = end - Span::from_mins(1);
    assert!(
        until > DrillTime::from_secs(600),
        "the drills hardly overlap: {until}"
    );
    let writes = written(&first, until);
    assert!(writes.len() > 60 + 600 / 9, "{} writes", writes.len());
    assert_eq!(writes, written(&second, until));
    assert_ne!(writes, written(&other, until));
    let telemetry = produced(&first, until);
    assert!(
        telemetry.values().map(BTreeSet::len).sum::<usize>() > 20 * 50,
        "{telemetry:?}"
    );
    assert_eq!(telemetry, produced(&second, until));
    assert_ne!(telemetry, produced(&other, until));
}

/// Every write that was due before `until`.
fn written(run: &Run, until: DrillTime) -> BTreeSet<Written> {
    let writes = run.ledger().into_iter().filter_map(|record| match record {
        LedgerRecord::Write(write) if write.produced < until => Some((
            write.store,
            write.producer,
            write.key,
            write.produced,
            write.digest,
            write.size,
        )),
        _ => None,
    });
    writes.collect()
}

/// The messages of every device, by the whole epochs before `until`. Epochs are cut at audits, too, whose
/// time is not an input: the parts are put together again.
fn produced(run: &Run, until: DrillTime) -> BTreeMap<i64, BTreeSet<(u32, u32)>> {
    let number = |at: DrillTime| at.as_us().div_euclid(EPOCH.as_us());
    let mut epochs: BTreeMap<i64, BTreeSet<(u32, u32)>> = BTreeMap::new();
    for record in run.ledger() {
        let LedgerRecord::Epoch(epoch) = record else {
            continue;
        };
        if number(epoch.start) >= number(until) {
            continue;
        }
        for device in epoch.devices.iter().filter(|messages| messages.device != CANARY) {
            let sequence = device.first_seq..device.first_seq + device.count;
            epochs
                .entry(number(epoch.start))
                .or_default()
                .extend(sequence.map(|seq| (device.device, seq)));
        }
    }
    epochs
}

/// A run that was recorded in `folder`.
pub(crate) fn is_judged_to_the_same_bytes_and_only_as_it_was_recorded(sandbox: &Sandbox, folder: &Path) {
    is_judged_to_the_same_bytes(sandbox, folder);
    tampering_is_found(sandbox, folder);
}

/// A run that was recorded in `folder`.
pub(crate) fn is_judged_to_the_same_bytes(sandbox: &Sandbox, folder: &Path) {
    let judged = ["report.json", "junit.xml", "summary.md", "report.html"];
    let recorded = judged.map(|file| read(folder, file));
    judge(sandbox, folder, "again").assert_code(0);
    let elsewhere = sandbox.path().join("again");
    for (file, recorded) in judged.iter().zip(&recorded) {
        assert!(*recorded == read(&elsewhere, file), "{file} differs");
    }
    // In place as well, whatever became of the first ones; and twice.
    fs::remove_file(folder.join("report.json")).expect("it was there");
    let in_place = || {
        sandbox
            .firedrill(["report".as_ref(), folder.as_os_str()])
            .output()
    };
    assert_eq!(in_place().assert_code(0).stdout, in_place().stdout);
    for (file, recorded) in judged.iter().zip(recorded) {
        assert!(recorded == read(folder, file), "{file} differs");
    }
}

/// How a file is tampered with.
type Change<'a> = &'a dyn Fn(&mut Vec<u8>);

fn tampering_is_found(sandbox: &Sandbox, recorded: &Path) {
    let flip = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    let changes: [(&str, &str, Change); 12] = [
        ("a record of the ledger changed", "ledger.bin", &flip),
        ("the last frame of the ledger gone", "ledger.bin", &|bytes| {
            bytes.truncate(bytes.len() - 9)
        }),
        ("a record of the audit changed", "audit.bin", &flip),
        ("the audit emptied", "audit.bin", &Vec::clear),
        ("a line of the journal gone", "journal.jsonl", &|bytes| {
            drop_line(bytes, 5)
        }),
        ("a probe's result changed", "journal.jsonl", &|bytes| {
            replace(bytes, "\"red\"", "\"green\"")
        }),
        (
            "a line of the journal numbered otherwise",
            "journal.jsonl",
            &|bytes| replace(bytes, "\"seq\":3,", "\"seq\":4,"),
        ),
        (
            "the last line of the journal changed",
            "journal.jsonl",
            &|bytes| replace(bytes, "\"reason\":\"recovered\"}", "\"reason\":\"gave_up\"}"),
        ),
        ("the seal changed", "seal.sha256", &flip),
        ("a draw of the plan changed", "plan.json", &flip),
        ("the plan emptied", "plan.json", &Vec::clear),
        ("a target of the scenario changed", "scenario.yaml", &|bytes| {
            replace(bytes, "rto: 10m", "rto: 90m")
        }),
    ];
    for (what, file, change) in changes {
        let mut bytes = read(recorded, file);
        let before = bytes.clone();
        change(&mut bytes);
        assert_ne!(bytes, before, "{what}: nothing was changed");
        fs::write(recorded.join(file), &bytes).expect("the copy can be changed");
        let ended = judge(sandbox, recorded, "never");
        let sentence = ended.assert_code(2).one_sentence();
        assert!(
            sentence.contains(file.split('.').next().expect("a name")),
            "{what}: {sentence}"
        );
        assert!(
            !sandbox.path().join("never").exists(),
            "{what}: something was written all the same"
        );
        fs::write(recorded.join(file), before).expect("the copy can be changed");
    }
    judge(sandbox, recorded, "unchanged").assert_code(0);
    for file in ["plan.json", "ledger.bin"] {
        let bytes = read(recorded, file);
        fs::remove_file(recorded.join(file)).expect("it is there");
        let ended = judge(sandbox, recorded, "never");
        let sentence = ended.assert_code(2).one_sentence();
        assert!(
            sentence.contains(file) && sentence.contains("cannot be read"),
            "{sentence}"
        );
        fs::write(recorded.join(file), bytes).expect("it can be written");
    }
    // It may have been killed just before it was sealed: what is there is judged, and is no pass.
    let seal = read(recorded, "seal.sha256");
    fs::remove_file(recorded.join("seal.sha256")).expect("it is there");
    let ended = judge(sandbox, recorded, "unsealed");
    let reason = "The run came to its end, and there is no seal.sha256";
    assert!(
        ended.assert_code(3).stdout.replace("\n   ", " ").contains(reason),
        "{}",
        ended.stdout
    );
    let report: Value =
        serde_json::from_slice(&read(&sandbox.path().join("unsealed"), "report.json")).expect("JSON");
    assert_eq!(report["complete"], false);
    fs::write(recorded.join("seal.sha256"), seal).expect("it can be written");
}

fn judge(sandbox: &Sandbox, recorded: &Path, into: &str) -> Ended {
    let arguments = [
        "report".as_ref(),
        recorded.as_os_str(),
        "--out".as_ref(),
        into.as_ref(),
    ];
    sandbox.firedrill(arguments).output()
}

fn replace(bytes: &mut Vec<u8>, old: &str, new: &str) {
    let text = String::from_utf8(std::mem::take(bytes)).expect("it is text");
    *bytes = text.replacen(old, new, 1).into_bytes();
}

fn drop_line(bytes: &mut Vec<u8>, wanted: usize) {
    let text = String::from_utf8(std::mem::take(bytes)).expect("it is text");
    let kept = text
        .split_inclusive('\n')
        .enumerate()
        .filter(|(n, _)| *n != wanted);
    *bytes = kept.map(|(_, line)| line).collect::<String>().into_bytes();
}
