//! A cloud for the function, in this process: S3 and the data plane of IoT, behind one gateway.

use std::net::TcpListener;
use std::sync::Arc;

use cloud_emulator::client::KeyPair;
use cloud_emulator::functions::Settings;
use cloud_emulator::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_emulator::iot_data::{IotData, Message, Publish, PublishError};
use cloud_emulator::s3::{Store, StoreOptions};
use drill::units::ByteSize;
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use runtime::Clock;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(super) const REGION: &str = "us-west-2";
const KEY: &str = "AKIDFUNCTION";
const SECRET: &str = "of the functions";

/// Brokers that remember what they were given, or refuse it.
#[derive(Default)]
pub(super) struct Brokers {
    given: Mutex<Vec<(String, Message)>>,
    pub(super) refusing: Mutex<Option<PublishError>>,
}

impl Brokers {
    /// What came since the last call.
    pub(super) fn drain(&self) -> Vec<(String, Message)> {
        std::mem::take(&mut self.given.lock())
    }
}

impl Publish for Brokers {
    fn publish<'a>(&'a self, region: &'a str, message: Message) -> BoxFuture<'a, Result<(), PublishError>> {
        async move {
            if let Some(error) = self.refusing.lock().clone() {
                return Err(error);
            }
            self.given.lock().push((region.to_owned(), message));
            Ok(())
        }
        .boxed()
    }
}

/// A cloud with the bucket `programs`.
pub(super) struct Cloud {
    pub(super) store: Arc<Store>,
    pub(super) gateway: Arc<Gateway>,
    pub(super) brokers: Arc<Brokers>,
    url: String,
    _shutdown: DropGuard,
}

impl Cloud {
    /// Begins to listen.
    pub(super) fn start() -> Cloud {
        let store = Store::new(StoreOptions {
            regions: vec![REGION.to_owned()],
            seed: 1,
            memory: ByteSize(256 << 20),
            largest_body: ByteSize(64 << 20),
            calendar: Arc::new(|| 1_767_225_600_000_000),
            observer: None,
        });
        store
            .create_bucket("programs", REGION, false)
            .expect("the name is free");
        let brokers = Arc::new(Brokers::default());
        let gateway = Gateway::new(GatewayOptions {
            regions: vec![REGION.to_owned()],
            seed: 1,
            default_service: cloud_emulator::backend::S3::new(store.clone()),
            services: vec![Arc::new(IotData::new(brokers.clone()))],
            clock: Clock::new(1.0).expect("a clock can be made"),
            keys: vec![AccessKey::new(KEY, SECRET, Principal::Function)],
            anonymous: false,
            connections: 64,
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let shutdown = CancellationToken::new();
        tokio::spawn(gateway.clone().serve(REGION, listener, shutdown.clone()));
        Cloud {
            store,
            gateway,
            brokers,
            url,
            _shutdown: shutdown.drop_guard(),
        }
    }

    /// What the function is told of it.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            endpoint: self.url.clone(),
            region: REGION.to_owned(),
            keys: KeyPair {
                access_key: KEY.to_owned(),
                secret_key: SECRET.to_owned(),
            },
        }
    }
}
