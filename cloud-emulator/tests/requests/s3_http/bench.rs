//! A gateway with two listeners in this process, and a client that knows HTTP and nothing else.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use cloud_emulator::gateway::{Gateway, GatewayOptions};
use cloud_emulator::s3::{Calendar, Store, StoreOptions};
use drill::units::ByteSize;
use runtime::Clock;
use tokio_util::sync::CancellationToken;

/// The time that the calendar of all these tests always shows: 2026-01-01.
pub(crate) const NOW_US: i64 = 1_767_225_600_000_000;

/// A running gateway.
pub(crate) struct Bench {
    /// The handler.
    pub(crate) gateway: Arc<Gateway>,
    /// The listeners of us-west-2 and us-east-1.
    pub(crate) listeners: [SocketAddr; 2],
    shutdown: CancellationToken,
    runtime: Option<tokio::runtime::Runtime>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    /// The status.
    pub(crate) status: u16,
    /// By names in lower case.
    pub(crate) headers: HashMap<String, String>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl HttpAnswer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What stands between the first `<name>` and its end.
    pub(crate) fn element(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    }
}

impl Bench {
    /// A gateway that accepts unsigned requests, so many connections, and holds so many bytes.
    pub(crate) fn new(connections: usize, memory: u64) -> Bench {
        Bench::at(connections, memory, Arc::new(|| NOW_US))
    }

    /// Likewise, at the time that a calendar shows.
    pub(crate) fn at(connections: usize, memory: u64, calendar: Calendar) -> Bench {
        let store = Store::new(StoreOptions {
            regions: vec!["us-west-2".to_owned(), "us-east-1".to_owned()],
            seed: 1,
            memory: ByteSize(memory),
            largest_body: ByteSize(memory / 2),
            calendar,
            observer: None,
        });
        let gateway = Gateway::new(GatewayOptions {
            regions: vec!["us-west-2".to_owned(), "us-east-1".to_owned()],
            seed: 1,
            default_service: cloud_emulator::backend::S3::new(store),
            services: Vec::new(),
            clock: Clock::new(1.0).expect("a clock can be made"),
            keys: Vec::new(),
            anonymous: true,
            connections,
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let shutdown = CancellationToken::new();
        let listeners = ["us-west-2", "us-east-1"].map(|region| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
            let address = listener.local_addr().expect("it is bound");
            let (gateway, shutdown) = (gateway.clone(), shutdown.clone());
            runtime.spawn(async move { gateway.serve(region, listener, shutdown).await });
            address
        });
        Bench {
            gateway,
            listeners,
            shutdown,
            runtime: Some(runtime),
        }
    }

    /// Sends one request through the first listener.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> HttpAnswer {
        self.send_to(self.listeners[0], method, path, headers, body)
    }

    /// Sends one request through a listener, on a connection of its own.
    pub(crate) fn send_to(
        &self,
        address: SocketAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> HttpAnswer {
        let mut stream = TcpStream::connect(address).expect("the gateway listens");
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head += &format!("Host: {address}\r\n");
        }
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream
            .write_all(format!("{head}\r\n").as_bytes())
            .expect("it can be sent");
        // A request that is refused early may be cut off while its body is still being sent.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        parse(&answer)
    }

    /// `PUT` of a plain object.
    pub(crate) fn put(&self, path: &str, body: &[u8]) -> HttpAnswer {
        self.send("PUT", path, &[], body)
    }

    /// `GET` of anything.
    pub(crate) fn get(&self, path: &str) -> HttpAnswer {
        self.send("GET", path, &[], b"")
    }
}

fn parse(answer: &[u8]) -> HttpAnswer {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no HTTP: {:?}", String::from_utf8_lossy(answer)));
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|s| s.parse().ok());
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    HttpAnswer {
        status: status.expect("it has a status"),
        headers: lines.filter_map(header).collect(),
        body: answer[end + 4..].to_vec(),
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
