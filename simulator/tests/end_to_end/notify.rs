//! Messages to people: what they say, where they go, and what counts as not told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use drill::journal::{Event, Outcome};
use drill::report::Verdict;
use serde_json::Value;
use test_harness::trial;

use crate::support::run::read;
use crate::support::{Run, Scenario};

/// Answers one request with 200; gives its body.
fn sink() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the message comes");
        let body = body(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .expect("it is answered");
        body
    });
    (url, asked)
}

fn body(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).expect("the request comes");
        text.push_str(&String::from_utf8_lossy(&buffer[..n]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if n == 0 || body.len() >= length.unwrap_or(0) {
            return body.to_owned();
        }
    }
}

trial!(messages_say_what_is_known_and_a_refused_one_is_not_delivered);
fn messages_say_what_is_known_and_a_refused_one_is_not_delivered() {
    let (url, asked) = sink();
    let nobody = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port");
    let steps = format!(
        "  - id: tell\n    do: notify\n    to: \"#incidents\"\n    message: \"{{{{system}}}}: {{{{impact}}}}. {{{{status}}}}.\"\n    \
         webhook: \"{url}\"\n    within: 0m..5m\n    from: detection\n  \
         - {{id: refused, do: notify, to: nobody, message: x, webhook: \"http://{nobody}/\"}}\n  - {{id: declare"
    );
    let late = "  - {id: late, do: notify, to: customers, message: \"{{impact}}; {{elapsed}}\", within: 0s..1s}\n  - {id: protect";
    let scenario = Scenario::loss()
        .with("  - {id: declare", &steps)
        .with("  - {id: protect", late);
    let run = Run::of(&scenario);
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
    assert_eq!(outcome("tell"), Some(Outcome::Done));
    assert_eq!(outcome("refused"), Some(Outcome::Failed));
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
