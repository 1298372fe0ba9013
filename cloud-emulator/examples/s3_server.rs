//! The embedded S3 alone, to try it and to measure it.
//!
//! ```text
//! cargo run --release -p cloud-emulator --example s3_server -- --port 9000 --anonymous
//! AWS_ACCESS_KEY_ID=firedrill AWS_SECRET_ACCESS_KEY=firedrill aws --endpoint-url http://127.0.0.1:9000 s3 ls
//! ```

use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;

use cloud_emulator::gateway::{AccessKey, Gateway, GatewayOptions, Principal};
use cloud_emulator::s3::{Account, Store, StoreOptions};
use drill::units::ByteSize;
use runtime::Clock;
use tokio_util::sync::CancellationToken;

struct Options {
    port: u16,
    anonymous: bool,
    memory: ByteSize,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        port: 9000,
        anonymous: false,
        memory: ByteSize(4 << 30),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--port" => options.port = value()?.parse().map_err(|e| format!("--port: {e}"))?,
            "--memory" => options.memory = value()?.parse().map_err(|e| format!("--memory: {e}"))?,
            "--anonymous" => options.anonymous = true,
            _ => {
                return Err(format!(
                    "unknown option {word}; known: --port N --memory SIZE --anonymous"
                ));
            }
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("s3_server: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A second account, to try access control with.
fn other_account() -> AccessKey {
    AccessKey {
        account: Account {
            id: "0ther111".repeat(8),
            display_name: "other".to_owned(),
        },
        ..AccessKey::new("other", "other", Principal::User)
    }
}

async fn run() -> Result<(), String> {
    let options = options()?;
    let regions = ["us-west-2", "us-east-1"];
    let store = Store::new(StoreOptions {
        regions: regions.map(String::from).to_vec(),
        seed: 1,
        memory: options.memory,
        largest_body: ByteSize(options.memory.0 / 2),
        // Without a drill, the calendar is the machine's.
        calendar: Arc::new(|| (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000) as i64),
        observer: None,
    });
    let gateway = Gateway::new(GatewayOptions {
        regions: regions.map(String::from).to_vec(),
        seed: 1,
        default_service: cloud_emulator::backend::S3::new(store),
        services: Vec::new(),
        clock: Clock::new(1.0).map_err(|e| e.to_string())?,
        keys: vec![
            AccessKey::new("firedrill", "firedrill", Principal::User),
            other_account(),
        ],
        anonymous: options.anonymous,
        connections: 4096,
    });
    let listener =
        TcpListener::bind(("127.0.0.1", options.port)).map_err(|e| format!("cannot listen: {e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    println!("http://{address}");
    gateway
        .serve(regions[0], listener, CancellationToken::new())
        .await
        .map_err(|e| e.to_string())
}
