//! Measures warm invocations of a function of our own, over Lambda's API on a connection of HTTP.
//!
//! ```text
//! cargo run --release -p cloud-emulator --example lambda_warm
//! ```
//!
//! This executable is the client, the server (without signatures), the reaper and the function. It prints
//! one line per number of connections: invocations per second, and the median and the 99th percentile of
//! what one took.

use std::convert::Infallible;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::client::KeyPair;
use cloud_emulator::gateway::{AwsService, ServiceRequest};
use cloud_emulator::lambda::{BuiltIn, Isolation, Lambda, LambdaOptions, NewCode, NewFunction};
use drill::units::ByteSize;
use http_body_util::BodyExt;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use runtime::{Clock, Supervisor, wall};

const REGION: &str = "us-west-2";
const LASTS: Duration = Duration::from_secs(5);

fn main() -> io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("reaper") => runtime::supervisor::reaper_main(),
        Some("function") => function()?,
        _ => measure()?,
    }
    Ok(())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn measure() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("lambda-warm-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let (lambda, supervisor) = start(&folder).await?;
    let address = serve(lambda.clone()).await?;
    println!(
        "{:>11} {:>13} {:>10} {:>10}",
        "connections", "invocations/s", "p50 ms", "p99 ms"
    );
    for connections in [1, 4, 16] {
        let clients: Vec<_> = (0..connections)
            .map(|_| tokio::task::spawn_blocking(move || client(address)))
            .collect();
        let mut took = Vec::new();
        for client in clients {
            took.extend(client.await??);
        }
        took.sort_unstable();
        let ms = |part: f64| took[((took.len() - 1) as f64 * part) as usize] as f64 / 1e6;
        let rate = took.len() as f64 / LASTS.as_secs_f64();
        println!(
            "{connections:>11} {rate:>13.0} {:>10.3} {:>10.3}",
            ms(0.5),
            ms(0.99)
        );
    }
    lambda.shutdown().await;
    supervisor.shutdown(Duration::from_secs(1)).await;
    std::fs::remove_dir_all(folder)
}

async fn start(folder: &std::path::Path) -> io::Result<(Arc<Lambda>, Arc<Supervisor>)> {
    let exe = std::env::current_exe()?;
    let supervisor = Supervisor::new(&exe, &["reaper".into()]).map_err(io::Error::other)?;
    let supervisor = Arc::new(supervisor);
    let clock = Clock::new(1.0)?;
    clock.start();
    let lambda = Lambda::new(LambdaOptions {
        regions: vec![REGION.to_owned()],
        seed: 1,
        clock,
        supervisor: supervisor.clone(),
        folder: folder.to_owned(),
        keys: KeyPair {
            access_key: "any".to_owned(),
            secret_key: "any".to_owned(),
        },
        python: |_| None,
        built_ins: vec![BuiltIn {
            name: "echo".to_owned(),
            exe,
            args: vec!["function".into()],
        }],
        isolation: Isolation::None,
        processes: 50,
        code_storage: ByteSize(1 << 20),
        on_event: Arc::new(|_| {}),
    });
    let function = NewFunction {
        name: "echo".to_owned(),
        runtime: "provided.al2023".to_owned(),
        handler: "any".to_owned(),
        code: NewCode::BuiltIn("echo".to_owned()),
        timeout: 3,
        memory: 128,
        environment: Default::default(),
    };
    lambda.create(REGION, function).await.map_err(io::Error::other)?;
    Ok((lambda, supervisor))
}

async fn serve(lambda: Arc<Lambda>) -> io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let lambda = lambda.clone();
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let lambda = lambda.clone();
                async move {
                    let (head, body) = request.into_parts();
                    let request = ServiceRequest {
                        region: Arc::from(REGION),
                        principal: None,
                        access_key: None,
                        method: head.method,
                        uri: head.uri,
                        headers: head.headers,
                        body: body
                            .collect()
                            .await
                            .map(|body| body.to_bytes())
                            .unwrap_or_default(),
                    };
                    Ok::<_, Infallible>(lambda.call(request).await)
                }
            });
            tokio::spawn(async move {
                let http = hyper::server::conn::http1::Builder::new();
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(address)
}

/// Invokes for five seconds after a first one, and tells what each took in nanoseconds.
fn client(address: SocketAddr) -> io::Result<Vec<u64>> {
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    stream.get_ref().set_nodelay(true)?;
    let event = format!("{{\"reading\":\"{}\"}}", "x".repeat(1000));
    let path = "/2015-03-31/functions/echo/invocations";
    exchange(&mut stream, "POST", path, &event)?;
    let (begun, mut took) = (wall::mono(), Vec::new());
    while wall::mono().since(begun) < LASTS {
        let sent = wall::mono();
        let (_, answer) = exchange(&mut stream, "POST", path, &event)?;
        took.push(wall::mono().since(sent).as_nanos() as u64);
        assert_eq!(answer, event);
    }
    Ok(took)
}

/// A function that answers with its event.
fn function() -> io::Result<()> {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(io::Error::other)?;
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    stream.get_ref().set_nodelay(true)?;
    let base = "/2018-06-01/runtime/invocation";
    loop {
        let (id, event) = exchange(&mut stream, "GET", &format!("{base}/next"), "")?;
        exchange(&mut stream, "POST", &format!("{base}/{id}/response"), &event)?;
    }
}

/// One request over a connection that is kept: the id of a Lambda request, if there is one, and the body.
fn exchange(
    stream: &mut BufReader<TcpStream>,
    method: &str,
    path: &str,
    body: &str,
) -> io::Result<(String, String)> {
    let (length, host) = (body.len(), stream.get_ref().peer_addr()?);
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.get_mut().write_all(request.as_bytes())?;
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "lambda-runtime-aws-request-id" => value.clone_into(&mut id),
                "content-length" => length = value.parse().map_err(io::Error::other)?,
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((id, String::from_utf8(body).map_err(io::Error::other)?))
}
