//! A versioned bucket with its replica, and a clock that is moved by hand.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;

use bytes::Bytes;
use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3};
use cloud_emulator::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_emulator::replication::{Pause, ReplicationEvent, Replicator, ReplicatorOptions, Source};
use cloud_emulator::s3::{Replication, Store, StoreOptions};
use drill::draw::Draws;
use drill::scenario::Lag;
use drill::units::{ByteSize, Span};
use parking_lot::Mutex;
use runtime::Clock;
use runtime::clock::ManualClock;
use s3s::dto::{
    DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination, ReplicationConfiguration,
    ReplicationRule, ReplicationRuleFilter, ReplicationRuleStatus,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const SEED: u64 = 7;
pub(crate) const HOME: &str = "steel-programs";
pub(crate) const REPLICA: &str = "steel-programs-backup";
pub(crate) const LAG: Lag = Lag {
    p50: Span::from_secs(20),
    p99: Span::from_mins(10),
};
/// Longer than any lag.
pub(crate) const AGES: Span = Span::from_mins(120);

pub(crate) struct Bench {
    pub(crate) clock: Clock,
    hand: ManualClock,
    pub(crate) store: Arc<Store>,
    pub(crate) replicator: Arc<Replicator>,
    pub(crate) events: Arc<Mutex<Vec<ReplicationEvent>>>,
    worker: JoinHandle<()>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

/// A versioned bucket with its replica, and replication on.
pub(crate) fn bench() -> Bench {
    let (clock, hand) = Clock::by_hand(1.0).unwrap();
    clock.start();
    let events: Arc<Mutex<Vec<ReplicationEvent>>> = Arc::default();
    let told = events.clone();
    let source = Source {
        label: "programs".to_owned(),
        lag: LAG,
    };
    let replicator = Replicator::new(ReplicatorOptions {
        seed: SEED,
        clock: clock.clone(),
        sources: HashMap::from([(HOME.to_owned(), source)]),
        on_event: Arc::new(move |event| told.lock().push(event)),
    });
    let calendar = clock.clone();
    let store = Store::new(StoreOptions {
        regions: vec!["us-west-2".to_owned(), "us-east-1".to_owned()],
        seed: SEED,
        memory: ByteSize(64 << 20),
        largest_body: ByteSize(1 << 20),
        calendar: Arc::new(move || calendar.calendar_us()),
        observer: Some(replicator.observer()),
    });
    store.create_bucket(HOME, "us-west-2", true).unwrap();
    store.create_bucket(REPLICA, "us-east-1", true).unwrap();
    store.set_replication(HOME, enabled()).unwrap();
    let worker = tokio::spawn(replicator.clone().run(store.clone()));
    Bench {
        clock,
        hand,
        store,
        replicator,
        events,
        worker,
    }
}

impl Bench {
    pub(crate) fn put(&self, key: &str, body: &str) {
        self.store.write(HOME, key, body.as_bytes()).unwrap();
    }

    /// The bodies of a key's versions in a bucket, newest first; a delete marker is none.
    pub(crate) fn versions(&self, bucket: &str, key: &str) -> Vec<Option<String>> {
        let text = |body: &Bytes| String::from_utf8(body.to_vec()).unwrap();
        let versions = self.store.versions(bucket, key).unwrap();
        versions
            .iter()
            .map(|version| version.object.as_ref().map(|object| text(&object.body)))
            .collect()
    }

    pub(crate) fn replica(&self, key: &str) -> Vec<Option<String>> {
        self.versions(REPLICA, key)
    }

    pub(crate) fn status(&self, key: &str) -> Replication {
        self.store.read(HOME, key, None).unwrap().replication
    }

    /// The store as a client sees it, through a gateway.
    pub(crate) fn client(&self) -> aws_sdk_s3::Client {
        let keys = KeyPair {
            access_key: "AKIDUSER".to_owned(),
            secret_key: "secret".to_owned(),
        };
        let gateway = Gateway::new(GatewayOptions {
            regions: vec!["us-west-2".to_owned(), "us-east-1".to_owned()],
            seed: 1,
            default_service: cloud_emulator::backend::S3::new(self.store.clone()),
            services: Vec::new(),
            clock: self.clock.clone(),
            keys: vec![AccessKey::new(
                &keys.access_key,
                &keys.secret_key,
                Principal::User,
            )],
            anonymous: false,
            connections: 8,
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(gateway.serve("us-west-2", listener, CancellationToken::new()));
        let s3 = S3::new(&Connections::new(), &url, "us-west-2", &keys, RetryPolicy::ONCE);
        s3.client().clone()
    }

    /// Holds back the copies from a bucket.
    pub(crate) fn pause(&self, bucket: &str) -> Pause {
        self.replicator.pause(&self.store.clone().into(), bucket)
    }

    /// Copies are not made in the background any more.
    pub(crate) fn worker_hangs(&self) {
        self.worker.abort();
    }

    pub(crate) async fn pass(&self, span: Span) {
        self.hand.advance(span).await;
    }
}

/// The lag that the `n`-th write of a key has.
pub(crate) fn lag(key: &str, n: u64) -> Span {
    Draws::new(SEED, &format!("replication/programs/{key}")).lognormal(n, LAG.p50, LAG.p99)
}

pub(crate) fn some(bodies: &[&str]) -> Vec<Option<String>> {
    bodies.iter().map(|body| Some((*body).to_owned())).collect()
}

pub(crate) fn configuration(
    to: &str,
    status: &'static str,
    markers: bool,
) -> Option<ReplicationConfiguration> {
    let markers = if markers {
        DeleteMarkerReplicationStatus::ENABLED
    } else {
        DeleteMarkerReplicationStatus::DISABLED
    };
    let rule = ReplicationRule {
        delete_marker_replication: Some(DeleteMarkerReplication {
            status: Some(DeleteMarkerReplicationStatus::from_static(markers)),
        }),
        destination: Destination {
            access_control_translation: None,
            account: None,
            bucket: format!("arn:aws:s3:::{to}"),
            encryption_configuration: None,
            metrics: None,
            replication_time: None,
            storage_class: None,
        },
        existing_object_replication: None,
        filter: Some(ReplicationRuleFilter::default()),
        id: None,
        prefix: None,
        priority: Some(1),
        source_selection_criteria: None,
        status: ReplicationRuleStatus::from_static(status),
    };
    Some(ReplicationConfiguration {
        role: "arn:aws:iam::000000000000:role/replication".to_owned(),
        rules: vec![rule],
    })
}

pub(crate) fn enabled() -> Option<ReplicationConfiguration> {
    configuration(REPLICA, ReplicationRuleStatus::ENABLED, false)
}

pub(crate) fn disabled() -> Option<ReplicationConfiguration> {
    configuration(REPLICA, ReplicationRuleStatus::DISABLED, false)
}
