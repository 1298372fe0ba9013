//! What the gateway costs: one S3 with and without it, and a gateway in front of another endpoint.
//!
//! ```text
//! gateway_cost --port 9000 bare                  the store under s3s, without the gateway
//! gateway_cost --port 9000 gateway               behind the gateway
//! gateway_cost --port 9000 rules                 behind the gateway, with rules that are about others
//! gateway_cost --port 9000 forward 127.0.0.1:80  a gateway that passes everything on
//! ```
//!
//! Unsigned requests have all rights. `benches/gateway.sh` compares them.

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use cloud_emulator::backend::S3Storage;
use cloud_emulator::client::KeyPair;
use cloud_emulator::gateway::{Gateway, GatewayOptions, Match, Rule, RuleGuard, Verdict};
use cloud_emulator::remote::{Endpoint, Remote, RemoteOptions};
use cloud_emulator::s3::{Service, Store, StoreOptions};
use drill::units::ByteSize;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use runtime::Clock;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s::{Body, S3Result};
use tokio_util::sync::CancellationToken;

const REGION: &str = "us-west-2";
const USAGE: &str = "usage: gateway_cost --port N bare|gateway|rules|forward HOST:PORT";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway_cost: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["--port", port, ref what @ ..] = words[..] else {
        return Err(USAGE.to_owned());
    };
    let port: u16 = port.parse().map_err(|_| USAGE.to_owned())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    let served = match *what {
        ["bare"] => serve_unmeasured(listener).await,
        ["gateway"] => serve(gateway(store().into())?, listener).await,
        ["rules"] => {
            let gateway = gateway(store().into())?;
            let _guards = about_others(&gateway);
            serve(gateway, listener).await
        }
        ["forward", to] => {
            let to = to.parse().map_err(|error| format!("{to}: {error}"))?;
            serve(in_front_of(to)?, listener).await
        }
        _ => return Err(USAGE.to_owned()),
    };
    served.map_err(|error| error.to_string())
}

fn store() -> Arc<Store> {
    Store::new(StoreOptions {
        regions: vec![REGION.to_owned()],
        seed: 1,
        memory: ByteSize(2 << 30),
        largest_body: ByteSize(64 << 20),
        calendar: Arc::new(|| (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000) as i64),
        observer: None,
    })
}

/// In front of another endpoint.
fn in_front_of(to: http::uri::Authority) -> Result<Arc<Gateway>, String> {
    let remote = Remote::new(RemoteOptions {
        endpoints: vec![Endpoint {
            region: REGION.to_owned(),
            to,
        }],
        keys: KeyPair {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: "secret".to_owned(),
        },
        clock: Clock::new(1.0).map_err(|error| error.to_string())?,
        seed: 1,
        observer: Arc::new(drop),
    });
    gateway(remote.into())
}

fn gateway(s3: S3Storage) -> Result<Arc<Gateway>, String> {
    let options = GatewayOptions {
        regions: vec![REGION.to_owned()],
        seed: 1,
        default_service: cloud_emulator::backend::S3::new(s3),
        services: Vec::new(),
        clock: Clock::new(1.0).map_err(|error| error.to_string())?,
        keys: Vec::new(),
        anonymous: true,
        connections: 4096,
    };
    Ok(Gateway::new(options))
}

/// Rules that check every request and match none.
fn about_others(gateway: &Gateway) -> Vec<RuleGuard> {
    let rule = |order| Rule {
        order,
        id: format!("rule-{order}"),
        matches: Match {
            operations: vec!["Get*".into(), "Put*".into()],
            keys: vec!["*no-such-key*".into()],
            ..Match::default()
        },
        verdict: Verdict::Throttle,
    };
    (0..4).map(|order| gateway.rules().add(rule(order))).collect()
}

async fn serve(gateway: Arc<Gateway>, listener: TcpListener) -> std::io::Result<()> {
    gateway.serve(REGION, listener, CancellationToken::new()).await
}

/// Lets everybody do everything.
struct Open;

#[async_trait::async_trait]
impl S3Access for Open {
    async fn check(&self, _: &mut S3AccessContext<'_>) -> S3Result<()> {
        Ok(())
    }
}

async fn serve_unmeasured(listener: TcpListener) -> std::io::Result<()> {
    let mut builder = S3ServiceBuilder::new(Service::new(store(), Vec::new()));
    builder.set_access(Open);
    // The gateway that forwards signs its own requests.
    builder.set_auth(SimpleAuth::from_single("AKIDEXAMPLE", "secret"));
    let s3 = builder.build();
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let s3 = s3.clone();
        let service = service_fn(move |request: http::Request<Incoming>| {
            let s3 = s3.clone();
            async move { s3.call(request.map(Body::from)).await }
        });
        tokio::spawn(async move {
            let mut http = hyper::server::conn::http1::Builder::new();
            let connection = http
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A client that goes away is none of a benchmark's business.
            let _ = connection.await;
        });
    }
}
