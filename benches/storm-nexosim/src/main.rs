//! The storm of `cargo run -p forecast --example storm` in NeXosim: one model that holds the fleet and its token bucket, an
//! event for each attempt. On one thread.
//!
//!     cargo run --release -- DEVICES CONNECTS_PER_SECOND

use std::time::{Duration, Instant};

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::EventSource;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

/// The longest wait, in milliseconds.
const CAP: u64 = 120_000;

#[derive(Default, Serialize, Deserialize)]
struct Fleet {
    devices: u32,
    rate: f64,
    level: f64,
    /// Seconds since the beginning, when the level was that.
    at: f64,
    attempts: u64,
    last: f64,
    random: u64,
}

#[Model]
impl Fleet {
    /// All are switched on.
    fn begin(&mut self, _: (), cx: &Context<Self>) {
        for _ in 0..self.devices {
            self.attempt(0, cx);
        }
    }

    /// A device tries for the `retry`-th time.
    #[nexosim(schedulable)]
    fn attempt(&mut self, retry: u32, cx: &Context<Self>) {
        self.attempts += 1;
        let now = cx.time().duration_since(MonotonicTime::EPOCH).as_secs_f64();
        self.level = self.rate.min(self.level + (now - self.at) * self.rate);
        self.at = now;
        self.last = now;
        if self.level >= 1.0 {
            self.level -= 1.0;
            return;
        }
        // Xorshift (Marsaglia, 2003): chance must not be what is measured.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let ceiling = (1_000u64 << retry.min(20)).min(CAP);
        let wait = Duration::from_millis(1 + self.random % ceiling);
        cx.schedule_event(wait, schedulable!(Self::attempt), retry + 1)
            .expect("a wait lies in the future");
    }

    /// What it came to is printed.
    fn print_summary(&mut self, _: ()) {
        let each = self.attempts as f64 / f64::from(self.devices);
        print!(
            "{} devices, {} connects/s, NeXosim: all back after {:.1} s, {each:.1} attempts each; {} events",
            self.devices,
            self.rate,
            self.last,
            self.attempts + u64::from(self.devices)
        );
    }
}

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .map(|word| word.parse::<u32>().expect("a number"));
    let (devices, rate) = (numbers.next().unwrap_or(20_000), numbers.next().unwrap_or(10));
    let fleet = Fleet {
        devices,
        rate: f64::from(rate),
        level: f64::from(rate),
        random: 0x9e37_79b9_7f4a_7c15,
        ..Fleet::default()
    };
    let mailbox = Mailbox::new();
    let mut bench = SimInit::with_num_threads(1);
    let begin = EventSource::new()
        .connect(Fleet::begin, &mailbox)
        .register(&mut bench);
    let tell = EventSource::new()
        .connect(Fleet::print_summary, &mailbox)
        .register(&mut bench);
    let mut simulation = bench
        .add_model(fleet, mailbox, "fleet")
        .init(MonotonicTime::EPOCH)
        .expect("it is a sound bench");
    let began = Instant::now();
    simulation.process_event(&begin, ()).expect("it runs");
    simulation.run().expect("it runs to its end");
    let took = began.elapsed().as_secs_f64();
    simulation.process_event(&tell, ()).expect("it runs");
    println!(" in {took:.2} s");
}
