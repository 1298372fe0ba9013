//! A registry with one image, as much of it as a pull needs: engines take one on 127.0.0.1 without TLS.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde_json::json;
use sha2::{Digest, Sha256};

/// The bytes of its one layer, without the tape's frame.
pub(crate) const LAYER: usize = 3_000_000;

/// Serves until it is dropped.
pub(crate) struct Registry {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Content {
    manifest: Vec<u8>,
    blobs: Vec<Vec<u8>>,
}

impl Registry {
    /// With an image of one file, which cannot be executed.
    pub(crate) fn new() -> Registry {
        let layer = tape("data", &noise(LAYER));
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/data"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
        });
        let config = config.to_string().into_bytes();
        let docker = |kind: &str| format!("application/vnd.docker.{kind}");
        let manifest = json!({
            "schemaVersion": 2, "mediaType": docker(MANIFEST),
            "config": {"mediaType": docker("container.image.v1+json"), "size": config.len(), "digest": digest(&config)},
            "layers": [
                {"mediaType": docker("image.rootfs.diff.tar.gzip"), "size": layer.len(), "digest": digest(&layer)},
            ],
        });
        let content = Content {
            manifest: manifest.to_string().into_bytes(),
            blobs: vec![config, layer],
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&ended);
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if is_over.load(Ordering::Acquire) {
                    return;
                }
                // An engine that hangs up has what it wanted.
                let _ = connection.and_then(|connection| content.answer(connection));
            }
        });
        Registry {
            address,
            ended,
            thread: Some(thread),
        }
    }

    pub(crate) fn image(&self) -> String {
        format!("{}/tiny/image:1", self.address)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

const MANIFEST: &str = "distribution.manifest.v2+json";

impl Content {
    fn answer(&self, mut connection: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(connection.try_clone()?).lines();
        let request = lines.next().unwrap_or(Ok(String::new()))?;
        for line in lines {
            if line?.is_empty() {
                break;
            }
        }
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (status, kind, body) = if path == "/v2/" {
            ("200 OK", "application/json".to_owned(), &b"{}"[..])
        } else if path.contains("/manifests/") {
            (
                "200 OK",
                format!("application/vnd.docker.{MANIFEST}"),
                &self.manifest[..],
            )
        } else {
            let blob = self.blobs.iter().find(|blob| path.ends_with(&digest(blob)));
            match blob {
                Some(blob) => ("200 OK", "application/octet-stream".to_owned(), &blob[..]),
                None => ("404 Not Found", "text/plain".to_owned(), &b""[..]),
            }
        };
        write!(
            connection,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nDocker-Content-Digest: {}\r\n\
             Docker-Distribution-Api-Version: registry/2.0\r\nConnection: close\r\n\r\n",
            body.len(),
            digest(body)
        )?;
        if request.starts_with("HEAD ") {
            Ok(())
        } else {
            connection.write_all(body)
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Bytes that nothing compresses.
fn noise(length: usize) -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|block| Sha256::digest(block.to_le_bytes()).to_vec());
    blocks.take(length).collect()
}

/// A tar archive of one file.
fn tape(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut head = [0; 512];
    let mut put = |at: usize, text: &str| head[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", bytes.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut tape = [&head[..], bytes].concat();
    // Whole blocks, and two empty ones at the end.
    tape.resize(tape.len().next_multiple_of(512) + 1024, 0);
    tape
}
