//! An embedded S3 behind its gateway, in this process.

use std::net::TcpListener;
use std::sync::Arc;

use cloud_emulator::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_emulator::s3::{Store, StoreOptions};
use drill::units::ByteSize;
use runtime::Clock;
use tokio_util::sync::CancellationToken;

pub(crate) const REGION: &str = "us-west-2";
pub(crate) const KEY: &str = "AKIDFUNCTION";
pub(crate) const SECRET: &str = "of the functions";

/// A cloud with the bucket `telemetry`.
pub(crate) struct Bench {
    pub(crate) store: Arc<Store>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) url: String,
    shutdown: CancellationToken,
}

impl Bench {
    pub(crate) fn start() -> Bench {
        let store = Store::new(StoreOptions {
            regions: vec![REGION.to_owned()],
            seed: 1,
            memory: ByteSize(256 << 20),
            largest_body: ByteSize(64 << 20),
            calendar: Arc::new(|| 1_767_225_600_000_000),
            observer: None,
        });
        store
            .create_bucket("telemetry", REGION, false)
            .expect("the name is free");
        let gateway = Gateway::new(GatewayOptions {
            regions: vec![REGION.to_owned()],
            seed: 1,
            default_service: cloud_emulator::backend::S3::new(store.clone()),
            services: Vec::new(),
            clock: Clock::new(1.0).expect("a clock can be made"),
            keys: vec![AccessKey::new(KEY, SECRET, Principal::Function)],
            anonymous: false,
            connections: 64,
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let shutdown = CancellationToken::new();
        tokio::spawn(gateway.clone().serve(REGION, listener, shutdown.clone()));
        Bench {
            store,
            gateway,
            url,
            shutdown,
        }
    }

    /// Makes a bucket.
    pub(crate) fn create(&self, bucket: &str) {
        self.store
            .create_bucket(bucket, REGION, false)
            .expect("the name is free");
    }

    /// The body of an object of `telemetry`.
    pub(crate) fn body(&self, key: &str) -> Vec<u8> {
        let found = self
            .store
            .read("telemetry", key, None)
            .expect("the object is there");
        found.object.expect("it is no marker").body.to_vec()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
