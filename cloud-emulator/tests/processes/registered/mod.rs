//! A service that no crate of the emulator knows is registered, and everything that a drill asks of one works.

mod notes;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloud_emulator::client::rest::{Call, Rest};
use cloud_emulator::client::{KeyPair, RetryPolicy};
use cloud_emulator::cloud::{Cloud, CloudOptions, Provider, RunKeys, Settings};
use cloud_emulator::faults::{self, FaultContext};
use cloud_emulator::gateway::{AccessKey, CallChanged, CallObserver, Principal, Stands};
use cloud_emulator::service::ServiceKind;
use drill::journal::StepError;
use drill::plan::Plan;
use drill::scenario::{FailureMode, Fault, FaultAction, OutageForm, RegionOutage, Scenario, When};
use drill::units::{DrillTime, Span};
use http::Method;
use parking_lot::Mutex;
use runtime::Clock;
use runtime::supervisor::Supervisor;
use service_s3::S3Kind;
use test_harness::trial;
use tokio_util::sync::CancellationToken;

use self::notes::{Notes, NotesKind};

const SCENARIO: &str = "\
version: 1
name: n
title: t
system: s
objectives: {mtd: 1h, services: {a: {probe: p, rto: 1h}}}
cloud:
  regions: {primary: us-west-2, backup: us-east-1}
  buckets: {b: {name: bucket-b}}
probes: {p: {do: s3.get_object, bucket: b, sample: 1, every: 30s, timeout: 5s}}
";

/// Keeps what was changed, in words.
#[derive(Default)]
struct ChangeLog(Mutex<Vec<String>>);

impl CallObserver for ChangeLog {
    fn changed(&self, change: CallChanged) {
        for (key, stands) in change.keys {
            let left = match stands {
                Stands::Body(body) => String::from_utf8_lossy(&body).into_owned(),
                Stands::Nothing => "nothing".to_owned(),
                Stands::Unread => "unread".to_owned(),
            };
            let operation = change.seen.operation.as_deref().unwrap_or_default();
            self.0.lock().push(format!("{operation} {key}: {left}"));
        }
    }
}

async fn call(rest: &Rest, operation: &'static str, body: &str) -> Result<String, StepError> {
    let called = rest.call(Call {
        service: "notes",
        operation,
        method: Method::POST,
        path: "/".to_owned(),
        headers: vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("NotesService.{operation}")),
        ],
        body: Bytes::copy_from_slice(body.as_bytes()),
    });
    let answer = called.await?;
    Ok(String::from_utf8_lossy(&answer.body).into_owned())
}

fn outage() -> Fault {
    Fault {
        id: "region.outage".to_owned(),
        at: When::Clock(Span::ZERO),
        action: FaultAction::new(RegionOutage {
            region: "primary".to_owned(),
            form: OutageForm::Partial,
            manner: FailureMode::Unavailable,
            services: vec!["notes".to_owned()],
            latency: None,
            errors: None,
            container: None,
        }),
        for_: None,
        line: 1,
    }
}

trial!(async a_service_is_registered_by_one_line);
async fn a_service_is_registered_by_one_line() {
    let (scenario, _) = Scenario::parse("n.yaml", SCENARIO).expect("it is valid");
    let plan = Plan::new(&scenario, 1);
    let clock = Clock::new(1.0).expect("a clock can be made");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exe = std::env::current_exe().expect("an executable");
    let supervisor = Supervisor::new(&exe, &[OsString::from("as-reaper")]).expect("a supervisor");
    let supervisor = Arc::new(supervisor);
    let options = CloudOptions {
        scenario: &scenario,
        scenario_folder: folder.path(),
        records: None,
        plan: &plan,
        clock: &clock,
        port: None,
        supervisor: &supervisor,
        exe: &exe,
        keys: RunKeys::random().expect("randomness"),
        halt: CancellationToken::new(),
        on_wait: Arc::new(|_| {}),
        settings: Settings::default(),
    };
    let kinds: &[&dyn ServiceKind] = &[&S3Kind, &NotesKind];
    let cloud = Cloud::start_with(options, &Provider::Embedded, kinds)
        .await
        .expect("a cloud");
    clock.start();

    is_served_and_watched(&cloud).await;
    is_lost_with_its_region(&cloud, &scenario, &clock).await;
    cloud.shutdown().await;
    supervisor.shutdown(Duration::from_secs(5)).await;
}

/// What the scenario declares is there, errors are in its format, and each key that was changed is reported.
async fn is_served_and_watched(cloud: &Cloud) {
    let seen = Arc::new(ChangeLog::default());
    let key = AccessKey::new("AKIAWATCHED", "secret", Principal::User);
    let metered = cloud.gateway().meter(key, Some(seen.clone()));
    let keys = KeyPair {
        access_key: "AKIAWATCHED".to_owned(),
        secret_key: "secret".to_owned(),
    };
    let rest = cloud.rest(Principal::User, RetryPolicy::ONCE).signed_by(&keys);
    let west = rest.at("primary");
    assert_eq!(call(west, "Get", "title").await.unwrap(), "t");
    call(west, "Put", "a=1").await.unwrap();
    call(west, "Put", "a=2").await.unwrap();
    call(west, "Delete", "a").await.unwrap();
    let missing = call(west, "Get", "a").await.unwrap_err();
    assert_eq!(missing.code, "NoteNotFound");
    let unknown = call(west, "Shred", "a").await.unwrap_err();
    assert_eq!(unknown.code, "UnknownOperationException");
    assert_eq!(call(rest.at("backup"), "Get", "title").await.unwrap(), "t");
    assert_eq!(*seen.0.lock(), ["Put a: 1", "Put a: 2", "Delete a: nothing"]);
    drop(metered);
}

/// Requests fail with its own error format while it is lost, what only it knows is broken, and both end.
async fn is_lost_with_its_region(cloud: &Cloud, scenario: &Scenario, clock: &Clock) {
    let audit = cloud.s3(Principal::Audit, RetryPolicy::ONCE);
    let context = FaultContext {
        scenario,
        seed: 1,
        clock,
        gateway: cloud.gateway(),
        listeners: cloud.listeners(),
        auditor: audit.client(),
        until: DrillTime::MAX,
    };
    let rest = cloud.rest(Principal::User, RetryPolicy::ONCE);
    let fault = outage();
    let broken = faults::inject(cloud, &fault, &context, &[]).await.unwrap();
    assert_eq!(broken.touched, ["the pages of primary", "notes of us-west-2"]);
    let lost = call(rest.at("primary"), "Get", "title").await.unwrap_err();
    assert_eq!(lost.code, "ServiceUnavailable");
    assert_eq!(call(rest.at("backup"), "Get", "title").await.unwrap(), "t");
    let evidence = faults::verify_fault(cloud, &fault, &context, &broken).await;
    assert!(evidence.proven, "{}", evidence.observed);
    assert_eq!(evidence.observed, "the pages of primary are torn");
    assert!(cloud.service::<Notes>().unwrap().is_torn("us-west-2"));
    drop(broken);
    assert_eq!(call(rest.at("primary"), "Get", "title").await.unwrap(), "t");
    assert!(!cloud.service::<Notes>().unwrap().is_torn("us-west-2"));
}
