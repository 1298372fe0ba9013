//! The cloud that requests are sent to: the embedded S3, Lambda without processes, STS and IoT's data plane.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use cloud_emulator::client::KeyPair;
use cloud_emulator::gateway::{AccessKey, AwsService, Gateway, GatewayOptions, Principal};
use cloud_emulator::iot_data::{IotData, Message, Publish, PublishError};
use cloud_emulator::lambda::{Isolation, Lambda, LambdaOptions};
use cloud_emulator::s3::{Store, StoreOptions};
use cloud_emulator::sts::Sts;
use drill::units::ByteSize;
use futures::future::BoxFuture;
use runtime::{Clock, Supervisor, wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::input::{KEY, REGIONS};

/// 2026-01-01: what the calendar of the store shows.
const NOW_US: i64 = 1_767_225_600_000_000;

/// Takes every message.
struct Brokers;

impl Publish for Brokers {
    fn publish<'a>(&'a self, _: &'a str, message: Message) -> BoxFuture<'a, Result<(), PublishError>> {
        // The edge's rules hold for this listener as well.
        assert!((1..=256).contains(&message.topic.len()) && !message.topic.contains(['+', '#', '\0']));
        Box::pin(futures::future::ready(Ok(())))
    }
}

/// Nothing that is due later happens in a case: this clock is not started.
static CLOCK: LazyLock<Clock> = LazyLock::new(|| Clock::new(1.0).expect("a clock can be made"));
static SUPERVISOR: LazyLock<Arc<Supervisor>> =
    LazyLock::new(|| Arc::new(Supervisor::without_reaper().expect("a supervisor starts")));

thread_local! {
    static HOME: RefCell<tempfile::TempDir> = RefCell::new(tempfile::tempdir().expect("a folder can be made"));
}

/// A secret that is unknown, and so no input.
pub(super) static UNKNOWN: LazyLock<String> = LazyLock::new(|| {
    use std::hash::{BuildHasher, RandomState};
    let word = || format!("{:016x}", RandomState::new().hash_one(wall::now_us()));
    [word(), word(), word(), word()].concat()
});

async fn functions() -> Arc<Lambda> {
    let lambda = Lambda::new(LambdaOptions {
        regions: REGIONS.map(String::from).to_vec(),
        seed: 1,
        clock: CLOCK.clone(),
        supervisor: SUPERVISOR.clone(),
        folder: HOME.with_borrow(|home| home.path().to_owned()),
        keys: KeyPair {
            access_key: KEY.to_owned(),
            secret_key: UNKNOWN.clone(),
        },
        python: |_| None,
        built_ins: Vec::new(),
        isolation: Isolation::None,
        processes: 1,
        code_storage: ByteSize(64 << 20),
        on_event: Arc::new(|_| {}),
    });
    // No input starts a process.
    lambda.shutdown().await;
    lambda
}

pub(super) async fn cloud(secret: &str, anonymous: bool, with_functions: bool) -> Arc<Gateway> {
    let store = Store::new(StoreOptions {
        regions: REGIONS.map(String::from).to_vec(),
        seed: 1,
        memory: ByteSize(8 << 20),
        largest_body: ByteSize(4 << 20),
        calendar: Arc::new(|| NOW_US),
        observer: None,
    });
    for (bucket, region, versioned) in [("west", REGIONS[0], true), ("east", REGIONS[1], false)] {
        store
            .create_bucket(bucket, region, versioned)
            .expect("the region is there");
        for key in ["k", "m/n o"] {
            store
                .write(bucket, key, b"the content of k")
                .expect("there is room");
        }
    }
    let mut services: Vec<Arc<dyn AwsService>> =
        vec![Arc::new(Sts), Arc::new(IotData::new(Arc::new(Brokers)))];
    if with_functions {
        services.push(functions().await);
    }
    Gateway::new(GatewayOptions {
        regions: REGIONS.map(String::from).to_vec(),
        seed: 1,
        default_service: cloud_emulator::backend::S3::new(store),
        services,
        clock: CLOCK.clone(),
        keys: vec![AccessKey::new(KEY, secret, Principal::User)],
        anonymous,
        connections: 4,
    })
}

/// So many turns has the gateway to answer before the client closes its side. All that it does is done in some.
const TURNS: usize = 200;

/// All that is answered to bytes on one connection.
pub(super) async fn converse(gateway: &Arc<Gateway>, bytes: &[u8]) -> Vec<u8> {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let serving = gateway.clone().serve_stream(REGIONS[0], theirs);
    let (mut reader, mut writer) = tokio::io::split(ours);
    let writing = async {
        // The gateway may hang up at any time.
        let _ = writer.write_all(bytes).await;
        // A server may leave a client unanswered that closes its side meanwhile: it has its turns first.
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        let _ = writer.shutdown().await;
    };
    let mut answers = Vec::new();
    let reading = reader.read_to_end(&mut answers);
    let ((), (), read) = tokio::join!(serving, writing, reading);
    read.expect("it comes to an end in order");
    answers
}
