//! A cloud of two regions in this process, and the real `aws` client with an environment of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cloud_emulator::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_emulator::s3::{Store, StoreOptions};
use drill::units::ByteSize;
use runtime::Clock;
use test_harness::installed;
use tokio_util::sync::CancellationToken;

/// The first regions of the scenarios.
pub(crate) const REGIONS: [&str; 2] = ["us-west-2", "us-east-1"];

/// A running cloud with a home folder for its clients.
pub(crate) struct Bench {
    /// What is behind the gateway.
    pub(crate) store: Arc<Store>,
    /// The endpoint of the first region.
    pub(crate) url: String,
    /// The endpoint of the second region.
    pub(crate) other_url: String,
    /// A folder of this test's own.
    pub(crate) home: tempfile::TempDir,
    shutdown: CancellationToken,
    runtime: Option<tokio::runtime::Runtime>,
}

/// A bench, unless there is no `aws` here.
pub(crate) fn bench() -> Option<Bench> {
    installed("aws").then(Bench::new)
}

impl Bench {
    fn new() -> Bench {
        // The calendar starts on 2026-01-01 and goes a second further each time it is read.
        let seconds = AtomicI64::new(1_767_225_600);
        let store = Store::new(StoreOptions {
            regions: REGIONS.map(String::from).to_vec(),
            seed: 1,
            memory: ByteSize(1 << 30),
            largest_body: ByteSize(256 << 20),
            calendar: Arc::new(move || seconds.fetch_add(1, Ordering::Relaxed) * 1_000_000),
            observer: None,
        });
        let gateway = Gateway::new(GatewayOptions {
            regions: REGIONS.map(String::from).to_vec(),
            seed: 1,
            default_service: cloud_emulator::backend::S3::new(store.clone()),
            services: Vec::new(),
            clock: Clock::new(1.0).expect("a clock can be made"),
            keys: vec![AccessKey::new("AKIDUSER", "secret", Principal::User)],
            anonymous: false,
            connections: 64,
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let shutdown = CancellationToken::new();
        let urls = REGIONS.map(|region| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
            let url = format!("http://{}", listener.local_addr().expect("it is bound"));
            let (gateway, shutdown) = (gateway.clone(), shutdown.clone());
            runtime.spawn(async move { gateway.serve(region, listener, shutdown).await });
            url
        });
        let [url, other_url] = urls;
        Bench {
            store,
            url,
            other_url,
            home: tempfile::tempdir().expect("a folder can be made"),
            shutdown,
            runtime: Some(runtime),
        }
    }

    /// A path in the home folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file, with its folders.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("folders can be made");
        std::fs::write(&path, content).expect("files can be written");
        path.to_str().expect("names are UTF-8").to_owned()
    }

    /// Runs `aws` against the first region's endpoint.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new("aws")
            .args(arguments)
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH", path)))
            // Where the version manager of this machine's Python looks for itself, if there is one.
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("PYENV")))
            // `--endpoint-url` would not do: the client v1 forgets it for the source of a copy as soon as
            // `--source-region` is given, and asks the real AWS.
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("HOME", self.home.path())
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ACCESS_KEY_ID", "AKIDUSER")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", REGIONS[0])
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("aws runs")
    }

    /// Runs `aws`, which must succeed, and returns what it printed.
    pub(crate) fn aws(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws {arguments:?}: {errors}");
        String::from_utf8(output.stdout).expect("aws prints UTF-8")
    }

    /// Runs `aws`, which must fail, and returns its error message.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "aws {arguments:?} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
