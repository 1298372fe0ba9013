//! A Lambda Runtime API that hands out what a test gives it, to one function at a time.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use runtime::wall;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::task::JoinSet;

/// How long an invocation may take before a test gives up.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What an invocation came to.
#[derive(Debug)]
pub(crate) enum InvocationOutcome {
    /// The function's answer.
    Answer(Value),
    /// Its error: type and message.
    Error(String, String),
}

impl InvocationOutcome {
    /// The answer.
    #[track_caller]
    pub(crate) fn answer(self) -> Value {
        match self {
            InvocationOutcome::Answer(answer) => answer,
            InvocationOutcome::Error(kind, message) => panic!("{kind}: {message}"),
        }
    }

    /// The error: type and message.
    #[track_caller]
    pub(crate) fn error(self) -> (String, String) {
        match self {
            InvocationOutcome::Error(kind, message) => (kind, message),
            InvocationOutcome::Answer(answer) => panic!("an answer: {answer}"),
        }
    }
}

struct Waiting {
    id: u64,
    event: Vec<u8>,
    deadline_ms: i64,
}

struct Shared {
    queue: AsyncMutex<mpsc::UnboundedReceiver<Waiting>>,
    under_way: Mutex<HashMap<u64, oneshot::Sender<InvocationOutcome>>>,
}

/// The API; dropped, it is gone, with all its connections.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    events: mpsc::UnboundedSender<Waiting>,
    next: AtomicU64,
    server: tokio::task::JoinHandle<()>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> RuntimeApi {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (events, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: AsyncMutex::new(queue),
            under_way: Mutex::default(),
        });
        let server = tokio::spawn(serve(listener, shared.clone()));
        RuntimeApi {
            address,
            shared,
            events,
            next: AtomicU64::new(1),
            server,
        }
    }

    /// Invokes the function with ample time.
    pub(crate) async fn invoke(&self, event: impl Into<Vec<u8>>) -> InvocationOutcome {
        self.invoke_within(event, TIMEOUT).await
    }

    /// Invokes the function, which has `time` for it.
    pub(crate) async fn invoke_within(&self, event: impl Into<Vec<u8>>, time: Duration) -> InvocationOutcome {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.shared.under_way.lock().insert(id, answer);
        let deadline_ms = wall::now_us() / 1_000 + i64::try_from(time.as_millis()).expect("it is short");
        let waiting = Waiting {
            id,
            event: event.into(),
            deadline_ms,
        };
        assert!(self.events.send(waiting).is_ok(), "the server runs");
        let outcome = wall::timeout(TIMEOUT, answered).await;
        outcome.expect("the function answers").expect("the server runs")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with this future.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("it is TCP");
        let shared = shared.clone();
        let service = service_fn(move |request| {
            let shared = shared.clone();
            async move { Ok::<_, Infallible>(shared.handle(request).await) }
        });
        connections.spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
        );
    }
}

impl Shared {
    async fn handle(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        let rest = path
            .strip_prefix("/2018-06-01/runtime/invocation/")
            .expect("a path of the API");
        if rest == "next" {
            return self.next().await;
        }
        let (id, what) = rest.split_once('/').expect("a path of the API");
        let body = request.into_body().collect().await.expect("a body").to_bytes();
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        let outcome = match what {
            "response" => InvocationOutcome::Answer(body),
            "error" => InvocationOutcome::Error(text("errorType"), text("errorMessage")),
            _ => panic!("{path}"),
        };
        let id = id.parse().expect("an id that was given out");
        let waiting = self.under_way.lock().remove(&id).expect("it is not answered yet");
        // The test may have stopped waiting.
        let _ = waiting.send(outcome);
        status(StatusCode::ACCEPTED, Bytes::new())
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let Some(waiting) = self.queue.lock().await.recv().await else {
            return status(StatusCode::INTERNAL_SERVER_ERROR, Bytes::new());
        };
        let mut response = status(StatusCode::OK, waiting.event.into());
        let headers = response.headers_mut();
        headers.insert("lambda-runtime-aws-request-id", waiting.id.into());
        headers.insert("lambda-runtime-deadline-ms", waiting.deadline_ms.into());
        let arn = "arn:aws:lambda:us-west-2:000000000000:function:f";
        headers.insert(
            "lambda-runtime-invoked-function-arn",
            arn.parse().expect("a header"),
        );
        response
    }
}

fn status(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}
