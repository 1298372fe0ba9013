//! A cloud of two regions with drill time of its own, and clients that others made: the `aws` command, the
//! SDK, and plain sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3};
use cloud_emulator::gateway::{
    AccessKey, AwsError, AwsService, Gateway, GatewayOptions, Latency, Match, Principal, Protocol, Rule,
    RuleGuard, Service, ServiceRequest, Verdict,
};
use cloud_emulator::s3::{Store, StoreOptions};
use cloud_emulator::sts::Sts;
use drill::units::ByteSize;
use runtime::{Clock, wall};
use tokio_util::sync::CancellationToken;

/// The regions.
pub(crate) const REGIONS: [&str; 2] = ["us-west-2", "us-east-1"];

/// A running cloud, with bucket `west` in the first region and `east` in the second, each with object `k`.
pub(crate) struct Bench {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) clock: Clock,
    pub(crate) store: Arc<Store>,
    /// The listeners of the regions.
    pub(crate) listeners: [SocketAddr; 2],
    /// The listener of the audit.
    pub(crate) private: SocketAddr,
    pub(crate) home: tempfile::TempDir,
    pub(crate) shutdown: CancellationToken,
    runtime: Option<tokio::runtime::Runtime>,
}

/// A function service of which only the wire matters.
struct Functions;

impl Service for Functions {
    fn signing_name(&self) -> &'static str {
        "lambda"
    }

    fn throttled(&self, _: Protocol) -> AwsError {
        AwsError::new(
            http::StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequestsException",
            "Rate Exceeded.",
        )
    }
}

impl AwsService for Functions {
    fn operation(&self, head: &http::request::Parts, _: &bytes::Bytes) -> Option<&'static str> {
        head.uri.path().ends_with("/invocations").then_some("Invoke")
    }

    fn resource(&self, head: &http::request::Parts, _: &bytes::Bytes) -> Option<String> {
        Some(head.uri.path().split('/').nth(3)?.to_owned())
    }

    fn largest_body(&self) -> usize {
        6 << 20
    }

    fn call(&self, request: ServiceRequest) -> futures::future::BoxFuture<'_, http::Response<s3s::Body>> {
        let answer = format!("\"{} bytes in {}\"", request.body.len(), request.region);
        Box::pin(futures::future::ready(http::Response::new(answer.into())))
    }
}

impl Bench {
    /// A cloud whose drill time runs at most `speed` times as fast as the wall's.
    pub(crate) fn new(speed: f64) -> Bench {
        Bench::with(speed, false)
    }

    /// A cloud that lets unsigned requests in, or does not.
    pub(crate) fn with(speed: f64, anonymous: bool) -> Bench {
        let clock = Clock::new(speed).expect("a clock can be made");
        clock.start();
        let calendar = clock.clone();
        let store = Store::new(StoreOptions {
            regions: REGIONS.map(String::from).to_vec(),
            seed: 1,
            memory: ByteSize(1 << 30),
            largest_body: ByteSize(256 << 20),
            calendar: Arc::new(move || calendar.calendar_us()),
            observer: None,
        });
        let keys = Principal::ALL.map(|who| AccessKey::new(key_of(who), "secret", who));
        let gateway = Gateway::new(GatewayOptions {
            regions: REGIONS.map(String::from).to_vec(),
            seed: 1,
            default_service: cloud_emulator::backend::S3::new(store.clone()),
            services: vec![Arc::new(Sts), Arc::new(Functions)],
            clock: clock.clone(),
            keys: keys.to_vec(),
            anonymous,
            connections: 64,
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let shutdown = CancellationToken::new();
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let listeners = REGIONS.map(|region| {
            let listener = listen();
            let address = listener.local_addr().expect("it is bound");
            runtime.spawn(gateway.clone().serve(region, listener, shutdown.clone()));
            address
        });
        let listener = listen();
        let private = listener.local_addr().expect("it is bound");
        runtime.spawn(gateway.clone().serve_private(listener, shutdown.clone()));
        let bench = Bench {
            gateway,
            clock,
            store,
            listeners,
            private,
            home: tempfile::tempdir().expect("a folder can be made"),
            shutdown,
            runtime: Some(runtime),
        };
        bench.fill();
        bench
    }

    fn fill(&self) {
        for (bucket, region) in [("west", REGIONS[0]), ("east", REGIONS[1])] {
            self.store
                .create_bucket(bucket, region, false)
                .expect("the region is there");
        }
        let auditor = self.s3(Principal::Audit, self.private, RetryPolicy::STANDARD);
        for bucket in ["west", "east"] {
            let put = auditor.client().put_object().bucket(bucket).key("k");
            self.wait(put.body(b"the content of k".to_vec().into()).send())
                .expect("it is stored");
        }
    }

    /// Puts up a rule.
    pub(crate) fn rule(&self, matches: Match, verdict: Verdict<Latency>) -> RuleGuard {
        let (order, id) = (0, "fault".to_owned());
        self.gateway.rules().add(Rule {
            order,
            id,
            matches,
            verdict,
        })
    }

    /// Has the runtime do something beside.
    pub(crate) fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F)
    where
        F::Output: 'static,
    {
        self.runtime.as_ref().expect("it runs").spawn(future);
    }

    /// Waits for what needs the runtime.
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.as_ref().expect("it runs").block_on(future)
    }

    /// The SDK's client of a principal, at a listener.
    pub(crate) fn s3(&self, principal: Principal, address: SocketAddr, policy: RetryPolicy) -> S3 {
        let keys = KeyPair {
            access_key: key_of(principal).to_owned(),
            secret_key: "secret".to_owned(),
        };
        S3::new(
            &Connections::new(),
            &format!("http://{address}"),
            REGIONS[0],
            &keys,
            policy,
        )
    }

    /// What reading `bucket/k` comes to, once, with the SDK.
    pub(crate) fn read(
        &self,
        principal: Principal,
        address: SocketAddr,
        bucket: &str,
    ) -> Result<String, String> {
        let s3 = self.s3(principal, address, RetryPolicy::ONCE);
        self.wait(async {
            let answer = s3.client().get_object().bucket(bucket).key("k").send().await;
            let answer = answer.map_err(|error| {
                let code = error.as_service_error().and_then(|error| error.meta().code());
                code.map_or_else(|| format!("{error:?}"), str::to_owned)
            })?;
            let body = answer
                .body
                .collect()
                .await
                .map_err(|error| format!("{error:?}"))?;
            Ok(String::from_utf8_lossy(&body.to_vec()).into_owned())
        })
    }

    /// Runs `aws` against the first region's listener.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let key = key_of(Principal::User);
        self.run_as(key, "secret", self.listeners[0], arguments)
    }

    /// Runs `aws` with a key of one's choice against a listener of one's choice.
    pub(crate) fn run_as(&self, key: &str, secret: &str, address: SocketAddr, arguments: &[&str]) -> Output {
        Command::new("aws")
            .args(["--endpoint-url", &format!("http://{address}")])
            .args(arguments)
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH", path)))
            // Where the version manager of this machine's Python looks for itself, if there is one.
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("PYENV")))
            .env("HOME", self.home.path())
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ACCESS_KEY_ID", key)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("AWS_DEFAULT_REGION", REGIONS[0])
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("aws runs")
    }

    /// Runs `aws`, which must succeed, and returns what it printed.
    pub(crate) fn aws(&self, arguments: &[&str]) -> String {
        succeeded(arguments, &self.run(arguments))
    }

    /// Runs `aws`, which must fail, and returns its error message.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        failed(arguments, &self.run(arguments))
    }

    /// Sends a text on a connection of its own, and returns all that comes back.
    pub(crate) fn raw(&self, address: SocketAddr, text: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(text.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// What a successful `aws` printed.
pub(crate) fn succeeded(arguments: &[&str], output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "aws {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The error message of an `aws` that failed.
pub(crate) fn failed(arguments: &[&str], output: &Output) -> String {
    assert!(!output.status.success(), "aws {arguments:?} succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The access key of a principal.
pub(crate) fn key_of(principal: Principal) -> &'static str {
    match principal {
        Principal::User => "AKIDUSER",
        Principal::Probe => "AKIDPROBE",
        Principal::Replicator => "AKIDREPLICATOR",
        Principal::Rule => "AKIDRULE",
        Principal::Function => "AKIDFUNCTION",
        Principal::Audit => "AKIDAUDIT",
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

/// How long anything may take that is waited for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Waits until `holds`.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let give_up = wall::mono().after(TIMEOUT);
    while !holds() {
        assert!(wall::mono() < give_up, "waited in vain until {what}");
        wall::block(Duration::from_millis(2));
    }
}
