//! Programs for devices, end to end: the validator announces what is one, devices receive it, and a sample of them
//! checks its digest.
//!
//! ```text
//!   probe, script ──► program-validator ──► broker ──► 20 devices, of which 8 look at it
//!   forger ─────────────────────────────────► (another digest)
//! ```

use std::collections::BTreeMap;

use drill::journal::{Event, ProgramCounters, StepOutcome};
use test_harness::trial;

use crate::support::{Run, Scenario, installed, namespaces};

const DEVICES: u64 = 20;
const SAMPLE: u64 = 8;

/// The validator is asked by a probe, every 20 seconds for the same program, and by the operator's script for one
/// that is none. Another client announces a program with another one's digest.
fn scenario() -> Scenario {
    let validator = "  functions:\n    validator: {built_in: program-validator, timeout: 30s}\n  regions:";
    let probe = "probes:\n  validation: {do: lambda.invoke, function: validator, every: 20s, timeout: 60s, \
                 payload: '{\"id\": \"blink\", \"source\": \"(define (on) (display 1))\"}', expect: '\"valid\":true'}";
    let steps = r#"  - id: none
    do: shell
    run: |
      printf '{"id": "broken", "source": "(define (on)"}' > event.json
      aws lambda invoke --function-name validator --payload fileb://event.json answer.json > /dev/null
      cat answer.json
  - id: forge
    do: shell
    run: |
      digest=$(printf '(display 1)' | sha256sum | cut -c 1-64)
      printf '{"id": "forged", "sha256": "%s", "source": "(display 2)"}' "$digest" > message.json
      aws iot-data publish --topic cmd/all/program --qos 1 --payload fileb://message.json
"#;
    let protect = "  - {id: protect";
    Scenario::fleet()
        .with("speed: 300", "speed: 60")
        .with("  regions:", validator)
        .with("probes:", probe)
        .with(
            "  telemetry: {every: 10s",
            &format!("  programs: {{sample: {SAMPLE}}}\n  telemetry: {{every: 10s"),
        )
        .with(protect, &format!("{steps}{protect}"))
}

trial!(what_the_validator_announces_is_checked_by_a_sample_of_the_devices);
fn what_the_validator_announces_is_checked_by_a_sample_of_the_devices() {
    if !installed("aws") || !namespaces() {
        return;
    }
    let run = Run::execute(&scenario());
    let journal = run.journal();
    let step = |id: &str| {
        let end = journal.events().find_map(|(_, event)| match event {
            Event::StepEnded(end) if end.step == id => Some(end.clone()),
            _ => None,
        });
        end.unwrap_or_else(|| panic!("step {id} has no end:\n{}", run.ended.stderr))
    };
    let none = step("none");
    assert!(
        none.detail
            .as_ref()
            .is_some_and(|said| said.contains("\"valid\":false")),
        "{none:?}"
    );
    assert_eq!(step("forge").outcome, StepOutcome::Done);

    let report = run.report();
    let programs: BTreeMap<&str, &ProgramCounters> = report
        .programs
        .iter()
        .map(|of| (of.program.as_str(), of))
        .collect();
    assert_eq!(
        programs.keys().copied().collect::<Vec<_>>(),
        ["blink", "forged"],
        "{programs:#?}"
    );
    let counts = |program: &str| {
        let of = programs[program];
        [of.received, of.checked, of.ran, of.failed, of.skipped]
    };
    // They run one after the other, beside the drill: how many until its end is a matter of this machine.
    let ran = programs["blink"].ran;
    let may_run = if cfg!(feature = "steel") {
        1..=SAMPLE
    } else {
        0..=0
    };
    assert!(may_run.contains(&ran), "{programs:#?}");
    assert_eq!(counts("blink"), [DEVICES, SAMPLE, ran, 0, 0]);
    assert_eq!(counts("forged"), [DEVICES, 0, 0, SAMPLE, 0]);

    // What the journal has of it last is what the report says.
    let last: BTreeMap<&str, &ProgramCounters> = journal
        .events()
        .filter_map(|(_, event)| match event {
            Event::Program(counters) => Some((counters.program.as_str(), counters)),
            _ => None,
        })
        .collect();
    assert_eq!(last, programs);
    for file in ["report.html", "summary.md"] {
        let text = String::from_utf8(run.read(file)).expect("text");
        assert!(
            text.contains("blink") && text.contains("forged"),
            "{file} is silent about programs"
        );
    }
    assert!(run.ended.stdout.contains("blink"), "{}", run.ended.stdout);
}
