//! What a user's script and function can reach, watched from outside: the drill, and nothing else. No packet
//! leaves for any address but loopback, and no file of the home is touched.
//!
//! The same attempts are made without isolation, in a network that leads nowhere: that shows that the watch
//! would have seen them.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use drill::journal::{Event, StepOutcome};
use test_harness::trial;

use crate::support::home::{CANARY, Home};
use crate::support::outside::{NAME_SERVER, Outside, Packet, enclosed};
use crate::support::program::{EXE, Program};
use crate::support::{Run, Sandbox, Scenario, functions, installed, namespaces};

const SCRIPT: &str = include_str!("reach.sh");
const PYTHON: &str = include_str!("reach.py");

/// The same from within a function. What leaves is seen when it leaves, so that no attempt waits for an answer for long.
const FUNCTION: &str = r#"
    got() { curl --silent --connect-timeout 1 --max-time 2 "$1" > /dev/null 2>&1 && echo reached || echo no; }
    answer="$(got http://10.77.0.1/) $(got http://169.254.170.2/v2) $(got http://function.example.com/)"
    answer="\"$answer $(head -n 1 HOME/.aws/credentials 2>&1)\""
"#;

/// A secret of the environment that the program is started in.
const TOKEN: &str = "canary-of-the-environment";

/// What the attempts send, in the order of the scripts.
const SENT: [&str; 12] = [
    "tcp 10.77.0.1 80",
    "tcp 169.254.170.2 80",
    "tcp 10.1.2.3 80",
    "tcp 192.168.44.1 8080",
    "tcp 169.254.169.254 80",
    "tcp 198.51.100.7 443",
    "tcp 10.9.8.7 443",
    "tcp 2001:db8::7 80",
    "udp 192.0.2.44 9999",
    "udp 8.8.8.8 53",
    "udp 224.0.0.251 5353",
    "udp fd00:ec2::254 53",
];

/// The names that they ask for: of the function, of the real client past the shim, of `curl`, of Python.
const NAMES: [&[u8]; 4] = [
    b"\x08function\x07example\x03com",
    b"\x09amazonaws\x03com",
    b"\x04curl\x07example\x03com",
    b"\x06python\x07example\x03com",
];

/// What came of the attempts.
struct Tried {
    /// What the script said.
    lines: Vec<String>,
    packets: Vec<Packet>,
    /// How many packets left, as the kernel counted them.
    transmitted: u64,
    /// What was done to the home.
    seen: BTreeSet<String>,
    has_ip6: bool,
    /// Every byte that the run left, as text.
    left: String,
}

impl Tried {
    fn line(&self, begin: &str) -> &str {
        let found = self.lines.iter().find_map(|line| line.strip_prefix(begin));
        found.unwrap_or_else(|| panic!("no {begin:?} in {:#?}", self.lines))
    }
}

fn attempt(outside: &Outside, arguments: &[&str]) -> Tried {
    let home = Home::new();
    let path = home.path().to_str().expect("a plain path").to_owned();
    let sandbox = Sandbox::new();
    let script = sandbox.write("reach.sh", SCRIPT);
    std::fs::set_permissions(script, PermissionsExt::from_mode(0o755)).expect("it is ours");
    sandbox.write("reach.py", PYTHON);
    sandbox.write(
        "curious.zip",
        functions::shell("", &FUNCTION.replace("HOME", &path)),
    );
    let stolen = sandbox.path().join("stolen");
    std::os::unix::fs::symlink(home.path().join(".aws/credentials"), stolen).expect("a link");
    let step = format!("  - {{id: reach, do: shell, script: \"reach.sh {path}\", timeout: 3m}}\n");
    let protect = "  - {id: protect";
    let scenario = Scenario::loss()
        .with("speed: 300", "speed: 100")
        .with(
            "  regions:",
            "  functions:\n    curious: {package: curious.zip, timeout: 60s, memory: 256MiB}\n  regions:",
        )
        .with(protect, &format!("{step}{protect}"));
    let env = [
        ("HOME", &*path),
        ("CANARY_TOKEN", TOKEN),
        ("AWS_SESSION_TOKEN", TOKEN),
    ];
    let run = Run::inside(sandbox, &scenario, arguments, &env);
    // What the drill makes of it is not the question here.
    let journal = run.journal();
    let done = journal.events().any(|(_, event)| match event {
        Event::StepEnded(end) => end.step == "reach" && end.outcome == StepOutcome::Done,
        _ => false,
    });
    assert!(done, "{}\n{}", run.ended.stdout, run.ended.stderr);
    let lines = run
        .journal()
        .lines
        .into_iter()
        .filter_map(|line| match line.event {
            Event::StepOutput { text, .. } => Some(text),
            _ => None,
        });
    let packets = outside.sent();
    Tried {
        lines: lines.collect(),
        packets,
        transmitted: outside.transmitted().0,
        seen: home.seen(),
        has_ip6: outside.has_ip6,
        left: left(&run),
    }
}

fn left(run: &Run) -> String {
    let files = std::fs::read_dir(&run.folder).expect("the run's folder");
    let files = files.map(|file| std::fs::read(file.expect("an entry").path()).expect("a file"));
    let streams = [&run.ended.stdout, &run.ended.stderr].map(|text| text.clone().into_bytes());
    let all = files.chain(streams).collect::<Vec<_>>().concat();
    String::from_utf8_lossy(&all).into_owned()
}

fn possible() -> bool {
    ["aws", "curl", "python3", "ip"].into_iter().all(installed)
}

trial!(a_script_reaches_the_drill_and_nothing_else, slow);
fn a_script_reaches_the_drill_and_nothing_else() {
    if !possible() || !namespaces() {
        return;
    }
    let Some(tried) = enclosed(|outside| attempt(outside, &[])) else {
        return;
    };
    // It did work, and with the drill.
    for service in ["rds", "sqs"] {
        let answer = format!("The emulated cloud has no service {service:?}");
        let said = tried.line(&format!("{service}: "));
        assert!(said.contains(&answer), "{said}");
    }
    assert_eq!(tried.line("s3: "), "2", "{:#?}", tried.lines);
    assert_eq!(
        tried.lines.last().map(|line| line.starts_with("env: ")),
        Some(true)
    );

    let reached = tried.lines.iter().filter(|line| line.contains(": reached"));
    assert_eq!(reached.collect::<Vec<_>>(), Vec::<&String>::new());
    let attempts = tried.lines.iter().filter(|line| line.contains(": not reached"));
    assert_eq!(attempts.count(), 13, "{:#?}", tried.lines);
    assert!(
        tried.line("function: ").starts_with("\"no no no head: "),
        "{:#?}",
        tried.lines
    );
    let packets: Vec<String> = tried.packets.iter().map(ToString::to_string).collect();
    assert_eq!(
        (packets, tried.transmitted),
        (Vec::new(), 0),
        "something was sent"
    );

    assert_eq!(tried.seen, BTreeSet::new(), "the home was touched");
    for canary in [CANARY, TOKEN] {
        assert!(
            !tried.left.contains(canary),
            "{canary} is in the run: {:#?}",
            tried.lines
        );
    }
}

trial!(attempts_of_a_script_without_isolation_are_seen, slow);
fn attempts_of_a_script_without_isolation_are_seen() {
    if !possible() {
        return;
    }
    let Some(tried) = enclosed(|outside| attempt(outside, &["--unisolated"])) else {
        return;
    };
    let packets: BTreeSet<String> = tried.packets.iter().map(ToString::to_string).collect();
    for sent in SENT.iter().filter(|sent| tried.has_ip6 || !sent.contains(':')) {
        assert!(packets.contains(*sent), "{sent} was not seen among {packets:#?}");
    }
    let asks = format!("udp {NAME_SERVER} 53");
    for name in NAMES {
        let asked = |packet: &Packet| packet.to_string() == asks && packet.carries(name);
        let shown = String::from_utf8_lossy(name);
        assert!(
            tried.packets.iter().any(asked),
            "{shown:?} was not asked for: {packets:#?}"
        );
    }
    assert!(tried.transmitted >= tried.packets.len() as u64);

    assert!(
        tried
            .seen
            .iter()
            .any(|seen| seen.contains(".aws/credentials") && seen.contains("OPEN")),
        "{:?}",
        tried.seen
    );
    assert!(tried.line("function: ").contains(CANARY), "{:#?}", tried.lines);
    assert!(tried.line("listing: ").contains(".aws"), "{:#?}", tried.lines);
    assert!(tried.left.contains(CANARY));
    // The environment is not handed down even so.
    assert!(!tried.left.contains(TOKEN), "{:#?}", tried.lines);
}

/// The warnings of a drill with functions of Firedrill's own alone; in a user namespace that allows none below it, if there
/// is to be no sandbox.
fn warnings_with_own_functions(no_sandbox: bool, arguments: &[&str]) -> Vec<String> {
    let sandbox = Sandbox::new();
    let own = "  functions:\n    check: {built_in: program-validator}\n  regions:";
    let file = sandbox.scenario(&Scenario::loss().with("  regions:", own));
    let file = file.to_str().expect("a plain path");
    let forbid = if no_sandbox {
        "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\""
    } else {
        "exec \"$@\""
    };
    let begin = [
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        forbid,
        "sh",
        EXE,
        "run",
        file,
        "--out",
        "run",
    ];
    let ended = Program::another("unshare", sandbox.path(), [&begin[..], arguments].concat()).output();
    let journal = sandbox.path().join("run/journal.jsonl");
    let journal = std::fs::read(journal).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
    let journal = drill::journal::read(&journal).expect("a journal");
    let warnings = journal.lines.into_iter().filter_map(|line| match line.event {
        Event::Warning { text } => Some(text),
        _ => None,
    });
    warnings.collect()
}

trial!(functions_of_our_own_without_a_sandbox_are_announced, slow);
fn functions_of_our_own_without_a_sandbox_are_announced() {
    if !namespaces() {
        return;
    }
    let bare = "functions of Firedrill's own run without a sandbox";
    let says = |no_sandbox, arguments: &[&str], begin: &str| {
        let warnings = warnings_with_own_functions(no_sandbox, arguments);
        (warnings.iter().any(|text| text.starts_with(begin)), warnings)
    };
    let (said, warnings) = says(true, &[], bare);
    assert!(
        said && warnings
            .iter()
            .any(|text| text.contains("cannot make namespaces")),
        "{warnings:?}"
    );
    let (said, warnings) = says(false, &[], bare);
    assert!(!said, "{warnings:?}");
    let (said, warnings) = says(
        false,
        &["--unisolated"],
        "scripts and functions run without isolation (--unisolated)",
    );
    assert!(said, "{warnings:?}");
}
