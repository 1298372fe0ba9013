//! A gateway with two regions in front of two endpoints, with a replicator and drill time of its own.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use cloud_emulator::backend::S3Storage;
use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3, ask};
use cloud_emulator::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_emulator::remote::{Endpoint, Remote, RemoteOptions};
use cloud_emulator::replication::{ReplicationEvent, Replicator, ReplicatorOptions, Source};
use cloud_emulator::s3::{Store, StoreOptions};
use drill::scenario::Lag;
use drill::units::{ByteSize, Span};
use parking_lot::Mutex;
use runtime::{Clock, wall};
use tokio_util::sync::CancellationToken;

pub(crate) const REGIONS: [&str; 2] = ["us-west-2", "us-east-1"];

/// How long something may take to come true.
const TIMEOUT: Duration = Duration::from_secs(60);

fn keys() -> KeyPair {
    KeyPair {
        access_key: "AKIDUSER".to_owned(),
        secret_key: "secret".to_owned(),
    }
}

fn client(address: SocketAddr, region: &str) -> S3 {
    let endpoint = format!("http://{address}");
    S3::new(&Connections::new(), &endpoint, region, &keys(), RetryPolicy::ONCE)
}

/// What gateways stand in front of.
pub(crate) struct Endpoints {
    addresses: [SocketAddr; 2],
    _ours: Vec<Served>,
}

/// What is served until this is dropped.
struct Served {
    shutdown: CancellationToken,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

impl Endpoints {
    pub(crate) fn at(addresses: [SocketAddr; 2]) -> Endpoints {
        Endpoints {
            addresses,
            _ours: Vec::new(),
        }
    }

    /// Two of our own, which know nothing of each other.
    pub(crate) fn ours() -> Endpoints {
        let mut ours = Vec::new();
        let addresses = REGIONS.map(|region| {
            let (one, address) = own(region);
            ours.push(one);
            address
        });
        Endpoints {
            addresses,
            _ours: ours,
        }
    }

    pub(crate) fn addresses(&self) -> [SocketAddr; 2] {
        self.addresses
    }

    /// Straight to one of them.
    pub(crate) fn client(&self, n: usize) -> Client {
        client(self.addresses[n], REGIONS[n]).client().clone()
    }
}

/// One S3 of ours, which is an endpoint like any other.
fn own(region: &'static str) -> (Served, SocketAddr) {
    let clock = Clock::new(1.0).unwrap();
    clock.start();
    let calendar = clock.clone();
    let store = Store::new(StoreOptions {
        regions: vec![region.to_owned()],
        seed: 1,
        memory: ByteSize(256 << 20),
        largest_body: ByteSize(64 << 20),
        calendar: Arc::new(move || calendar.calendar_us()),
        observer: None,
    });
    let gateway = Gateway::new(GatewayOptions {
        regions: vec![region.to_owned()],
        seed: 1,
        default_service: cloud_emulator::backend::S3::new(store),
        services: Vec::new(),
        clock,
        keys: vec![AccessKey::new("AKIDUSER", "secret", Principal::User)],
        anonymous: false,
        connections: 64,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    runtime.spawn(gateway.serve(region, listener, shutdown.clone()));
    let ours = Served {
        shutdown,
        runtime: Some(runtime),
    };
    (ours, address)
}

/// A gateway in front of two endpoints.
pub(crate) struct Bench {
    /// Through the listener of the first region.
    pub(crate) s3: S3,
    pub(crate) address: SocketAddr,
    /// Past the gateway.
    pub(crate) straight: [Client; 2],
    pub(crate) storage: S3Storage,
    pub(crate) replicator: Arc<Replicator>,
    pub(crate) failed: Arc<Mutex<Vec<ReplicationEvent>>>,
    /// What buckets of this bench begin with: endpoints serve several.
    pub(crate) prefix: String,
    served: Served,
}

impl Bench {
    pub(crate) fn in_front_of(endpoints: &Endpoints, n: usize) -> Bench {
        Bench::at_speed(endpoints, n, 1.0)
    }

    pub(crate) fn at_speed(endpoints: &Endpoints, n: usize, speed: f64) -> Bench {
        let clock = Clock::new(speed).unwrap();
        clock.start();
        let prefix = format!("case{n}-");
        let failed = Arc::new(Mutex::new(Vec::new()));
        let told = failed.clone();
        // A lag of microseconds: what is waited for here is the work.
        let soon = Source {
            label: "b".to_owned(),
            lag: Lag {
                p50: Span::from_us(1),
                p99: Span::from_us(2),
            },
        };
        let replicator = Replicator::new(ReplicatorOptions {
            seed: 1,
            clock: clock.clone(),
            sources: HashMap::from([(format!("{prefix}a"), soon.clone()), (format!("{prefix}b"), soon)]),
            on_event: Arc::new(move |event| told.lock().push(event)),
        });
        let endpoint = |n: usize| Endpoint {
            region: REGIONS[n].to_owned(),
            to: endpoints.addresses[n].to_string().parse().unwrap(),
        };
        let remote = Remote::new(RemoteOptions {
            endpoints: vec![endpoint(0), endpoint(1)],
            keys: keys(),
            clock: clock.clone(),
            seed: 1,
            observer: replicator.observer(),
        });
        let storage = S3Storage::from(remote);
        let gateway = Gateway::new(GatewayOptions {
            regions: REGIONS.map(String::from).to_vec(),
            seed: 1,
            default_service: cloud_emulator::backend::S3::new(storage.clone()),
            services: Vec::new(),
            clock,
            keys: vec![AccessKey::new("AKIDUSER", "secret", Principal::User)],
            anonymous: false,
            connections: 64,
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let shutdown = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(gateway.serve(REGIONS[0], listener, shutdown.clone()));
        runtime.spawn(replicator.clone().run(storage.clone()));
        Bench {
            s3: client(address, REGIONS[0]),
            address,
            straight: [endpoints.client(0), endpoints.client(1)],
            storage,
            replicator,
            failed,
            prefix,
            served: Served {
                shutdown,
                runtime: Some(runtime),
            },
        }
    }

    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.served.runtime.as_ref().unwrap().block_on(future)
    }

    pub(crate) fn spawn<F>(&self, future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.served.runtime.as_ref().unwrap().spawn(future)
    }

    /// The code of the error that is due.
    pub(crate) fn refused<T, E, R>(&self, call: impl Future<Output = Result<T, SdkError<E, R>>>) -> String
    where
        E: ProvideErrorMetadata,
    {
        match self.wait(call) {
            Ok(_) => panic!("it was done"),
            Err(error) => error
                .as_service_error()
                .and_then(|error| error.code())
                .unwrap_or("no code")
                .to_owned(),
        }
    }

    pub(crate) fn name(&self, bucket: &str) -> String {
        format!("{}{bucket}", self.prefix)
    }

    /// Versioned buckets `a` in the first region and `b` in the second.
    pub(crate) fn two_buckets(&self) -> (String, String) {
        let names = (self.name("a"), self.name("b"));
        self.wait(async {
            let client = self.s3.client();
            assert!(
                ask::create_bucket(client, &names.0, REGIONS[0], true)
                    .await
                    .unwrap()
            );
            // Signed for the first region, made in the second: by its own constraint.
            let east = self.east();
            assert!(
                ask::create_bucket(east.client(), &names.1, REGIONS[1], true)
                    .await
                    .unwrap()
            );
        });
        names
    }

    /// Likewise, `a` replicated to `b`.
    pub(crate) fn replicated(&self, markers: bool) -> (String, String) {
        let (a, b) = self.two_buckets();
        self.wait(ask::put_replication(self.s3.client(), &a, &b, true, markers))
            .unwrap();
        (a, b)
    }

    /// Through the same listener, signed for the second region.
    pub(crate) fn east(&self) -> S3 {
        client(self.address, REGIONS[1])
    }

    pub(crate) fn put(&self, bucket: &str, key: &str, body: &str) {
        let put = ask::put(self.s3.client(), bucket, key, body.as_bytes().to_vec());
        self.wait(put).unwrap();
    }

    /// What is read of a key, raw, or the code of the error.
    pub(crate) fn read(&self, bucket: &str, key: &str) -> String {
        match self.wait(ask::read_raw(self.s3.client(), bucket, key)) {
            Ok(body) => String::from_utf8_lossy(&body.bytes).into_owned(),
            Err(error) => error.code,
        }
    }

    /// Waits until no copy is under way from a bucket.
    pub(crate) fn copied(&self, bucket: &str) {
        self.wait(async {
            let give_up = wall::mono().after(TIMEOUT);
            while self.replicator.progress(bucket).pending > 0 {
                assert!(wall::mono() < give_up, "copies of {bucket} are still pending");
                wall::sleep(Duration::from_millis(5)).await;
            }
        });
    }
}
