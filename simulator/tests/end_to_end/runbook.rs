//! The order of a runbook's steps: side by side, again, not at all, in time; and what waits for them.

use drill::journal::{AuditId, Event, Health, Purpose, StepEnd, StepOutcome};
use drill::report::Verdict;
use drill::units::{DrillTime, Span};
use test_harness::trial;

use crate::support::{Run, Scenario};

const CONTAIN: &str =
    "  - {id: contain, do: s3.put_replication, bucket: programs, status: Disabled, within: 0m..5m}\n";
const ASSESS: &str = "  - {id: assess, do: s3.audit, bucket: programs, within: 0m..5m}\n";
const RESTORE: &str = "id: restore";
const PROTECT: &str = "id: protect";

/// AWS refuses it, for replication is configured.
const REFUSED: &str = "do: s3.put_versioning, bucket: programs, status: Suspended";

/// When a step began and ended, and how.
fn step(run: &Run, id: &str) -> (DrillTime, DrillTime, StepEnd) {
    let journal = run.journal();
    let began = journal.events().find_map(|(at, event)| match event {
        Event::StepStarted { step, .. } if step == id => Some(at),
        _ => None,
    });
    let (ended, end) = ended(run, id);
    (
        began.unwrap_or_else(|| panic!("step {id} never began: {end:?}")),
        ended,
        end,
    )
}

fn ended(run: &Run, id: &str) -> (DrillTime, StepEnd) {
    let journal = run.journal();
    let end = journal.events().find_map(|(at, event)| match event {
        Event::StepEnded(end) if end.step == id => Some((at, end.clone())),
        _ => None,
    });
    end.unwrap_or_else(|| panic!("step {id} has no end"))
}

fn seconds(span: Span) -> f64 {
    span.as_secs_f64()
}

trial!(steps_run_side_by_side_are_gated_tried_again_and_end_at_their_timeouts);
/// Steps side by side, a gate that opens, one that does not, and a step that is tried three times. None of
/// what fails here decides about an objective, so the drill passes.
fn steps_run_side_by_side_are_gated_tried_again_and_end_at_their_timeouts() {
    let parallel = "  - id: both\n    do: parallel\n    steps:\n      \
        - {id: assess, do: s3.audit, bucket: programs}\n      \
        - {id: call, do: human, takes: {p50: 2m, p95: 2m}}\n";
    let restore = "  - {id: restore, do: s3.restore_objects, damaged: assess, from: {bucket: programs, \
        region: backup}, after: [assess]}\n  - {id: gate, do: check, probe: delivery, green: 3, timeout: 5m}";
    let last = format!(
        "  - {{id: again, {REFUSED}, on_failure: retry, max_attempts: 3, retry_after: 10s, after: [both, gate]}}\n  \
         - {{id: never, do: check, probe: delivery, green: 100, timeout: 30s, after: [both]}}\n  \
         - {{id: protect, do: s3.put_replication, bucket: programs, status: Enabled, after: [again, never]}}"
    );
    let scenario = Scenario::loss()
        .with(ASSESS, parallel)
        .line_for(RESTORE, restore)
        .line_for(PROTECT, &last);
    let run = Run::execute(&scenario);
    run.assert_verdict(Verdict::Pass);

    let (both_began, both_ended, both) = step(&run, "both");
    let (call_began, call_ended, call) = step(&run, "call");
    let (assess_began, assess_ended, _) = step(&run, "assess");
    let (restore_began, restore_ended, _) = step(&run, "restore");
    assert_eq!(
        (both.outcome, call.outcome),
        (StepOutcome::Done, StepOutcome::Done)
    );
    assert!(
        assess_began.max(call_began) < call_ended.min(assess_ended),
        "they overlap"
    );
    assert_eq!(call_ended - call_began, Span::from_mins(2));
    assert!(
        restore_began >= assess_ended && restore_began < call_ended,
        "it waits for one branch only"
    );
    assert!(
        both_began >= call_ended && both_ended == both_began,
        "a join takes no time"
    );

    let (gate_began, gate_ended, gate) = step(&run, "gate");
    assert_eq!(
        (gate.outcome, gate.calls, gate.measured),
        (StepOutcome::Done, 0, Span::ZERO)
    );
    assert!(gate_began >= restore_ended, "{gate:?}");
    let journal = run.journal();
    let green = journal.events().filter(|(_, event)| {
        matches!(event, Event::Probe { probe, began, purpose: Purpose::Health, health: Health::Green, .. }
            if probe == "delivery" && (gate_began..=gate_ended).contains(began))
    });
    assert!(green.count() >= 3, "{gate:?}");

    let (again_began, again_ended, again) = step(&run, "again");
    assert_eq!(
        (again.outcome, again.attempts, again.calls),
        (StepOutcome::Failed, 3, 3),
        "{again:?}"
    );
    assert!(
        seconds(again_ended - again_began) >= 20.0,
        "two pauses of 10 s, after which a machine takes its time"
    );
    assert!(
        (20.0..22.0).contains(&seconds(again.modelled)),
        "pauses are not measured: {again:?}"
    );
    let code = |end: &StepEnd| end.error.as_ref().map(|error| error.code.clone());
    assert_eq!(code(&again).as_deref(), Some("InvalidBucketState"));

    let (never_began, never_ended, never) = step(&run, "never");
    assert_eq!(
        (never.outcome, code(&never).as_deref()),
        (StepOutcome::Failed, Some("Timeout"))
    );
    assert!(
        (30.0..120.0).contains(&seconds(never_ended - never_began)),
        "{never:?}"
    );
    assert_eq!(step(&run, "protect").2.outcome, StepOutcome::Done);
}

trial!(an_abort_leaves_those_under_way_alone_and_begins_nothing);
/// What is under way when a step aborts goes on to its end; nothing begins after it.
fn an_abort_leaves_those_under_way_alone_and_begins_nothing() {
    let bad = format!("  - {{id: bad, {REFUSED}, on_failure: abort, after: [declare]}}\n");
    let slow = "  - {id: slow, do: human, takes: {p50: 5m, p95: 5m}, after: [declare]}\n";
    let run = Run::execute(&Scenario::loss().with(CONTAIN, &format!("{slow}{bad}{CONTAIN}")));
    let (slow_began, slow_ended, slow) = step(&run, "slow");
    let (_, bad_ended, bad) = step(&run, "bad");
    assert_eq!(
        (slow.outcome, bad.outcome),
        (StepOutcome::Done, StepOutcome::Failed)
    );
    assert!(bad_ended < slow_ended && slow_ended - slow_began == Span::from_mins(5));
    for id in ["contain", "assess", "restore", "verify", "protect"] {
        let (at, end) = ended(&run, id);
        assert_eq!(end.outcome, StepOutcome::NotStarted, "{id}");
        assert_eq!(
            end.detail.as_deref(),
            Some("step bad failed and aborts the runbook")
        );
        assert!(at < slow_ended, "it is known as soon as the abort is");
    }
}

trial!(faults_are_injected_during_a_step_before_writes_of_the_same_instant);
/// Two faults in the course of a step, one of which ends by itself while the other stands; then recovery, again.
fn faults_are_injected_during_a_step_before_writes_of_the_same_instant() {
    let faults = "  - {id: again, at: step:verify+30s, do: s3.delete_objects, bucket: programs, fraction: 0.5, mode: marker}\n  \
        - {id: copies, at: step:verify, do: s3.pause_replication, bucket: programs, for: 4m}\n\ndetection";
    let more = "  - {id: hold, do: wait, for: 5m}\n  \
        - {id: assess-again, do: s3.audit, bucket: programs}\n  \
        - {id: restore-again, do: s3.restore_versions, damaged: assess-again}";
    let scenario = Scenario::loss()
        .with("\ndetection", faults)
        .with("give_up: 14m", "give_up: 30m")
        .with(CONTAIN, "")
        .line_for(PROTECT, more);
    let run = Run::execute(&scenario);
    let (began, _, _) = step(&run, "verify");
    let injected = |id: &str| {
        let journal = run.journal();
        let injected = journal.events().find_map(|(at, event)| match event {
            Event::FaultInjected { fault, .. } if fault == id => Some(at),
            _ => None,
        });
        injected.unwrap_or_else(|| panic!("fault {id} was never injected"))
    };
    assert_eq!(injected("again"), began + Span::from_secs(30));
    assert!(injected("copies") >= began);
    let report = run.report();
    for id in ["again", "copies"] {
        let fault = report.faults.iter().find(|fault| fault.id == id);
        let fault = fault.unwrap_or_else(|| panic!("no fault {id} in {:?}", report.faults));
        assert!(fault.proven, "{fault:?}");
    }
    let ended = report
        .faults
        .iter()
        .find(|fault| fault.id == "copies")
        .and_then(|fault| fault.end_s);
    let expected = (injected("copies") + Span::from_mins(4)).as_secs_f64();
    assert!((ended.expect("it ends by itself") - expected).abs() < 0.01);

    // Its targets had been written, and acknowledged, before.
    let targets = run.targets("again");
    assert!(targets.len() > 20, "{targets:?}");
    let before: Vec<String> = run
        .acknowledged_before("programs", injected("again"))
        .into_iter()
        .map(|write| write.key)
        .collect();
    for key in &targets {
        assert!(before.contains(key), "{key} was not there to be a target");
    }
    assert_eq!(step(&run, "restore-again").2.outcome, StepOutcome::Done);
    // The drill did not end before what came of it was seen, and audited.
    assert!(run.cut(AuditId::A) > step(&run, "restore-again").1);
}

trial!(with_the_timing_of_aws_a_step_takes_what_its_calls_take_there);
/// What calls and bytes take at AWS is time of the step that makes them, scaled to the real bucket.
fn with_the_timing_of_aws_a_step_takes_what_its_calls_take_there() {
    let scenario = Scenario::loss()
        .with("durations: p95}", "durations: p95, timing: aws}")
        .with(
            "      replicate: {to: backup",
            "      stands_for: {objects: 6000, bytes: 60MB}\n      replicate: {to: backup",
        );
    const MOST: f64 = 136.0;
    const MOST_FOR_ONE: f64 = 0.7;
    let charged = |run: &Run, id: &str| seconds(step(run, id).2.charged);
    let run = Run::execute(&scenario);
    // Where a machine is busy with other things, waits end late: then it is looked at again while nothing else runs here.
    let run = if charged(&run, "verify") < MOST && charged(&run, "contain") < MOST_FOR_ONE {
        run
    } else {
        test_harness::alone(|| Run::execute(&scenario))
    };
    let (began, ended, verify) = step(&run, "verify");
    assert_eq!(verify.outcome, StepOutcome::Done, "{verify:?}");
    // 6,000 reads of 200 ms, ten at a time: 120 s. Twelve pages, one after the other: 2.4 s. 60 MB over ten
    // connections of 85 MB/s: 71 ms. What was written since the step began, every 9 s, is read as well.
    assert!((119.0..MOST).contains(&seconds(verify.charged)), "{verify:?}");
    assert_eq!(verify.modelled, verify.charged);
    assert!(ended - began >= verify.charged + verify.measured, "{verify:?}");
    let detail = verify.detail.expect("it says what it charged");
    assert!(
        detail.contains("no damage found")
            && detail.contains("; charged 2m ")
            && detail.contains("as many as its buckets stand for"),
        "{detail}"
    );
    // A setting is one call of 200 ms, of which the first few are measured: until it is clear that its client waits.
    assert!((0.15..MOST_FOR_ONE).contains(&charged(&run, "contain")));
    assert_eq!(step(&run, "declare").2.charged, Span::ZERO);
}

trial!(the_return_home_waits_for_the_audit);
/// The first step of the return home begins once audit A is complete.
fn the_return_home_waits_for_the_audit() {
    let scenario = Scenario::loss()
        .with(
            "  source: \"plan:1\"\n",
            "  source: \"plan:1\"\n  failback: {from: home, rto: 5m}\n",
        )
        .line_for(
            PROTECT,
            "  - {id: protect, do: s3.put_replication, bucket: programs, status: Enabled}\n  \
            - {id: home, do: wait, for: 1m}\n  - {id: stay, do: wait, for: 1s}\n  \
            - {id: beside, do: wait, for: 3m, after: [verify]}",
        );
    let run = Run::execute(&scenario);
    let journal = run.journal();
    let place = |what: &dyn Fn(&Event) -> bool| {
        let place = journal.events().position(|(_, event)| what(event));
        place.expect("it is in the journal")
    };
    let audited = place(&|event| {
        matches!(
            event,
            Event::Audit {
                audit: AuditId::A,
                complete: Some(true),
                ..
            }
        )
    });
    let home = place(&|event| matches!(event, Event::StepStarted { step, .. } if step == "home"));
    let beside = place(&|event| matches!(event, Event::StepEnded(end) if end.step == "beside"));
    assert!(beside < audited && audited < home, "{beside} {audited} {home}");
    assert_eq!(step(&run, "stay").2.outcome, StepOutcome::Done);
    assert!(run.cut(AuditId::B) > step(&run, "stay").1);
}
