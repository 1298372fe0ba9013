//! Asynchronous events: retries in drill time, destinations, and where each event is.

use std::time::Duration;

use bytes::Bytes;
use cloud_emulator::lambda::{
    AsyncCounts, DropReason, FaultSpec, Invocation, LambdaEventKind, LambdaFault, NewCode,
};
use drill::units::{Fraction, Span};
use serde_json::Value;
use test_harness::trial;

use crate::lambda::bench::{Bench, Make, REGION};

/// A minute is a twentieth of a second.
const SPEED: f64 = 1200.0;

fn bench() -> Bench {
    let bench = Bench::make(&Make {
        speed: SPEED,
        ..Make::default()
    });
    bench
        .create("ours", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    bench.store.create_bucket("failed", REGION, true).unwrap();
    bench
}

fn send(bench: &Bench, payload: &'static str) -> String {
    let invocation = Invocation {
        function: "ours".to_owned(),
        payload: Bytes::from_static(payload.as_bytes()),
        ..Invocation::default()
    };
    let _inside = bench.runtime.enter();
    bench.lambda.invoke_async(REGION, invocation).unwrap().to_string()
}

fn on_failure(bench: &Bench, arn: &str, rest: &str) {
    let body = format!("{{\"DestinationConfig\":{{\"OnFailure\":{{\"Destination\":\"{arn}\"}}}}{rest}}}");
    let (status, document) = bench.api("PUT", "/2019-09-25/functions/ours/event-invoke-config", body);
    assert_eq!(status, 200, "{document}");
}

fn broken(bench: &Bench) -> cloud_emulator::lambda::LambdaGuard {
    bench.lambda.fault(FaultSpec {
        id: "bad".to_owned(),
        region: REGION.to_owned(),
        functions: "ours".to_owned(),
        fault: LambdaFault::Error { share: Fraction::ONE },
    })
}

/// Waits until nothing is queued.
fn settled(bench: &Bench) -> AsyncCounts {
    bench.block(async {
        let done = runtime::wall::timeout(Duration::from_secs(30), async {
            loop {
                let counts = bench.lambda.counts(REGION).unwrap();
                if counts.queued == 0 {
                    return counts;
                }
                runtime::wall::sleep(Duration::from_millis(2)).await;
            }
        });
        done.await.expect("the queue empties")
    })
}

/// The records in the bucket.
fn records(bench: &Bench) -> Vec<(String, Value)> {
    let keys = bench
        .store
        .current("failed")
        .unwrap()
        .into_iter()
        .map(|current| current.key.to_string());
    let read = |key: String| {
        let stored = bench.store.read("failed", &key, None).unwrap();
        (key, serde_json::from_slice(&stored.object.unwrap().body).unwrap())
    };
    keys.map(read).collect()
}

trial!(retries_are_timed_in_drill_time_and_end_at_the_destination);
fn retries_are_timed_in_drill_time_and_end_at_the_destination() {
    let bench = bench();
    on_failure(&bench, "arn:aws:s3:::failed", "");
    let guard = broken(&bench);
    let request = send(&bench, "{\"reading\":21.5}");
    let counts = settled(&bench);
    assert_eq!(
        counts,
        AsyncCounts {
            accepted: 1,
            to_destination: 1,
            retries: 2,
            ..AsyncCounts::default()
        }
    );
    assert_eq!(guard.hits(), 3);
    let retried: Vec<Span> = bench
        .events
        .lock()
        .iter()
        .filter_map(|event| match event.kind {
            LambdaEventKind::Retried { due, .. } => Some(due - event.at),
            _ => None,
        })
        .collect();
    assert!(retried.len() == 2, "{retried:?}");
    for (pause, minutes) in retried.iter().zip([1, 2]) {
        let off = (Span::from_mins(minutes) - *pause).at_least_zero();
        assert!(
            *pause <= Span::from_mins(minutes) && off < Span::from_secs(20),
            "{retried:?}"
        );
    }
    let records = records(&bench);
    let [(key, record)] = &records[..] else {
        panic!("{records:?}")
    };
    let mut parts = key.split('/');
    assert_eq!(
        parts.by_ref().take(4).collect::<Vec<_>>(),
        ["aws", "lambda", "async", "ours"]
    );
    let day: Vec<&str> = parts.by_ref().take(3).collect();
    let name = parts.next().unwrap();
    assert!(
        name.starts_with(&format!("{}T", day.join("-"))) && name.len() == 20 + 36,
        "{key}"
    );
    assert_eq!(record["requestContext"]["requestId"], request.as_str());
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(record["requestPayload"]["reading"], 21.5);
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"]["errorType"], "Firedrill.InjectedFault");
    drop(guard);
    send(&bench, "{}");
    assert_eq!(settled(&bench).delivered, 1);
}

trial!(events_survive_a_region_outage);
fn events_survive_a_region_outage() {
    let bench = bench();
    send(&bench, "{\"n\":1}");
    settled(&bench);
    let throttle = bench.lambda.fault(FaultSpec {
        id: "full".to_owned(),
        region: REGION.to_owned(),
        functions: "*".to_owned(),
        fault: LambdaFault::Throttle,
    });
    for _ in 0..20 {
        send(&bench, "{\"n\":2}");
    }
    let outage = bench.lambda.start_outage(REGION).unwrap();
    drop(throttle);
    let counts = bench.lambda.counts(REGION).unwrap();
    assert_eq!((counts.queued, counts.delivered), (20, 1));
    drop(outage);
    let counts = settled(&bench);
    assert_eq!((counts.accepted, counts.delivered, counts.dropped), (21, 21, 0));
}

trial!(every_event_is_accounted_for);
fn every_event_is_accounted_for() {
    let bench = bench();
    let share = Fraction::from_f64(0.7).unwrap();
    let guard = bench.lambda.fault(FaultSpec {
        id: "flaky".to_owned(),
        region: REGION.to_owned(),
        functions: "ours".to_owned(),
        fault: LambdaFault::Error { share },
    });
    for _ in 0..300 {
        send(&bench, "{}");
    }
    let counts = settled(&bench);
    assert_eq!(counts.accepted, 300);
    assert_eq!(counts.delivered + counts.dropped, 300);
    // 0.7³ of them fail three times.
    assert!((70..140).contains(&counts.dropped), "{counts:?}");
    let dropped = bench
        .events
        .lock()
        .iter()
        .filter(|event| {
            matches!(
                event.kind,
                LambdaEventKind::Dropped {
                    why: DropReason::RetriesExhausted,
                    ..
                }
            )
        })
        .count();
    assert_eq!(dropped as u64, counts.dropped);
    drop(guard);
    let guard = broken(&bench);
    // The other retries come in minutes of the drill, which are to be longer than what is done here.
    let slow = bench.lambda_clock().limit_rate(1.0, "the function is deleted");
    send(&bench, "{}");
    bench.event("a retry", |event| {
        matches!(event.kind, LambdaEventKind::Retried { attempt: 1, .. })
    });
    bench.lambda.delete(REGION, "ours").unwrap();
    drop(slow);
    settled(&bench);
    let gone = |event: &cloud_emulator::lambda::LambdaEvent| {
        matches!(
            event.kind,
            LambdaEventKind::Dropped {
                why: DropReason::FunctionGone,
                ..
            }
        )
    };
    bench.event("the drop", gone);
    drop(guard);
}

trial!(zero_concurrency_sends_events_to_the_destination);
fn zero_concurrency_sends_events_to_the_destination() {
    let bench = bench();
    on_failure(&bench, "arn:aws:s3:::failed", "");
    let path = "/2017-10-31/functions/ours/concurrency";
    bench.api("PUT", path, "{\"ReservedConcurrentExecutions\":0}");
    send(&bench, "{}");
    assert_eq!(settled(&bench).to_destination, 1);
    let records = records(&bench);
    assert_eq!(
        records[0].1["requestContext"]["condition"],
        "ZeroReservedConcurrency"
    );
    assert_eq!(records[0].1["requestContext"]["approximateInvokeCount"], 0);
    bench.store.force_delete_bucket("failed").unwrap();
    send(&bench, "{}");
    assert_eq!(settled(&bench).dropped, 1);
    let refused = |event: &cloud_emulator::lambda::LambdaEvent| {
        matches!(
            event.kind,
            LambdaEventKind::Dropped {
                why: DropReason::DestinationFailed,
                ..
            }
        )
    };
    bench.event("the drop", refused);
}

trial!(events_expire_at_their_maximum_age);
fn events_expire_at_their_maximum_age() {
    let bench = bench();
    on_failure(
        &bench,
        "arn:aws:s3:::failed",
        ",\"MaximumEventAgeInSeconds\":3600",
    );
    let throttle = bench.lambda.fault(FaultSpec {
        id: "full".to_owned(),
        region: REGION.to_owned(),
        functions: "*".to_owned(),
        fault: LambdaFault::Throttle,
    });
    send(&bench, "{}");
    let counts = settled(&bench);
    assert_eq!(counts.to_destination, 1);
    assert!(counts.retries >= 2, "1 s, 2 s, 4 s … within an hour: {counts:?}");
    assert_eq!(
        records(&bench)[0].1["requestContext"]["condition"],
        "EventAgeExceeded"
    );
    drop(throttle);
}

trial!(a_destination_can_be_a_function);
fn a_destination_can_be_a_function() {
    let bench = bench();
    bench
        .create("after", "provided.al2023", NewCode::BuiltIn("echo".to_owned()))
        .unwrap();
    let after = "arn:aws:lambda:us-west-2:000000000000:function:after";
    let body = format!(
        "{{\"DestinationConfig\":{{\"OnSuccess\":{{\"Destination\":\"{after}\"}},\"OnFailure\":{{\"Destination\":\"{after}\"}}}}}}"
    );
    bench.api("PUT", "/2019-09-25/functions/ours/event-invoke-config", body);
    let condition = |payload: &Bytes| {
        let record: Value = serde_json::from_slice(payload).unwrap();
        record["requestContext"]["condition"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    send(&bench, "{\"a\":1}");
    let arrived = |wanted: &'static str| {
        bench.event(wanted, |event| match &event.kind {
            LambdaEventKind::Delivered { payload, .. } => {
                &*event.function == "after" && condition(payload) == wanted
            }
            _ => false,
        });
    };
    arrived("Success");
    let guard = broken(&bench);
    send(&bench, "{\"a\":2}");
    arrived("RetriesExhausted");
    drop(guard);
    let counts = settled(&bench);
    assert_eq!(
        (counts.accepted, counts.delivered, counts.to_destination),
        (4, 3, 1)
    );
    let s3 = "{\"DestinationConfig\":{\"OnSuccess\":{\"Destination\":\"arn:aws:s3:::failed\"}}}";
    let (status, document) = bench.api("PUT", "/2019-09-25/functions/ours/event-invoke-config", s3);
    assert_eq!(
        (
            status,
            document["message"].as_str().unwrap().contains("OnFailure only")
        ),
        (400, true)
    );
}
