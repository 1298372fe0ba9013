//! A Lambda of two regions in this process, an S3 beside it, and the real `aws` client.

use std::convert::Infallible;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3};
use cloud_emulator::gateway::{AccessKey, AwsService, Gateway, GatewayOptions, Principal, ServiceRequest};
use cloud_emulator::lambda::{
    BuiltIn, Isolation, Lambda, LambdaEvent, LambdaOptions, NewCode, NewFunction, Python, S3Endpoint,
    find_python, python_runtimes,
};
use cloud_emulator::s3::{Store, StoreOptions};
use drill::units::{ByteSize, Span};
use http_body_util::BodyExt;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use runtime::sandbox::Sandbox;
use runtime::{Clock, Supervisor};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub(crate) const REGION: &str = "us-west-2";
pub(crate) const OTHER: &str = "us-east-1";

/// What a bench is made with.
pub(crate) struct Make {
    pub(crate) isolated: bool,
    pub(crate) processes: usize,
    pub(crate) speed: f64,
    pub(crate) python: fn(&str) -> Option<Python>,
}

impl Default for Make {
    fn default() -> Make {
        Make {
            isolated: false,
            processes: 20,
            speed: 1.0,
            python: find_python,
        }
    }
}

pub(crate) struct Bench {
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) store: Arc<Store>,
    pub(crate) supervisor: Arc<Supervisor>,
    pub(crate) events: Arc<Mutex<Vec<LambdaEvent>>>,
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) home: tempfile::TempDir,
    clock: Clock,
    lambda_url: String,
    stop: CancellationToken,
}

/// A runtime whose Python is on this machine.
pub(crate) fn python_runtime() -> String {
    python_runtimes().pop().expect("a Python is installed")
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::make(&Make::default())
    }

    pub(crate) fn make(make: &Make) -> Bench {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let home = tempfile::tempdir().expect("a folder can be made");
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let code = home.path().join("functions");
        std::fs::create_dir(&code).unwrap();
        let exe = std::env::current_exe().expect("this executable has a path");
        let supervisor = Arc::new(Supervisor::new(&exe, &["as-reaper".into()]).expect("the reaper starts"));
        let clock = Clock::new(make.speed).expect("a clock can be made");
        let calendar = clock.clone();
        let store = Store::new(StoreOptions {
            regions: [REGION, OTHER].map(String::from).to_vec(),
            seed: 1,
            memory: ByteSize(1 << 30),
            largest_body: ByteSize(256 << 20),
            calendar: Arc::new(move || calendar.calendar_us()),
            observer: None,
        });
        let keys = KeyPair {
            access_key: "AKIDFUNCTION".to_owned(),
            secret_key: "secret".to_owned(),
        };
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = events.clone();
        let isolation = if make.isolated {
            Isolation::Sandbox(Arc::new(Sandbox::new(&exe, ["as-sandbox"])))
        } else {
            Isolation::None
        };
        let lambda = Lambda::new(LambdaOptions {
            regions: [REGION, OTHER].map(String::from).to_vec(),
            seed: 1,
            clock: clock.clone(),
            supervisor: supervisor.clone(),
            folder: code,
            keys: keys.clone(),
            python: make.python,
            built_ins: vec![BuiltIn {
                name: "echo".to_owned(),
                exe,
                args: vec!["as-echo".into()],
            }],
            isolation,
            processes: make.processes,
            code_storage: ByteSize(1 << 30),
            on_event: Arc::new(move |event| told.lock().push(event)),
        });
        let stop = CancellationToken::new();
        let s3_url = serve_s3(&runtime, &store, &keys, &stop);
        let lambda_url = serve_lambda(&runtime, &lambda);
        let connections = Connections::new();
        for region in [REGION, OTHER] {
            let s3 = S3::new(&connections, &s3_url, region, &keys, RetryPolicy::STANDARD);
            let s3 = S3Endpoint {
                endpoint: s3_url.clone(),
                s3: s3.client().clone(),
            };
            lambda.connect(region, s3).unwrap();
        }
        runtime.spawn(lambda.clone().run());
        clock.start();
        Bench {
            lambda,
            store,
            supervisor,
            events,
            runtime,
            home,
            clock,
            lambda_url,
            stop,
        }
    }

    pub(crate) fn lambda_clock(&self) -> &Clock {
        &self.clock
    }

    /// Waits until what has just been made, changed or published can be used.
    pub(crate) fn provisioned(&self) {
        self.block(self.clock.sleep(Span::from_secs(2)));
    }

    pub(crate) fn block<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) -> String {
        let path: PathBuf = self.home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new("aws")
            .args(arguments)
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH", path)))
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("PYENV")))
            .env("AWS_ENDPOINT_URL", &self.lambda_url)
            .env("HOME", self.home.path())
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ACCESS_KEY_ID", "AKIDUSER")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("aws runs")
    }

    /// Runs `aws lambda`, which must succeed; its answer as JSON.
    pub(crate) fn aws(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[&["lambda"], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws lambda {arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// Runs `aws lambda`, which must fail; its error message.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["lambda"], arguments].concat());
        assert!(!output.status.success(), "aws lambda {arguments:?} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Invokes with `aws lambda invoke`: the answer's head and the payload.
    pub(crate) fn aws_invoke(&self, arguments: &[&str]) -> (Value, Value) {
        let out = self.home.path().join("payload.json");
        let head = self.aws(&[&["invoke"], arguments, &[out.to_str().unwrap()]].concat());
        let payload = std::fs::read(out).unwrap();
        (head, serde_json::from_slice(&payload).unwrap_or(Value::Null))
    }

    /// A request to the API, without the client: status and document.
    pub(crate) fn api(&self, method: &str, path: &str, body: impl Into<Bytes>) -> (u16, Value) {
        let request = ServiceRequest {
            region: Arc::from(REGION),
            principal: Some(Principal::User),
            access_key: None,
            method: method.parse().unwrap(),
            uri: path.parse().unwrap(),
            headers: http::HeaderMap::new(),
            body: body.into(),
        };
        self.block(async {
            let (head, body) = self.lambda.call(request).await.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let document = serde_json::from_slice(&body).unwrap_or(Value::Null);
            (head.status.as_u16(), document)
        })
    }

    /// Changes the configuration of a function, and waits until that is done.
    pub(crate) fn configure(&self, name: &str, changes: &'static str) {
        let path = format!("/2015-03-31/functions/{name}/configuration");
        let (status, document) = self.api("PUT", &path, changes);
        assert_eq!(status, 200, "{document}");
        self.provisioned();
    }

    /// Creates a function through the cloud's own listener.
    pub(crate) fn create(&self, name: &str, runtime: &str, code: NewCode) -> Result<String, String> {
        let function = NewFunction {
            name: name.to_owned(),
            runtime: runtime.to_owned(),
            handler: "index.handler".to_owned(),
            code,
            // A busy machine may take seconds to start a process.
            timeout: 60,
            memory: 256,
            environment: Default::default(),
        };
        let created = self.block(self.lambda.create(REGION, function));
        created.map_err(|error| error.to_string())
    }

    /// A function of Python, from the text of its module.
    pub(crate) fn python(&self, name: &str, module: &str) {
        let zip = zip(&[("index.py", module.as_bytes(), 0o644)]);
        self.create(name, &python_runtime(), NewCode::Zip(zip)).unwrap();
    }

    /// Waits until something has been told.
    pub(crate) fn event(&self, what: &str, is: impl Fn(&LambdaEvent) -> bool) -> LambdaEvent {
        self.nth_event(0, what, is)
    }

    /// As [`Bench::event`], after so many others of the kind.
    pub(crate) fn nth_event(&self, n: usize, what: &str, is: impl Fn(&LambdaEvent) -> bool) -> LambdaEvent {
        self.block(async {
            let found = runtime::wall::timeout(Duration::from_secs(20), async {
                loop {
                    let events = self.events.lock().clone();
                    if let Some(event) = events.into_iter().filter(|event| is(event)).nth(n) {
                        return event;
                    }
                    runtime::wall::sleep(Duration::from_millis(2)).await;
                }
            });
            let found = found.await;
            found.unwrap_or_else(|| panic!("{what} was not told: {:?}", self.events.lock()))
        })
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.runtime.block_on(self.lambda.shutdown());
        self.stop.cancel();
        self.runtime
            .block_on(self.supervisor.shutdown(Duration::from_secs(2)));
    }
}

fn serve_s3(
    runtime: &tokio::runtime::Runtime,
    store: &Arc<Store>,
    keys: &KeyPair,
    stop: &CancellationToken,
) -> String {
    let key = AccessKey::new(&keys.access_key, &keys.secret_key, Principal::Function);
    let gateway = Gateway::new(GatewayOptions {
        regions: [REGION, OTHER].map(String::from).to_vec(),
        seed: 1,
        default_service: cloud_emulator::backend::S3::new(store.clone()),
        services: Vec::new(),
        clock: Clock::new(1.0).expect("a clock can be made"),
        keys: vec![key],
        anonymous: false,
        connections: 64,
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = stop.clone();
    runtime.spawn(async move { gateway.serve(REGION, listener, stop).await });
    url
}

/// A listener without signatures: the region is that of the credential scope.
fn serve_lambda(runtime: &tokio::runtime::Runtime, lambda: &Arc<Lambda>) -> String {
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lambda = lambda.clone();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let lambda = lambda.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                    let lambda = lambda.clone();
                    async move {
                        let (head, body) = request.into_parts();
                        let scope = head.headers.get("authorization").and_then(|v| v.to_str().ok());
                        let region = scope.and_then(|scope| scope.split('/').nth(2)).unwrap_or(REGION);
                        let request = ServiceRequest {
                            region: Arc::from(region),
                            principal: Some(Principal::User),
                            access_key: None,
                            method: head.method,
                            uri: head.uri,
                            headers: head.headers.clone(),
                            body: body.collect().await.unwrap().to_bytes(),
                        };
                        Ok::<_, Infallible>(lambda.call(request).await)
                    }
                });
                let http = hyper::server::conn::http1::Builder::new();
                let _ = http.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    url
}

/// A zip of files with their modes.
pub(crate) fn zip(files: &[(&str, &[u8], u32)]) -> Bytes {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content, mode) in files {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(*mode);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    Bytes::from(writer.finish().unwrap().into_inner())
}

/// A `bootstrap` in the language of bash, which answers with how often it was asked, and the event.
pub(crate) const BASH: &str = r#"#!/bin/bash
host=${AWS_LAMBDA_RUNTIME_API%:*} port=${AWS_LAMBDA_RUNTIME_API#*:} n=0
base=/2018-06-01/runtime/invocation
while true; do
  exec 3<>"/dev/tcp/$host/$port" || exit 1
  printf 'GET %s/next HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$base" "$host" >&3
  while IFS= read -r line <&3; do
    line=${line%$'\r'}
    [ -z "$line" ] && break
    case ${line,,} in
      lambda-runtime-aws-request-id:*) id=${line#*: } ;;
      content-length:*) length=${line#*: } ;;
    esac
  done
  IFS= read -r -N "$length" event <&3
  exec 3>&-
  n=$((n + 1))
  echo "run $n of $AWS_LAMBDA_FUNCTION_NAME"
  body="{\"n\":$n,\"greeting\":\"$GREETING\",\"event\":$event}"
  exec 3<>"/dev/tcp/$host/$port" || exit 1
  printf 'POST %s/%s/response HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
    "$base" "$id" "$host" "${#body}" "$body" >&3
  while IFS= read -r line <&3; do :; done
  exec 3>&-
done
"#;

/// A package of that bootstrap.
pub(crate) fn bash() -> Bytes {
    zip(&[("bootstrap", BASH.as_bytes(), 0o755)])
}
