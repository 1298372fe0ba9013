//! How much a fleet can do here: connects and publishes per second, and the memory that it takes.
//!
//! ```text
//! cargo run --release -p fleet-emulator --example load -- --devices 1000 --endpoint 127.0.0.1:1883
//! ```

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use drill::scenario::Telemetry;
use drill::units::{ByteSize, DrillTime, Span};
use fleet_emulator::{DeviceInput, Discovery, Fleet, FleetConfig, Overrides, Profile, Resolved};
use runtime::{Clock, wall};

/// Connects virtual devices to a broker and lets them publish.
#[derive(Parser)]
struct Options {
    /// How many devices.
    #[arg(long, default_value_t = 1000)]
    devices: u32,
    /// A broker's listener; given more than once, devices are spread over them.
    #[arg(long, default_value = "127.0.0.1:1883")]
    endpoint: Vec<SocketAddr>,
    /// Seconds between two messages of a device.
    #[arg(long, default_value_t = 60)]
    every: i64,
    /// Bytes of a message.
    #[arg(long, default_value_t = 128)]
    payload: u64,
    /// Seconds over which the devices are switched on.
    #[arg(long, default_value_t = 1)]
    spread: i64,
    /// Drill seconds per wall second, at most.
    #[arg(long, default_value_t = 120.0)]
    speed: f64,
    /// Wall seconds to publish for, once all are connected.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(&options))
}

async fn run(options: &Options) -> io::Result<()> {
    let before = resident_kib()?;
    let clock = Clock::new(options.speed)?;
    let mut fleet = start(options, &clock);
    let devices = resident_kib()?;
    let began = wall::mono();
    clock.start();
    while fleet.counters().connected < u64::from(options.devices) {
        wall::sleep(Duration::from_millis(1)).await;
        if wall::mono().since(began) > Duration::from_secs(60) {
            println!(
                "not all devices were connected within a minute: {:?}",
                fleet.counters()
            );
            break;
        }
    }
    let connecting = wall::mono().since(began).as_secs_f64();
    let connected = fleet.counters().connected;
    println!(
        "{connected} devices connected in {connecting:.2} s: {:.0}/s",
        connected as f64 / connecting
    );

    let (published, at, drill) = (fleet.counters().acknowledged, wall::mono(), clock.now());
    wall::sleep(Duration::from_secs(options.seconds)).await;
    let elapsed = wall::mono().since(at).as_secs_f64();
    let rate = (clock.now() - drill).as_secs_f64() / elapsed;
    let per_second = (fleet.counters().acknowledged - published) as f64 / elapsed;
    println!("{per_second:.0} acknowledged publishes/s, at {rate:.1} drill seconds per second");
    report_memory(before, devices, options.devices)?;
    let lag = clock.accounts();
    println!(
        "timers late by {:.1} ms (p99), {:.1} ms at most",
        lag.lag_ms_p99, lag.lag_ms_max
    );

    let left = fleet.stop(Span::from_secs(60)).await;
    println!("{left} messages left in outboxes; {:?}", fleet.counters());
    Ok(())
}

fn start(options: &Options, clock: &Clock) -> Fleet {
    let spread = |device: u32, over: Span| {
        Span::from_us(over.as_us() * i64::from(device) / i64::from(options.devices.max(1)))
    };
    let every = Span::from_secs(options.every);
    let inputs = (0..options.devices)
        .map(|device| DeviceInput {
            boot: DrillTime::ZERO + spread(device, Span::from_secs(options.spread)),
            phase: spread(device, every),
        })
        .collect();
    let config = FleetConfig {
        telemetry: Some(Telemetry {
            every,
            payload: ByteSize(options.payload),
        }),
        overrides: Overrides {
            discovery: Some(Discovery::Dns),
            ..Overrides::default()
        },
        ..FleetConfig::new(1, Profile::aws_full_jitter())
    };
    let endpoints = options.endpoint.clone();
    let count = endpoints.len();
    let spread = move |device: u32, _: DrillTime| {
        Some(Resolved {
            endpoint: device as usize % count.max(1),
            ttl: Span::ZERO,
        })
    };
    Fleet::start(config, inputs, endpoints, Arc::new(spread), clock, |saturated| {
        println!("saturated: {}", saturated.detail);
    })
}

fn report_memory(before: u64, devices: u64, count: u32) -> io::Result<()> {
    let now = resident_kib()?;
    let per_device = |kib: u64| kib as f64 / f64::from(count.max(1));
    println!(
        "memory: {:.1} MiB, {:.1} KiB per device ({:.1} before it connects)",
        now as f64 / 1024.0,
        per_device(now - before),
        per_device(devices - before),
    );
    Ok(())
}

/// Resident memory of this process, in KiB.
fn resident_kib() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .ok_or_else(|| io::Error::other("this system does not say how much memory a process has"))
}
