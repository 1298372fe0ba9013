//! The cloud of the main scenario, stood up as a drill does it.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::client::RetryPolicy;
use cloud_emulator::cloud::{
    Cloud, CloudOptions, IotSettings, LambdaSettings, Provider, S3Settings, Settings,
};
use cloud_emulator::gateway::Principal;
use cloud_emulator::lambda::Isolation;
use drill::plan::Plan;
use drill::scenario::Scenario;
use drill::units::DrillTime;
use runtime::supervisor::Supervisor;
use runtime::{Clock, wall};
use test_harness::trial;
use tokio_util::sync::CancellationToken;

use crate::iot_broker::devices::connect;

/// What the README promises; a build without optimizations takes longer to draw and hash 17 MB.
const UP_WITHIN: Duration = if cfg!(debug_assertions) {
    Duration::from_secs(120)
} else {
    Duration::from_secs(2)
};

fn scenario() -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/iot-steel/s3-bucket-loss.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    Scenario::parse("s3-bucket-loss.yaml", &text).unwrap().0
}

trial!(async the_cloud_of_s3_bucket_loss_is_up_soon);
async fn the_cloud_of_s3_bucket_loss_is_up_soon() {
    let scenario = scenario();
    let plan = Plan::new(&scenario, 1);
    let clock = Clock::new(120.0).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let exe = std::env::current_exe().unwrap();
    let supervisor = Arc::new(Supervisor::new(&exe, &[OsString::from("as-reaper")]).unwrap());
    let began = wall::mono();
    let options = CloudOptions {
        keys: cloud_emulator::cloud::RunKeys::random().unwrap(),
        halt: CancellationToken::new(),
        on_wait: Arc::new(|_| {}),
        scenario: &scenario,
        plan: &plan,
        clock: &clock,
        port: None,
        supervisor: &supervisor,
        records: None,
        scenario_folder: folder.path(),
        exe: &exe,
        settings: Settings::default()
            .with(S3Settings {
                on_replication: Arc::new(|event| panic!("{event:?}")),
            })
            .with(LambdaSettings {
                code: folder.path().join("code"),
                isolation: Isolation::None,
                on_function: Arc::new(|event| panic!("{event:?}")),
            })
            .with(IotSettings {
                marks: folder.path().join("marks.bin"),
                on_trouble: Arc::new(|trouble| panic!("{trouble:?}")),
            }),
    };
    let cloud = Cloud::start(options, &Provider::Embedded).await.unwrap();
    let took = wall::mono().since(began);
    eprintln!("the cloud is up within {took:?}");
    assert!(took < UP_WITHIN, "{took:?}");
    clock.start();

    buckets_are_as_declared(&cloud, &scenario, &plan, &clock).await;
    let broker = cloud.broker("primary").unwrap();
    assert!(
        !cloud.broker("backup").unwrap().is_running(),
        "it is not deployed there"
    );
    assert!(connect(broker.address(), 1).await.is_some());
    broker.stop().await.unwrap();
    cloud.shutdown().await;
    let client = cloud.s3(Principal::User, RetryPolicy::ONCE);
    assert!(
        client.client().list_buckets().send().await.is_err(),
        "the listener is closed"
    );
    supervisor.shutdown(Duration::from_secs(5)).await;
    assert!(supervisor.running().is_empty());
}

async fn buckets_are_as_declared(cloud: &Cloud, scenario: &Scenario, plan: &Plan, clock: &Clock) {
    let s3 = cloud.s3(Principal::Audit, RetryPolicy::ONCE);
    let client = s3.client();
    let programs = scenario.bucket("programs").unwrap();
    for bucket in [programs.name.clone(), programs.name_in("backup")] {
        let listed = client.list_objects_v2().bucket(&bucket).send().await.unwrap();
        assert_eq!(listed.contents().len(), 500, "{bucket}");
        let drill_zero = clock.calendar_us_at(DrillTime::ZERO) / 1_000_000;
        let dates = listed
            .contents()
            .iter()
            .map(|object| object.last_modified().unwrap().secs());
        let (oldest, newest) = (dates.clone().min().unwrap(), dates.max().unwrap());
        assert!(
            newest <= drill_zero && oldest < drill_zero - 6 * 86_400,
            "{oldest} {newest} {drill_zero}"
        );
        let versioning = client
            .get_bucket_versioning()
            .bucket(&bucket)
            .send()
            .await
            .unwrap();
        assert_eq!(versioning.status().unwrap().as_str(), "Enabled");
    }
    let object = &plan.inventory("programs")[0];
    let get = |bucket: &str| client.get_object().bucket(bucket).key(&object.key).send();
    let (home, replica) = (
        get(&programs.name).await.unwrap(),
        get(&programs.name_in("backup")).await.unwrap(),
    );
    assert_eq!(home.version_id(), replica.version_id());
    assert_eq!(home.replication_status().unwrap().as_str(), "COMPLETED");
    assert_eq!(replica.replication_status().unwrap().as_str(), "REPLICA");
    let body = replica.body.collect().await.unwrap().into_bytes();
    assert_eq!(body, plan.object_body("programs", object));
    let configuration = client
        .get_bucket_replication()
        .bucket(&programs.name)
        .send()
        .await
        .unwrap();
    let rules = configuration.replication_configuration.unwrap().rules;
    assert_eq!(rules[0].status().as_str(), "Enabled");
    assert_eq!(
        cloud.replicator().progress(&programs.name),
        Default::default(),
        "history is not copied"
    );
}
