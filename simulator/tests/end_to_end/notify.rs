//! Messages to people: what they say, where they go, and what counts as not told.

use std::net::TcpListener;

use drill::journal::{Event, StepOutcome};
use drill::report::Verdict;
use serde_json::Value;
use test_harness::trial;

use crate::support::run::read;
use crate::support::sink::sink;
use crate::support::{Run, Scenario};

trial!(messages_say_what_is_known_and_a_refused_one_is_not_delivered);
fn messages_say_what_is_known_and_a_refused_one_is_not_delivered() {
    let (url, asked) = sink();
    let unused = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port");
    let steps = format!(
        "  - id: tell\n    do: notify\n    to: \"#incidents\"\n    message: \"{{{{system}}}}: {{{{impact}}}}. {{{{status}}}}.\"\n    \
         webhook: \"{url}\"\n    within: 0m..5m\n    from: detection\n  \
         - {{id: refused, do: notify, to: unreachable, message: x, webhook: \"http://{unused}/\"}}\n  - {{id: declare"
    );
    let late = "  - {id: late, do: notify, to: customers, message: \"{{impact}}; {{elapsed}}\", within: 0s..1s}\n  - {id: protect";
    let scenario = Scenario::loss()
        .with("  - {id: declare", &steps)
        .with("  - {id: protect", late);
    let run = Run::execute(&scenario);
    let report = run.assert_verdict(Verdict::Pass);

    let posted: Value = serde_json::from_str(&asked.join().expect("a message came")).expect("it is JSON");
    assert_eq!(
        (&posted["to"], &posted["step"]),
        (&Value::from("#incidents"), &Value::from("tell"))
    );
    assert_eq!(posted["scenario"], Value::from("small-loss"));
    let text = posted["text"].as_str().expect("a text");
    assert!(text.starts_with("small: delivery is down since 20"), "{text}");
    assert!(text.ends_with("1 of 1 services is down."), "{text}");
    let detected = run.journal().events().find_map(|(at, event)| match event {
        Event::Detected { .. } => Some(at.as_secs_f64()),
        _ => None,
    });
    assert!(posted["drill_time"].as_f64() >= detected, "{posted}");

    let kept = String::from_utf8(read(&run.folder, "messages.jsonl")).expect("text");
    let kept: Value = serde_json::from_str(kept.trim_end()).expect("one line of JSON");
    assert_eq!(
        (&kept["to"], &kept["step"]),
        (&Value::from("customers"), &Value::from("late"))
    );

    let told: Vec<String> = run
        .journal()
        .events()
        .filter_map(|(_, event)| match event {
            Event::Message { step, .. } => Some(step.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["tell", "late"], "who was not told is not said to be");
    let outcome = |id: &str| {
        report
            .steps
            .iter()
            .find(|step| step.id == id)
            .map(|step| step.outcome)
    };
    assert_eq!(outcome("tell"), Some(StepOutcome::Done));
    assert_eq!(outcome("refused"), Some(StepOutcome::Failed));
    let said = |id: &str| {
        report
            .findings
            .iter()
            .any(|finding| finding.step.as_deref() == Some(id))
    };
    assert!(
        said("late") && said("refused") && !said("tell"),
        "{:#?}",
        report.findings
    );
}
