//! What of a cloud is ours whatever its S3 is, as drills assemble it: gateway with two listeners, replicator, Lambda, STS.

use std::any::Any;
use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::backend::S3Storage;
use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3};
use cloud_emulator::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_emulator::lambda::{BuiltIn, Isolation, Lambda, LambdaOptions, S3Endpoint};
use cloud_emulator::replication::{Replicator, ReplicatorOptions, Source};
use cloud_emulator::sts::Sts;
use drill::scenario::Lag;
use drill::units::{ByteSize, Span};
use runtime::{Clock, Supervisor};
use tokio_util::sync::CancellationToken;

use super::RunningTarget;
use crate::lab::{CLASSIC, HOME, Lab, Reach};

struct Assembly {
    runtime: Option<tokio::runtime::Runtime>,
    lambda: Arc<Lambda>,
    supervisor: Arc<Supervisor>,
    stop: CancellationToken,
    _home: tempfile::TempDir,
    /// What the S3 needs, taken down last.
    _behind: Box<dyn Any + Send>,
}

impl Drop for Assembly {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.block_on(self.lambda.shutdown());
            runtime.block_on(self.supervisor.shutdown(Duration::from_secs(2)));
            runtime.shutdown_background();
        }
    }
}

/// What an S3 is made with.
pub(super) struct Parts {
    pub(super) clock: Clock,
    pub(super) replicator: Arc<Replicator>,
    pub(super) keys: KeyPair,
}

/// Stands it up around an S3, with all that this needs.
pub(super) fn stand_up(
    checks: &[String],
    lag: Span,
    s3: impl FnOnce(Parts) -> S3Storage,
    behind: Box<dyn Any + Send>,
) -> Result<RunningTarget, String> {
    let failed = |error: &dyn std::fmt::Display| format!("the cloud does not stand: {error}");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| failed(&error))?;
    let home = tempfile::tempdir().map_err(|error| failed(&error))?;
    let exe = std::env::current_exe().map_err(|error| failed(&error))?;
    let supervisor = Arc::new(Supervisor::new(&exe, &["as-reaper".into()]).map_err(|error| failed(&error))?);
    let clock = Clock::new(1.0).map_err(|error| failed(&error))?;
    let replicator = replicator(&clock, checks, lag);
    let keys = |who: &str| KeyPair {
        access_key: format!("AKID{who}"),
        secret_key: "secret".to_owned(),
    };
    let (user, function) = (keys("USER"), keys("FUNCTION"));
    let s3 = s3(Parts {
        clock: clock.clone(),
        replicator: replicator.clone(),
        keys: user.clone(),
    });
    let lambda = Lambda::new(LambdaOptions {
        regions: [HOME, CLASSIC].map(String::from).to_vec(),
        seed: 1,
        clock: clock.clone(),
        supervisor: supervisor.clone(),
        folder: home.path().to_owned(),
        keys: function.clone(),
        python: |_| None,
        built_ins: vec![BuiltIn {
            name: "echo".to_owned(),
            exe,
            args: vec!["as-echo".into()],
        }],
        isolation: Isolation::None,
        processes: 8,
        code_storage: ByteSize(1 << 30),
        on_event: Arc::new(|_| {}),
    });
    let gateway = Gateway::new(GatewayOptions {
        regions: [HOME, CLASSIC].map(String::from).to_vec(),
        seed: 1,
        default_service: cloud_emulator::backend::S3::new(s3.clone()),
        services: vec![Arc::new(Sts), lambda.clone()],
        clock: clock.clone(),
        keys: [(&user, Principal::User), (&function, Principal::Function)]
            .map(|(keys, who)| AccessKey::new(&keys.access_key, &keys.secret_key, who))
            .to_vec(),
        anonymous: false,
        connections: 256,
    });
    let stop = CancellationToken::new();
    let mut listeners = Vec::new();
    for region in [HOME, CLASSIC] {
        let s3 = serve(&runtime, &gateway, region, &stop).map_err(|error| failed(&error))?;
        let endpoint = format!("http://{s3}");
        let client = S3::new(
            &Connections::new(),
            &endpoint,
            region,
            &function,
            RetryPolicy::STANDARD,
        );
        let s3 = S3Endpoint {
            endpoint: endpoint.clone(),
            s3: client.client().clone(),
        };
        lambda.connect(region, s3).map_err(|error| failed(&error))?;
        listeners.push(endpoint);
    }
    runtime.spawn(lambda.clone().run());
    runtime.spawn(replicator.run(s3));
    clock.start();
    let [home_listener, classic] = [listeners.remove(0), listeners.remove(0)];
    Ok(RunningTarget {
        reach: Reach {
            home: home_listener,
            classic,
            keys: user,
            // Its copies do come, on a busy machine late.
            policy: Duration::from_secs(60),
        },
        _guard: Box::new(Assembly {
            runtime: Some(runtime),
            lambda,
            supervisor,
            stop,
            _home: home,
            _behind: behind,
        }),
    })
}

/// One lag for every write, so that copies begin in the order of the writes.
fn replicator(clock: &Clock, checks: &[String], lag: Span) -> Arc<Replicator> {
    let lag = Lag { p50: lag, p99: lag };
    let source = |check: &String| {
        let name = Lab::source_of(check);
        let label = name.clone();
        (name, Source { label, lag })
    };
    Replicator::new(ReplicatorOptions {
        seed: 1,
        clock: clock.clone(),
        sources: checks.iter().map(source).collect::<HashMap<_, _>>(),
        on_event: Arc::new(|_| {}),
    })
}

fn serve(
    runtime: &tokio::runtime::Runtime,
    gateway: &Arc<Gateway>,
    region: &'static str,
    stop: &CancellationToken,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (gateway, stop) = (gateway.clone(), stop.clone());
    runtime.spawn(async move { gateway.serve(region, listener, stop).await });
    Ok(address)
}
