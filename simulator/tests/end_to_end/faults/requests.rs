//! Faults that end by themselves: on requests, on invocations, on brokers, on whole regions.

use test_harness::trial;

use super::{Case, Faulty, ProbedService};
use crate::support::Run;

/// What the scenario of these drills asks, and how often.
const PROBES: &[ProbedService] = &[
    ProbedService::directly("content"),
    ProbedService::through_a_broker("telemetry"),
    ProbedService::directly("function"),
];

const CONTENT: &[&str] = &["content"];
const TELEMETRY: &[&str] = &["telemetry"];
const FUNCTION: &[&str] = &["function"];
const ALL: &[&str] = &["content", "telemetry", "function"];

/// One request, one function, one bucket: all else goes on.
pub(super) const CASES: &[Case] = &[
    Case::new(
        "error",
        "do: aws.error, resource: small-programs, code: InternalError",
        CONTENT,
    ),
    Case::new("throttle", "do: aws.throttle, service: lambda", FUNCTION),
    Case::new(
        "denied",
        "do: aws.access_denied, resource: small-programs, principals: probe",
        CONTENT,
    ),
    Case::new(
        "latency",
        "do: aws.latency, resource: program-validator, latency: 1m",
        FUNCTION,
    ),
    Case::new(
        "hang",
        "do: aws.hang, resource: small-programs, operation: GetObject",
        CONTENT,
    ),
    Case::new(
        "reset",
        "do: aws.reset, service: lambda, operation: Invoke",
        FUNCTION,
    ),
    Case::new(
        "corrupt",
        "do: aws.corrupt_response, resource: small-programs",
        CONTENT,
    ),
    Case::new(
        "some-errors",
        "do: aws.error, resource: small-programs, code: SlowDown, probability: 0.2",
        CONTENT,
    )
    .sometimes(),
    Case::new(
        "function-error",
        "do: lambda.error, function: validator",
        FUNCTION,
    ),
    Case::new(
        "function-errors",
        "do: lambda.error, function: validator, share: 0.5",
        FUNCTION,
    )
    .sometimes(),
    Case::new(
        "function-latency",
        "do: lambda.latency, function: validator, latency: 1m",
        FUNCTION,
    ),
    Case::new(
        "function-throttle",
        "do: lambda.throttle, function: validator",
        FUNCTION,
    ),
];

/// What comes before a bucket, a broker, a service, a region.
pub(super) const OUTAGES: &[Case] = &[
    Case::new("refuse", "do: region.outage, form: full, manner: refuse", ALL),
    Case::new("hang", "do: region.outage, form: full, manner: hang", ALL),
    Case::new(
        "unavailable",
        "do: region.outage, form: full, manner: unavailable",
        ALL,
    ),
    Case::new(
        "no-function",
        "do: region.outage, form: partial, services: lambda, manner: refuse",
        FUNCTION,
    ),
    Case::new(
        "no-broker",
        "do: region.outage, form: partial, services: iot, manner: hang",
        TELEMETRY,
    ),
    Case::new(
        "no-storage",
        "do: region.outage, form: partial, services: s3, manner: unavailable",
        &["content", "telemetry"],
    ),
    Case::new("failing", "do: region.outage, form: grey, errors: 0.7", ALL).sometimes(),
    Case::new("slow", "do: region.outage, form: grey, latency: 1m", ALL),
    Case::new(
        "telemetry-latency",
        "do: aws.latency, resource: small-telemetry, principals: rule, latency: 90s",
        TELEMETRY,
    ),
    Case::new("killed", "do: iot.kill_broker", TELEMETRY),
    Case::new("frozen", "do: iot.freeze_broker", TELEMETRY),
];

/// A drill with these faults one after the other, each of so many seconds and followed by so many without.
fn one_after_the_other(cases: &[Case], seconds: usize, calm: usize) -> Faulty {
    let faults = cases.iter().enumerate().map(|(nth, case)| {
        let at = 120 + (seconds + calm) * nth;
        format!(
            "  - {{id: {}, at: {at}s, for: {seconds}s, {}}}\n",
            case.id, case.fault
        )
    });
    let scenario = super::base().with(
        "faults: []\n",
        &format!("faults:\n{}", faults.collect::<String>()),
    );
    Faulty::new(Run::execute(&scenario), PROBES)
}

trial!(faults_on_requests_and_invocations_show_as_long_as_they_last, slow);
fn faults_on_requests_and_invocations_show_as_long_as_they_last() {
    one_after_the_other(CASES, 80, 80).assert_follows(CASES);
}

/// In several drills: what is slow here is slow in wall time, too.
fn outages(range: std::ops::Range<usize>) {
    let cases = &OUTAGES[range];
    one_after_the_other(cases, 160, 400).assert_follows(cases);
}

trial!(whole_outages_show_as_long_as_they_last, slow);
fn whole_outages_show_as_long_as_they_last() {
    outages(0..3);
}

trial!(partial_outages_show_as_long_as_they_last, slow);
fn partial_outages_show_as_long_as_they_last() {
    outages(3..6);
}

trial!(grey_outages_show_as_long_as_they_last, slow);
fn grey_outages_show_as_long_as_they_last() {
    outages(6..8);
}

trial!(faults_on_the_way_of_telemetry_show_as_long_as_they_last, slow);
fn faults_on_the_way_of_telemetry_show_as_long_as_they_last() {
    outages(8..OUTAGES.len());
}
