//! The experiment of "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015): clients that write one row under
//! optimistic concurrency control, each until it has succeeded once.
//!
//! ```text
//!   client ──read──► row: its version ──► client ──write──► row: still that version? ── yes ──► done
//!      ▲                                                          │ no: the backoff
//!      └──────────────────────────────────────────────────────────┘
//! ```
//!
//! Each message takes |N(10 ms, 2 ms)|; waits have the base 5 ms and the cap 2 s, and the first ceiling is twice the base.
//! What is counted are writes. The policies are those of the devices ([`Reconnect`]).

use drill::draw::Draws;
use drill::firmware::{Growth, Jitter, Reconnect};
use drill::units::{DrillTime, Span};

use super::case::Case;
use crate::agenda::Agenda;
use crate::chance::Chance;

const CLIENTS: u32 = 100;
/// The mean of so many experiments is compared, as the post's.
const EXPERIMENTS: u64 = 100;

enum Event {
    /// The row is asked for its version.
    Read(u32),
    /// Its version arrives.
    Version(u32, u64),
    /// A write on top of that version arrives.
    Write(u32, u64),
    /// The answer to a write arrives.
    Answer(u32, bool),
}

#[derive(Default)]
struct Client {
    retries: u32,
    waited: Span,
}

/// Messages of a network, one after the other.
struct Net {
    chance: Chance,
    sent: u64,
}

impl Net {
    /// How long the next message takes: by Box and Muller's transform (1958).
    fn delay(&mut self) -> Span {
        let (a, b) = (self.chance.share(0, self.sent), self.chance.share(1, self.sent));
        self.sent += 1;
        let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        Span::from_us(((10.0 + 2.0 * normal).abs() * 1_000.0).round() as i64)
    }
}

/// Writes until every client has succeeded.
fn writes(seed: u64, experiment: u64, policy: Option<&Reconnect>) -> u64 {
    let mut net = Net {
        chance: Chance::new(seed, &format!("validation/contention/{experiment}/net")),
        sent: 0,
    };
    let backoff = Draws::new(seed, &format!("validation/contention/{experiment}/backoff"));
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::default()).collect();
    let (mut version, mut writes, mut waits) = (0, 0, 0);
    let mut agenda = Agenda::default();
    for client in 0..CLIENTS {
        agenda.enter(DrillTime::ZERO + net.delay(), Event::Read(client));
    }
    while let Some((now, event)) = agenda.next() {
        let arrives = now + net.delay();
        match event {
            Event::Read(client) => agenda.enter(arrives, Event::Version(client, version)),
            Event::Version(client, seen) => agenda.enter(arrives, Event::Write(client, seen)),
            Event::Write(client, seen) => {
                writes += 1;
                let accepted = seen == version;
                version += u64::from(accepted);
                agenda.enter(arrives, Event::Answer(client, accepted));
            }
            Event::Answer(_, true) => {}
            Event::Answer(number, false) => {
                let client = &mut clients[number as usize];
                let wait =
                    policy.and_then(|policy| policy.wait(client.retries, client.waited, &backoff, waits));
                client.waited = wait.unwrap_or_default();
                client.retries += 1;
                waits += 1;
                agenda.enter(arrives + client.waited, Event::Read(number));
            }
        }
    }
    writes
}

fn policy(jitter: Jitter) -> Reconnect {
    let base = match jitter {
        Jitter::Decorrelated => 5,
        _ => 10,
    };
    Reconnect {
        growth: Growth::Exponential,
        jitter,
        base: Span::from_millis(base),
        cap: Span::from_secs(2),
        retries: None,
    }
}

pub(super) fn cases(seed: u64) -> Vec<Case> {
    let published = [
        ("no backoff", None, 2_422.0),
        ("exponential", Some(Jitter::None), 1_863.0),
        ("decorrelated jitter", Some(Jitter::Decorrelated), 999.0),
        ("equal jitter", Some(Jitter::Equal), 811.0),
        ("full jitter", Some(Jitter::Full), 797.0),
    ];
    published
        .map(|(name, jitter, known)| {
            let policy = jitter.map(policy);
            let all: u64 = (0..EXPERIMENTS).map(|n| writes(seed, n, policy.as_ref())).sum();
            Case {
                of: format!("100 clients that write one row, {name}: calls"),
                unit: "calls",
                source: "AWS Architecture Blog, \"Exponential Backoff and Jitter\" (2015), its published simulator",
                known,
                simulated: all as f64 / EXPERIMENTS as f64,
                tolerance: 0.05,
            }
        })
        .into()
}
