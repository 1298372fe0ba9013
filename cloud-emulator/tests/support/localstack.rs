//! LocalStack as it is, in containers of a test's own, with nothing of ours before it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use cloud_emulator::containers::DEFAULT_IMAGE as IMAGE;
use test_harness::skip_without_containers;

/// How long it may take to answer.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A container that answers. `None`: there is no image, which has been said.
///
/// # Errors
///
/// It does not start or does not answer.
///
/// # Panics
///
/// There is no image, and `FIREDRILL_REQUIRE_CONTAINERS` is set.
pub(crate) fn start() -> Result<Option<Container>, String> {
    if let Err(why) = docker(&["image", "inspect", "--format", "{{.Id}}", IMAGE]) {
        skip_without_containers(&format!("{IMAGE} cannot be started: {why}"));
        return Ok(None);
    }
    let container = Container::start()?;
    container.ready()?;
    Ok(Some(container))
}

/// A container, removed when this is dropped.
pub(crate) struct Container {
    id: String,
    /// Host and port.
    address: String,
}

impl Container {
    /// Published on loopback alone, at a port of the engine's choice.
    fn start() -> Result<Container, String> {
        let quiet = ["-e", "DISABLE_EVENTS=1", "-e", "SKIP_SSL_CERT_DOWNLOAD=1"];
        let run = ["run", "--detach", "--publish", "127.0.0.1::4566"];
        let mut container = Container {
            id: docker(&[&run[..], &quiet, &[IMAGE]].concat())?,
            address: String::new(),
        };
        let published = docker(&["port", &container.id, "4566/tcp"])?;
        published
            .lines()
            .next()
            .unwrap_or_default()
            .clone_into(&mut container.address);
        Ok(container)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Waits until S3 lists its buckets; the health page may say so too early.
    fn ready(&self) -> Result<(), String> {
        let began = runtime::wall::mono();
        while runtime::wall::mono().since(began) < TIMEOUT {
            if lists_buckets(&self.address).is_ok_and(|ready| ready) {
                return Ok(());
            }
            runtime::wall::block(Duration::from_millis(50));
        }
        let log = docker(&["logs", "--tail", "20", &self.id]).unwrap_or_default();
        Err(format!("{IMAGE} did not answer within {TIMEOUT:?}: {log}"))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Err(why) = docker(&["rm", "--force", "--volumes", &self.id]) {
            eprintln!("container {} is left behind: {why}", self.id);
        }
    }
}

fn lists_buckets(address: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    // LocalStack tells the service by the credential's scope.
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let request =
        format!("GET / HTTP/1.1\r\nHost: {address}\r\nAuthorization: {scope}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.contains("<ListAllMyBucketsResult"))
}

/// Runs `docker`: its output, or its error message.
fn docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).output();
    let output = output.map_err(|error| format!("docker: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
