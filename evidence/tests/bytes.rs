//! A pack in which any one byte was changed is found out, at every position.

use std::collections::BTreeMap;

use drill::frames;
use drill::journal::{EndReason, Event, Line, NO_PREVIOUS, Record, VERSION, line_hash};
use drill::plan::Plan;
use drill::report::Verdict;
use drill::seal::Files as Sealed;
use drill::units::DrillTime;
use evidence::{
    CheckOutcome, JournalEnds, Machine, PackError, Predicate, PublicKey, Recorded, Scenario, SecretKey, Tool,
    Verified, emulation, pack, verify,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const TOOL: &str = "0.1.0";
const PLAN: &[u8] = b"{}";

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn journal(scenario: &[u8], ledger: &[u8], audit: &[u8]) -> Vec<u8> {
    let started = serde_json::json!({
        "type": "started", "tool": TOOL, "scenario": "none", "scenario_sha256": sha256(scenario),
        "plan_sha256": Plan::digest_of(PLAN), "seed": 1, "cloud": "embedded", "speed": 1.0,
    });
    let sealed = |record, bytes: &[u8]| Event::Sealed {
        record,
        sha256: sha256(bytes),
    };
    let events = [
        serde_json::from_value(started).unwrap(),
        sealed(Record::Ledger, ledger),
        sealed(Record::Audit, audit),
        Event::Finished {
            reason: EndReason::Recovered,
        },
    ];
    let (mut bytes, mut prev) = (Vec::new(), NO_PREVIOUS.to_owned());
    for (seq, event) in (0..).zip(events) {
        let (v, drill_us, wall_us) = (VERSION, DrillTime::ZERO, 0);
        let line = Line {
            v,
            seq,
            drill_us,
            wall_us,
            prev,
            event,
        };
        let text = serde_json::to_vec(&line).unwrap();
        prev = line_hash(&text);
        bytes.extend(text);
        bytes.push(b'\n');
    }
    bytes
}

/// The files of a run that recorded nothing, and what is said of them.
fn run() -> (BTreeMap<String, Vec<u8>>, Predicate) {
    let (ledger, audit) = (
        frames::header(Record::Ledger).to_vec(),
        frames::header(Record::Audit).to_vec(),
    );
    let scenario = b"version: 1\n".to_vec();
    let journal = journal(&scenario, &ledger, &audit);
    let list = Sealed {
        scenario: &scenario,
        journal: &journal,
        ledger: &ledger,
        audit: &audit,
    }
    .hash_list();
    let seal = sha256(list.as_bytes());
    let report = serde_json::json!({
        "scenario": {"name": "none", "sha256": sha256(&scenario)}, "seed": 1, "cloud": "embedded",
        "started_at": "2026-11-30T00:00:00Z", "finished_at": "2026-11-30T00:00:01Z", "complete": true,
        "verdict": "inconclusive", "seal": seal, "exercise": {"kind": "tabletop"},
    });
    let lines: Vec<&[u8]> = journal.split(|b| *b == b'\n').collect();
    let predicate = Predicate {
        emulated: true,
        emulation: emulation("embedded", drill::scenario::Exercise::Tabletop),
        exercise: Some(drill::scenario::Exercise::Tabletop),
        tool: tool(),
        recorded: Recorded {
            tool: tool(),
            machine: Some(Machine {
                kernel: "Linux".to_owned(),
                processor: "one".to_owned(),
                cores: 2,
            }),
        },
        scenario: Scenario {
            name: "none".to_owned(),
            title: "Nothing".to_owned(),
            system: "none".to_owned(),
            sha256: sha256(&scenario),
        },
        plan_sha256: Plan::digest_of(PLAN),
        recovery_plan: None,
        seed: 1,
        cloud: "embedded".to_owned(),
        started_at: "2026-11-30T00:00:00Z".to_owned(),
        finished_at: "2026-11-30T00:00:01Z".to_owned(),
        complete: true,
        verdict: Verdict::Inconclusive,
        journal: JournalEnds {
            lines: 4,
            first_sha256: line_hash(lines[0]),
            last_sha256: line_hash(lines[3]),
        },
        seal,
        controls: Vec::new(),
        packed_on: None,
    };
    let files = [
        ("audit.bin", audit),
        ("journal.jsonl", journal),
        ("junit.xml", b"<testsuites/>".to_vec()),
        ("ledger.bin", ledger),
        ("plan.json", PLAN.to_vec()),
        ("report.html", b"<!doctype html>".to_vec()),
        ("report.json", report.to_string().into_bytes()),
        ("scenario.yaml", scenario),
        ("seal.sha256", list.into_bytes()),
        ("summary.md", b"# None".to_vec()),
    ];
    let files = files.map(|(name, content)| (name.to_owned(), content));
    (files.into_iter().collect(), predicate)
}

fn tool() -> Tool {
    Tool {
        name: "firedrill".to_owned(),
        version: TOOL.to_owned(),
    }
}

fn key() -> SecretKey {
    SecretKey::from_random([42; 32])
}

fn a_pack() -> Vec<u8> {
    let (files, predicate) = run();
    pack(files, predicate, &key()).unwrap()
}

fn holds(bytes: &[u8]) -> bool {
    verify(bytes, None, TOOL).is_ok_and(|verified| verified.holds())
}

fn failing(verified: &Verified) -> Vec<String> {
    let failing = verified.checks.iter().filter_map(|check| match &check.outcome {
        CheckOutcome::Fails(why) => Some(format!("{}: {why}", check.what)),
        _ => None,
    });
    failing.collect()
}

#[test]
fn a_pack_is_the_same_each_time_and_holds() {
    let bytes = a_pack();
    assert_eq!(bytes, a_pack());
    let verified = verify(&bytes, Some(&key().public()), TOOL).unwrap();
    assert_eq!(failing(&verified), Vec::<String>::new());
    assert!(
        verified
            .checks
            .iter()
            .all(|check| check.outcome == CheckOutcome::Holds),
        "{:?}",
        verified.checks
    );
    assert_eq!(verified.files["signer.pem"], key().public().to_pem().into_bytes());
    assert!(verified.statement.unwrap().predicate.emulated);
}

#[test]
fn every_changed_byte_is_found() {
    let bytes = a_pack();
    let mut changed = bytes.clone();
    for at in 0..bytes.len() {
        // Every single bit, all of them, and the neighbours.
        let masks = (0..8).map(|bit| 1 << bit).chain([0xff, 0x55, bytes[at]]);
        for mask in masks.filter(|mask| *mask != 0) {
            changed[at] = bytes[at] ^ mask;
            assert!(
                !holds(&changed),
                "byte {at} of {} with mask {mask:#04x}",
                bytes.len()
            );
        }
        changed[at] = bytes[at];
    }
}

#[test]
fn every_missing_and_every_additional_byte_is_found() {
    let bytes = a_pack();
    for at in 0..bytes.len() {
        assert!(!holds(&bytes[..at]), "cut at {at}");
        let mut one_less = bytes.clone();
        one_less.remove(at);
        assert!(!holds(&one_less), "without byte {at}");
    }
    for more in [0, 1, 0x1f, 0xff] {
        let longer = [&bytes[..], &[more]].concat();
        assert!(!holds(&longer), "{more:#04x} at the end");
    }
    assert!(!holds(&[&bytes[..], &bytes[..]].concat()), "twice");
}

proptest! {
    #[test]
    fn every_other_change_is_detected(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let bytes = a_pack();
        let mut changed = bytes.clone();
        for (at, value) in &changes {
            changed[at.index(bytes.len())] = *value;
        }
        prop_assert_eq!(holds(&changed), changed == bytes);
    }
}

/// The archive of these files, made as a forger would who has the tools and not the key.
fn forged(change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Vec<u8> {
    use std::io::Write;
    let verified = verify(&a_pack(), None, TOOL).unwrap();
    let mut files = verified.files;
    change(&mut files);
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in &files {
        let mut header = tar::Header::new_ustar();
        header.set_path(format!("firedrill-evidence/{name}")).unwrap();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        builder.append(&header, content.as_slice()).unwrap();
    }
    let mut gzip = flate2::GzBuilder::new()
        .operating_system(0xff)
        .write(Vec::new(), flate2::Compression::new(6));
    gzip.write_all(&builder.into_inner().unwrap()).unwrap();
    gzip.finish().unwrap()
}

fn why(bytes: &[u8]) -> String {
    failing(&verify(bytes, None, TOOL).unwrap()).join("\n")
}

#[test]
fn a_forged_archive_is_found_and_the_file_named() {
    assert_eq!(forged(|_| {}), a_pack());
    let changed = forged(|files| files.get_mut("report.html").unwrap().push(b' '));
    assert!(
        why(&changed).contains("report.html was changed"),
        "{}",
        why(&changed)
    );
    let missing = forged(|files| drop(files.remove("summary.md")));
    assert!(
        why(&missing).contains("summary.md is not there"),
        "{}",
        why(&missing)
    );
    let more = forged(|files| drop(files.insert("more.txt".to_owned(), vec![])));
    assert!(
        why(&more).contains("more.txt is in no statement"),
        "{}",
        why(&more)
    );
    let cut = forged(|files| {
        let journal = files.get_mut("journal.jsonl").unwrap();
        journal.truncate(journal.len() - 3);
    });
    assert!(
        why(&cut).contains("journal.jsonl:4: the last line is cut short"),
        "{}",
        why(&cut)
    );
    let verdict = forged(|files| {
        let report = files.get_mut("report.json").unwrap();
        *report = String::from_utf8(report.clone())
            .unwrap()
            .replace("inconclusive", "pass")
            .into_bytes();
    });
    assert!(
        why(&verdict).contains("the verdict the statement says inconclusive"),
        "{}",
        why(&verdict)
    );
}

#[test]
fn another_key_is_found() {
    let another = SecretKey::from_random([7; 32]);
    let verified = verify(&a_pack(), Some(&another.public()), TOOL).unwrap();
    assert!(
        failing(&verified)[0].contains("it names another key"),
        "{:?}",
        failing(&verified)
    );
    // The signer's key replaced by another one.
    let swapped =
        forged(|files| drop(files.insert("signer.pem".to_owned(), another.public().to_pem().into_bytes())));
    assert!(!holds(&swapped));
    // Everything signed anew with another key holds in itself, and not for those who know the signer's.
    let (files, predicate) = run();
    let anew = pack(files, predicate, &another).unwrap();
    assert!(holds(&anew));
    assert!(!verify(&anew, Some(&key().public()), TOOL).unwrap().holds());
}

#[test]
fn files_named_by_the_journal_are_verified_whatever_the_key() {
    for (name, content) in [
        ("plan.json", "[]"),
        ("details.json", "{}"),
        ("recovery-plan", "a plan"),
    ] {
        let (mut files, predicate) = run();
        files.insert(name.to_owned(), content.as_bytes().to_vec());
        let bytes = pack(files, predicate, &key()).unwrap();
        // Signed by its key, and another version cannot judge what it cannot read: this holds all the same.
        let failing = failing(&verify(&bytes, None, "9.9.9").unwrap());
        let said = format!("{name} is not the one");
        assert!(
            failing.iter().any(|why| why.contains(&said)),
            "{name}: {failing:?}"
        );
    }
}

#[test]
fn another_version_may_compress_otherwise_and_no_more() {
    use std::io::{Read, Write};
    let bytes = a_pack();
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_end(&mut tar)
        .unwrap();
    let zipped = |tar: &[u8], level| {
        let mut gzip = flate2::GzBuilder::new()
            .operating_system(0xff)
            .write(Vec::new(), flate2::Compression::new(level));
        gzip.write_all(tar).unwrap();
        gzip.finish().unwrap()
    };
    let otherwise = zipped(&tar, 3);
    assert_ne!(otherwise, bytes);
    assert!(!holds(&otherwise), "the same version compresses in one way only");
    let later = verify(&otherwise, None, "0.2.0").unwrap();
    assert!(later.holds(), "{:?}", failing(&later));
    assert!(
        later
            .checks
            .iter()
            .any(|check| matches!(check.outcome, CheckOutcome::NotTold(_)))
    );
    // A header of a member, or what stands behind its content, is no matter of compression.
    for at in [100, 150, 512 + 9, tar.len() - 1] {
        let mut changed = tar.clone();
        changed[at] ^= 1;
        let verified = verify(&zipped(&changed, 3), None, "0.2.0");
        assert!(
            !verified.is_ok_and(|verified| verified.holds()),
            "byte {at} of the tar archive"
        );
    }
    let more = [&otherwise[..], b"x"].concat();
    assert!(!verify(&more, None, "0.2.0").unwrap().holds());
}

#[test]
fn file_that_is_no_pack_is_refused() {
    for bytes in [&b""[..], b"something else", b"PK\x03\x04"] {
        assert!(verify(bytes, None, TOOL).is_err());
    }
    let without = forged(|files| drop(files.remove("statement.dsse.json")));
    assert!(
        verify(&without, None, TOOL)
            .unwrap_err()
            .to_string()
            .contains("without statement.dsse.json")
    );
    let (mut files, predicate) = run();
    files.remove("plan.json");
    assert!(matches!(
        pack(files, predicate, &key()),
        Err(PackError::Missing("plan.json"))
    ));
}

/// `openssl genpkey -algorithm ed25519`, and of other kinds.
const OPENSSL: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

#[test]
fn keys_are_those_of_openssl() {
    // RFC 8032, section 7.1, test 1.
    let key = SecretKey::from_pem("key", OPENSSL).unwrap();
    let public = key.public().to_pem();
    assert!(
        public.contains("MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        "{public}"
    );
    assert_eq!(key.to_pem().as_deref(), Some(OPENSSL));
    assert_eq!(PublicKey::from_pem("key", &public).unwrap(), key.public());
    let commented = format!("# of the auditor\n\n{}", OPENSSL.replace('\n', "\r\n"));
    assert_eq!(
        SecretKey::from_pem("key", &commented).unwrap().public(),
        key.public()
    );
}

#[test]
fn invalid_key_is_refused_with_file_line_and_reason() {
    let error = |text: &str| match SecretKey::from_pem("k.pem", text) {
        Ok(_) => panic!("{text:?} is no key"),
        Err(error) => error.to_string(),
    };
    let public = key().public().to_pem();
    for (text, line, words) in [
        ("", 1, "an empty file"),
        ("\n\nhello\n", 3, "no key"),
        (&public, 1, "a public key"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
            1,
            "encrypted with a passphrase",
        ),
        ("x\n-----BEGIN RSA PRIVATE KEY-----\n", 2, "an RSA key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", 1, "OpenSSH"),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n!!!!\n-----END PRIVATE KEY-----\n",
            3,
            "broken",
        ),
        // EC, P-256.
        (
            "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n",
            1,
            "elliptic-curve",
        ),
    ] {
        let error = error(text);
        assert!(
            error.starts_with(&format!("k.pem:{line}: ")) && error.contains(words),
            "{error}"
        );
    }
    let error = PublicKey::from_pem("k.pem", OPENSSL).unwrap_err().to_string();
    assert!(
        error.contains("a private key") && error.contains("-pubout"),
        "{error}"
    );
    assert!(PublicKey::from_pem("k.pem", &public.replace('M', "N")).is_err());
}
