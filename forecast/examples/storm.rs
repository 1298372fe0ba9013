//! One storm, with what it took: `cargo run --release -p forecast --example storm -- DEVICES CONNECTS_PER_SECOND`.
#![allow(clippy::disallowed_methods, reason = "it measures wall time")]

use std::time::Instant;

use drill::firmware::Profile;
use drill::units::Span;
use forecast::storm::{Begin, Storm};

/// The most memory that this process has had, in MiB.
fn most_memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? >> 10)
}

fn main() {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let (devices, rate) = match numbers[..] {
        [devices, rate] => (devices, u32::try_from(rate).expect("connects per second")),
        _ => (1_000_000, 500),
    };
    let storm = Storm {
        devices,
        begin: Begin::SwitchedOn,
        over: Span::ZERO,
        closed_for: Span::ZERO,
        connects_per_second: rate,
        reconnect: Profile::aws_full_jitter().reconnect,
        give_up: Span::from_mins(60 * 24 * 7),
        seed: 1,
    };
    let began = Instant::now();
    let outcome = storm.run();
    let took = began.elapsed().as_secs_f64();
    let events = outcome.attempts + devices;
    println!(
        "{devices} devices, {rate} connects/s, {:?}: all back after {:?}, {:.1} attempts each; {events} events in {took:.2} s \
         ({:.1} million/s), {} MiB at most",
        storm.engine(),
        outcome.all_back_after(),
        outcome.attempts_per_device().unwrap_or(0.0),
        events as f64 / took / 1e6,
        most_memory_mib().unwrap_or(0),
    );
}
