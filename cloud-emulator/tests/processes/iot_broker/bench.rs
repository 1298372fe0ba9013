//! What the tests stand up: an S3 behind its gateway, a clock, a supervisor, and brokers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cloud_emulator::client::KeyPair;
use cloud_emulator::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_emulator::iot::{
    BrokerConfig, BrokerError, BrokerHandle, BrokerOptions, Program, RuleConfig, Target, Trouble,
};
use cloud_emulator::s3::{Store, StoreOptions};
use drill::units::{ByteSize, Span};
use parking_lot::Mutex;
use runtime::supervisor::Supervisor;
use runtime::{Clock, wall};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub(crate) const BUCKET: &str = "steel-telemetry";

/// How long anything may take before a test says that it does not happen.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) clock: Clock,
    pub(crate) store: Arc<Store>,
    pub(crate) supervisor: Arc<Supervisor>,
    endpoint: String,
    program: Program,
    brokers: AtomicU32,
    troubles: Arc<Mutex<Vec<Trouble>>>,
    stop: CancellationToken,
}

impl Bench {
    pub(crate) async fn new(speed: f64) -> Bench {
        let clock = Clock::new(speed).unwrap();
        let calendar = clock.clone();
        let store = Store::new(StoreOptions {
            regions: vec!["us-west-2".to_owned()],
            seed: 1,
            memory: ByteSize(256 << 20),
            largest_body: ByteSize(16 << 20),
            calendar: Arc::new(move || calendar.calendar_us()),
            observer: None,
        });
        store.create_bucket(BUCKET, "us-west-2", true).unwrap();
        let gateway = Gateway::new(GatewayOptions {
            regions: vec!["us-west-2".to_owned()],
            seed: 1,
            default_service: cloud_emulator::backend::S3::new(store.clone()),
            services: Vec::new(),
            clock: clock.clone(),
            keys: vec![AccessKey::new("RULEKEY", "rule-secret", Principal::Rule)],
            anonymous: false,
            connections: 256,
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(gateway.serve("us-west-2", listener, stop.clone()));
        let exe = std::env::current_exe().unwrap();
        let supervisor = Supervisor::new(&exe, &[OsString::from("as-reaper")]).unwrap();
        Bench {
            folder: tempfile::tempdir().unwrap(),
            clock,
            store,
            supervisor: Arc::new(supervisor),
            endpoint,
            program: Program {
                exe,
                arguments: vec![OsString::from("as-broker")],
            },
            brokers: AtomicU32::new(0),
            troubles: Arc::default(),
            stop,
        }
    }

    /// A broker with the rule `telemetry`, and marks of its own.
    pub(crate) fn config(&self, batch_max: u32, batch_window: Span) -> BrokerConfig {
        let n = self.brokers.fetch_add(1, Ordering::Relaxed);
        BrokerConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            open_to_others: false,
            connects_per_second: 100_000,
            connects_per_second_per_client: 100_000,
            max_connections: 2000,
            marks: self.folder.path().join(format!("marks-{n}.bin")),
            endpoint: self.endpoint.clone(),
            region: "us-west-2".to_owned(),
            keys: KeyPair {
                access_key: "RULEKEY".to_owned(),
                secret_key: "rule-secret".to_owned(),
            },
            rules: vec![RuleConfig {
                name: "telemetry".to_owned(),
                topic: "dt/+/telemetry".to_owned(),
                target: Target::Bucket(BUCKET.to_owned()),
                batch_max,
                batch_window,
                buffer_bytes: RuleConfig::BUFFER_BYTES,
            }],
        }
    }

    pub(crate) async fn try_start(&self, config: &BrokerConfig) -> Result<BrokerHandle, BrokerError> {
        let troubles = self.troubles.clone();
        let options = BrokerOptions {
            supervisor: self.supervisor.clone(),
            program: self.program.clone(),
            clock: self.clock.clone(),
            config: config.clone(),
            on_trouble: Arc::new(move |trouble| troubles.lock().push(trouble)),
        };
        BrokerHandle::start(options).await
    }

    pub(crate) async fn start(&self, config: &BrokerConfig) -> BrokerHandle {
        self.try_start(config).await.unwrap()
    }

    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        self.troubles.lock().clone()
    }

    /// The objects in the bucket, as text.
    pub(crate) fn bodies(&self) -> BTreeMap<String, String> {
        let objects = self.store.current(BUCKET).unwrap();
        let body = |key: &str| {
            let object = self.store.read(BUCKET, key, None).unwrap().object.unwrap();
            String::from_utf8(object.body.to_vec()).unwrap()
        };
        objects
            .iter()
            .map(|object| (object.key.to_string(), body(&object.key)))
            .collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Waits until `holds`.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            wall::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        wall::timeout(TIMEOUT, waiting).await.is_some(),
        "waited in vain until {what}"
    );
}

/// What a process holds in memory.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
