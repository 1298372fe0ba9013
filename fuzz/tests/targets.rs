//! Every target over its share of the cases, and proof that a defect would be found.
//!
//! `FIREDRILL_FUZZ_CASES` says how many cases all targets have together; `FIREDRILL_FUZZ_SEED` says of which seed.

use fuzz::run::{Cases, Failure, RunCounters, input, run};
use fuzz::{TARGETS, Target, targets};

/// All targets together, unless the environment says otherwise.
const CASES: u64 = 100_000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|error| panic!("{name}: {error}"))
    })
}

/// Runs a target's share, and sees to it that inputs get as deep as `reach` says: kinds, and the share of all cases
/// that is of these kinds at least, in percent.
fn holds(target: Target, reach: &[(&[&str], f64)]) {
    let weights: u64 = TARGETS.iter().map(|target| target.weight).sum();
    let cases = Cases {
        seed: number("FIREDRILL_FUZZ_SEED", 1),
        first: 0,
        count: (number("FIREDRILL_FUZZ_CASES", CASES) * target.weight).div_ceil(weights),
        threads: 1,
    };
    let counters = run(&target, cases, |_| {});
    print!("{}", fuzz::run::shown(target.name, &counters));
    if let Some(failure) = &counters.failure {
        panic!("{failure}");
    }
    assert_eq!(counters.cases, cases.count);
    for (kinds, least) in reach {
        let share = share_of(&counters, kinds);
        // Of few cases the shares are chance.
        assert!(
            share >= *least || counters.cases < 2000,
            "{share:.2} % of the cases are {kinds:?}: {:?}",
            counters.kinds
        );
    }
}

fn share_of(counters: &RunCounters, kinds: &[&str]) -> f64 {
    let count: u64 = kinds.iter().filter_map(|kind| counters.kinds.get(kind)).sum();
    count as f64 * 100.0 / counters.cases.max(1) as f64
}

#[test]
fn scenarios() {
    let accepted = ["accepted and planned", "accepted, too large to be planned here"];
    holds(
        targets::scenario::TARGET,
        &[(&accepted, 15.0), (&accepted[..1], 1.0), (&["refused"], 20.0)],
    );
}

#[test]
fn requests() {
    holds(
        targets::http::TARGET,
        &[
            (&["signed: done"], 2.0),
            (&["signed: refused in its content"], 5.0),
            (&["anonymous: done"], 2.0),
            (&["forged: denied"], 5.0),
            (&["unsigned: denied"], 5.0),
            (&["signed, changed: another signature"], 1.0),
        ],
    );
}

#[test]
fn packets() {
    holds(
        targets::mqtt::TARGET,
        &[
            (&["let in, all packets passed on"], 10.0),
            (&["let in, hung up on after some packets"], 10.0),
            (&["CONNECT is answered with no"], 3.0),
        ],
    );
}

#[test]
fn packages() {
    holds(
        targets::zip::TARGET,
        &[
            (&["unpacked", "unpacked, with links"], 8.0),
            (&["unpacked, with links"], 0.5),
            (&["refused: broken"], 20.0),
        ],
    );
}

#[test]
fn records() {
    holds(
        targets::records::TARGET,
        &[
            (&["read", "read and judged"], 20.0),
            (&["read and judged"], 5.0),
            (&["the journal's chain is broken"], 2.0),
        ],
    );
}

/// Runs a target with a defect in it, which must be found, and found again from its seed and number alone.
fn is_found(target: Target, defect: fn(&[u8]) -> &'static str) -> Failure {
    let target = Target {
        check: defect,
        ..target
    };
    let cases = Cases {
        seed: 5,
        first: 0,
        count: 5000,
        threads: 2,
    };
    let counters = run(&target, cases, |_| {});
    let failure = counters.failure.expect("the defect is found");
    let again = Cases {
        first: failure.case,
        count: 1,
        threads: 1,
        ..cases
    };
    let replayed = run(&target, again, |_| {}).failure.expect("it is found again");
    assert_eq!(
        (replayed.input.as_slice(), &replayed.message),
        (failure.input.as_slice(), &failure.message)
    );
    assert_eq!(input(&target, &(target.inputs)(), 5, failure.case), failure.input);
    let said = failure.to_string();
    let command = format!("--seed 5 --first {} --cases 1 {}", failure.case, target.name);
    assert!(
        said.contains(&command) && said.contains(&failure.message),
        "{said}"
    );
    failure
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|part| part == what)
}

#[test]
fn a_planted_defect_is_found_in_each_target_and_found_again() {
    // Behind the parser: only what a real parser takes has these kinds.
    let scenario = is_found(targets::scenario::TARGET, |bytes| {
        let kind = (targets::scenario::TARGET.check)(bytes);
        assert!(
            kind != "accepted and planned" || !has(bytes, b"9223372036854775807"),
            "planted"
        );
        assert!(kind != "accepted and planned", "planted");
        kind
    });
    assert!(has(&scenario.input, b"version"));
    let http = is_found(targets::http::TARGET, |bytes| {
        let kind = (targets::http::TARGET.check)(bytes);
        assert!(kind != "signed: done" || !has(bytes, b"?versioning"), "planted");
        kind
    });
    assert!(has(&http.input, b"?versioning"));
    let mqtt = is_found(targets::mqtt::TARGET, |bytes| {
        let kind = (targets::mqtt::TARGET.check)(bytes);
        assert!(
            kind != "let in, all packets passed on" || !has(bytes, "日本/+".as_bytes()),
            "planted"
        );
        kind
    });
    assert!(has(&mqtt.input, "日本/+".as_bytes()));
    let zip = is_found(targets::zip::TARGET, |bytes| {
        let kind = (targets::zip::TARGET.check)(bytes);
        assert!(kind != "unpacked, with links", "planted");
        kind
    });
    assert!(zip.message.contains("planted"));
    let records = is_found(targets::records::TARGET, |bytes| {
        let kind = (targets::records::TARGET.check)(bytes);
        assert!(kind != "the journal's chain is broken", "planted");
        kind
    });
    assert!(
        records.message.contains("tests/targets.rs"),
        "{}",
        records.message
    );
}

#[test]
fn a_seed_gives_the_same_inputs_and_another_seed_others() {
    for target in TARGETS {
        let inputs = (target.inputs)();
        let of = |seed, case| input(&target, &inputs, seed, case);
        assert_eq!(of(1, 7), of(1, 7), "{}", target.name);
        assert_ne!(
            (0..5).map(|n| of(1, n)).collect::<Vec<_>>(),
            (0..5).map(|n| of(2, n)).collect::<Vec<_>>()
        );
    }
}
