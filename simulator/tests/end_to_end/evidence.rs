//! Evidence packs: made of a real drill, verified by this tool, by `openssl` and by Python's `cryptography`; a change of any
//! byte is found.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use drill::draw::Draws;
use drill::report::Verdict;
use drill::scenario::Exercise;
use test_harness::{installed, installed_for_part, skip_part, trial};

use crate::support::program::Ended;
use crate::support::{Run, Sandbox, Scenario, workspace};

/// Positions of a real pack at which one bit is changed, beside those of its ends.
const POSITIONS: u64 = 24;

const PACK: &str = "pack.tar.gz";

trial!(evidence_of_a_drill_is_verified_here_and_by_others);
fn evidence_of_a_drill_is_verified_here_and_by_others() {
    let run = Run::execute(&Scenario::loss());
    run.assert_verdict(Verdict::Pass);
    let sandbox = &run.sandbox;
    sandbox
        .firedrill(["evidence", "--new-key", "key"])
        .output()
        .assert_code(0);
    let made = pack(sandbox, PACK, &[]);
    made.assert_code(0);
    fs::write(sandbox.path().join("SHA256SUMS"), &made.stdout).expect("a file");

    // The same run and key give the same bytes.
    pack(sandbox, "again.tar.gz", &[]).assert_code(0);
    let bytes = fs::read(sandbox.path().join(PACK)).expect("the pack");
    assert!(bytes == fs::read(sandbox.path().join("again.tar.gz")).expect("the other pack"));

    let named = sandbox.firedrill(["verify", PACK, "--key", "key.pub"]).output();
    named.assert_code(0);
    assert!(
        named.stdout.contains("signed with the key that you named"),
        "{}",
        named.stdout
    );
    let unnamed = sandbox.firedrill(["verify", PACK]).output();
    unnamed.assert_code(0);
    assert!(
        unnamed.stdout.contains("does not prove who signed it"),
        "{}",
        unnamed.stdout
    );
    assert!(!unnamed.stdout.contains('✘'), "{}", unnamed.stdout);
    assert!(
        unnamed
            .stdout
            .contains("does not evidence the state of any real installation"),
        "{}",
        unnamed.stdout
    );

    nothing_is_overwritten(sandbox, &bytes);
    changed_bits_are_found(sandbox, &bytes);
    standard_tools_accept_it(sandbox);
    python_accepts_it(sandbox);
    what_was_changed_is_not_packed(&run);
}

fn pack(sandbox: &Sandbox, out: &str, more: &[&str]) -> Ended {
    let arguments = ["evidence", "run", "--key", "key", "--out", out];
    sandbox.firedrill(arguments.iter().chain(more)).output()
}

fn nothing_is_overwritten(sandbox: &Sandbox, bytes: &[u8]) {
    let refused = pack(sandbox, PACK, &[]);
    assert!(refused.assert_code(2).one_sentence().contains("--force"));
    pack(sandbox, PACK, &["--force"]).assert_code(0);
    assert!(fs::read(sandbox.path().join(PACK)).expect("the pack") == bytes);
    let refused = sandbox.firedrill(["evidence", "--new-key", "key"]).output();
    assert!(
        refused
            .assert_code(2)
            .one_sentence()
            .starts_with("key: is there already")
    );
}

/// One bit of the first and last bytes, and of some that are drawn, of a real pack. Every byte of a small one is changed
/// by the tests of the crate `evidence`.
fn changed_bits_are_found(sandbox: &Sandbox, bytes: &[u8]) {
    let draws = Draws::new(14, "evidence/positions");
    let drawn = (0..POSITIONS).map(|n| draws.below(n, bytes.len() as u64) as usize);
    let ends = [0, 3, 9, 10, bytes.len() - 9, bytes.len() - 8, bytes.len() - 1];
    for at in drawn.chain(ends).collect::<Vec<_>>() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1 << (at % 8);
        sandbox.write("changed.tar.gz", &changed);
        let ended = sandbox.firedrill(["verify", "changed.tar.gz"]).output();
        let code = ended.status.code();
        assert!(
            code == Some(1) || (at < 3 && code == Some(2)),
            "byte {at}: {code:?}\n{}",
            ended.stdout
        );
    }
}

/// The commands of docs/evidence.md, as they stand there.
fn standard_tools_accept_it(sandbox: &Sandbox) {
    for program in ["tar", "sha256sum", "openssl", "jq", "base64", "python3"] {
        if !installed_for_part(program) {
            return;
        }
    }
    let document = fs::read_to_string(workspace().join("docs/evidence.md")).expect("docs/evidence.md");
    let scripts: Vec<&str> = document
        .split("```sh\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .filter(|block| block.starts_with("tar ") || block.contains("journal.jsonl <<"))
        .collect();
    assert_eq!(scripts.len(), 2, "the document has both");
    fs::copy(sandbox.path().join(PACK), sandbox.path().join("2026-q4.tar.gz")).expect("a copy");
    let said = bash(sandbox.path(), scripts[0]);
    assert!(said.contains("Signature Verified Successfully"), "{said}");
    assert!(said.contains("the seal is that of the report"), "{said}");
    assert!(said.contains("\"emulated\": true"), "{said}");
    let said = bash(&sandbox.path().join("firedrill-evidence"), scripts[1]);
    assert!(said.contains("the chain is whole"), "{said}");
    // And the archive as a whole, by the line that was printed.
    assert!(bash(sandbox.path(), "sha256sum --check SHA256SUMS").contains("pack.tar.gz: OK"));
}

fn bash(folder: &Path, script: &str) -> String {
    let script = format!("set -euo pipefail\n{script}");
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{script}\n{said}");
    said
}

/// Another implementation of ed25519, and of the encoding that is signed.
const PYTHON: &str = r#"
import base64, json, sys, tarfile
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

files = {member.name.split("/")[1]: archive.extractfile(member).read()
         for archive in [tarfile.open(sys.argv[1])] for member in archive.getmembers()}
envelope = json.loads(files["statement.dsse.json"])
payload, kind = base64.b64decode(envelope["payload"], validate=True), envelope["payloadType"].encode()
signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
key = load_pem_public_key(open(sys.argv[2], "rb").read())
key.verify(signature, signed)
try:
    key.verify(signature, signed.replace(b'"emulated":true', b'"emulated":false'))
    sys.exit("a changed statement was accepted")
except InvalidSignature:
    print("accepted")
"#;

fn python_accepts_it(sandbox: &Sandbox) {
    if !installed_for_part("python3") {
        return;
    }
    let python = |script: &str| {
        let mut command = Command::new("python3");
        command
            .args(["-I", "-c", script, PACK, "key.pub"])
            .current_dir(sandbox.path());
        command.stdin(Stdio::null()).output().expect("python3")
    };
    if !python("import cryptography").status.success() {
        skip_part("Python's package cryptography is not installed");
        return;
    }
    let output = python(PYTHON);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "accepted\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Each of these is refused, with the file and the line named.
fn what_was_changed_is_not_packed(run: &Run) {
    let sandbox = &run.sandbox;
    let file = |name: &str| run.folder.join(name);
    let refused = |what: &str, words: &[&str]| {
        let ended = pack(sandbox, "refused.tar.gz", &[]);
        let sentence = ended.assert_code(2).one_sentence().to_owned();
        assert!(
            words.iter().all(|word| sentence.contains(word)),
            "{what}: {sentence}"
        );
        assert!(!sandbox.path().join("refused.tar.gz").exists());
    };
    let restored = |name: &str, change: &dyn Fn(Vec<u8>) -> Option<Vec<u8>>, words: &[&str]| {
        let before = fs::read(file(name)).expect("a file of the run");
        match change(before.clone()) {
            Some(changed) => fs::write(file(name), changed).expect("a file"),
            None => fs::remove_file(file(name)).expect("it is there"),
        }
        refused(name, words);
        fs::write(file(name), before).expect("a file");
    };
    let replaced = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| {
            Some(
                String::from_utf8(bytes)
                    .expect("text")
                    .replacen(from, to, 1)
                    .into_bytes(),
            )
        }
    };
    restored(
        "report.json",
        &replaced("\"pass\"", "\"fail\""),
        &["run/report.json", "not what the records give"],
    );
    restored(
        "report.html",
        &replaced("</html>", "</html> "),
        &["run/report.html", "firedrill report run"],
    );
    restored("summary.md", &|_| None, &["run/summary.md", "is not there"]);
    restored("seal.sha256", &|_| None, &["run/seal.sha256", "killed"]);
    restored(
        "ledger.bin",
        &|bytes| Some(bytes[..bytes.len() - 1].to_vec()),
        &["run", "ledger.bin was changed"],
    );
    restored(
        "scenario.yaml",
        &replaced("version: 1", "version:  1"),
        &["scenario.yaml"],
    );
    restored(
        "plan.json",
        &replaced("{", "{\"more\": 1,"),
        &["run/plan.json", "changed since"],
    );
    // Cut short: within a line, and after one. A line that says something else.
    let lines = fs::read(file("journal.jsonl")).expect("the journal");
    let count = lines.iter().filter(|b| **b == b'\n').count();
    let end = format!("journal.jsonl:{count}: the journal is cut short");
    restored(
        "journal.jsonl",
        &|bytes| Some(bytes[..bytes.len() - 5].to_vec()),
        &[&end],
    );
    let end = format!("journal.jsonl:{}: the journal is cut short", count - 1);
    let without_last = |bytes: Vec<u8>| {
        let last = bytes[..bytes.len() - 1]
            .iter()
            .rposition(|b| *b == b'\n')
            .expect("more than a line");
        Some(bytes[..=last].to_vec())
    };
    restored("journal.jsonl", &without_last, &[&end]);
    restored(
        "journal.jsonl",
        &replaced("\"seq\":2,", "\"seq\":3,"),
        &["journal.jsonl", "line 3"],
    );
    pack(sandbox, "whole.tar.gz", &[]).assert_code(0);
}

trial!(what_is_no_pack_and_no_key_is_refused_with_a_reason);
fn what_is_no_pack_and_no_key_is_refused_with_a_reason() {
    let sandbox = Sandbox::new();
    sandbox.write("text", "hello\n");
    fs::create_dir(sandbox.path().join("run")).expect("a folder");
    let sentence = |arguments: &[&str]| {
        let ended = sandbox.firedrill(arguments).output();
        ended.assert_code(2).one_sentence().to_owned()
    };
    assert!(sentence(&["verify", "text"]).starts_with("text: is no evidence pack"));
    assert!(sentence(&["verify", "nowhere"]).starts_with("nowhere: cannot be read"));
    assert!(sentence(&["verify", "run"]).contains("no regular file"));
    assert!(sentence(&["verify", "text", "--key", "text"]).starts_with("text:1: no key"));
    let with = |key: &str| sentence(&["evidence", "run", "--key", key, "--out", "pack.tar.gz"]);
    assert!(with("text").starts_with("text:1: no key"));
    assert!(with("nowhere").starts_with("nowhere: cannot be read"));
    sandbox
        .firedrill(["evidence", "--new-key", "key"])
        .output()
        .assert_code(0);
    assert!(with("key.pub").starts_with("key.pub:1: a public key"));
    assert!(with("key").starts_with("run: is no folder of a run: it has no journal.jsonl"));
    if !installed("openssl") {
        return;
    }
    let openssl = |script: &str| drop(bash(sandbox.path(), script));
    openssl("openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa");
    assert!(
        with("rsa").contains("an RSA key; evidence is signed with ed25519"),
        "{}",
        with("rsa")
    );
    openssl("openssl genpkey -algorithm ed25519 -aes256 -pass pass:x -out encrypted");
    assert!(
        with("encrypted").contains("encrypted with a passphrase"),
        "{}",
        with("encrypted")
    );
    openssl("openssl genpkey -algorithm ed25519 -out own && openssl pkey -in own -pubout -out own.pub");
    assert!(
        with("own").starts_with("run: is no folder of a run"),
        "{}",
        with("own")
    );
    // What openssl makes of our key is what we make of it.
    openssl("openssl pkey -in key -pubout | cmp - key.pub");
}

impl Run {
    /// Packs the run, verifies the pack, and looks whether its predicate names this kind of exercise and says this of it.
    #[track_caller]
    pub(crate) fn assert_signed(&self, kind: Exercise, said: &str) {
        let sandbox = &self.sandbox;
        let made = sandbox.firedrill(["evidence", "--new-key", "key"]).output();
        made.assert_code(0);
        pack(sandbox, PACK, &[]).assert_code(0);
        sandbox.firedrill(["verify", PACK]).output().assert_code(0);
        if !installed_for_part("tar") {
            return;
        }
        let mut tar = Command::new("tar");
        tar.args(["-xzOf", PACK, "--wildcards", "*statement.dsse.json"])
            .current_dir(sandbox.path());
        let envelope = tar.stdin(Stdio::null()).output().expect("tar").stdout;
        let envelope: serde_json::Value = serde_json::from_slice(&envelope).expect("JSON");
        let payload = envelope["payload"].as_str().expect("a payload");
        let payload = base64_simd::STANDARD.decode_to_vec(payload).expect("base64");
        let statement: serde_json::Value = serde_json::from_slice(&payload).expect("JSON");
        let predicate = &statement["predicate"];
        assert_eq!(predicate["exercise"], kind.name());
        let emulation = predicate["emulation"].as_str().expect("a sentence");
        assert!(emulation.contains(said), "{emulation}");
        assert!(
            !emulation.contains("faults were injected by the tool"),
            "{emulation}"
        );
    }
}
