//! Queues whose waiting times are known: M/M/1 and M/M/c.

use std::collections::VecDeque;

use drill::units::{DrillTime, Span};

use super::case::Case;
use crate::agenda::Agenda;
use crate::chance::Chance;

/// So many customers are served in each case.
const CUSTOMERS: u64 = 2_000_000;

enum Event {
    Arrives,
    Served,
}

/// An exponential span of this mean: the `n`-th draw.
fn exponential(chance: Chance, n: u64, mean_us: f64) -> Span {
    Span::from_us((-chance.share(0, n).ln() * mean_us).round() as i64)
}

/// The mean wait before service, in seconds, of customers that arrive at `arrivals` a second, where each of `servers`
/// serves one a second.
fn mean_wait(seed: u64, arrivals: f64, servers: u64) -> f64 {
    let name = |what: &str| format!("validation/{servers}/{arrivals}/{what}");
    let (gaps, services) = (
        Chance::new(seed, &name("gap")),
        Chance::new(seed, &name("service")),
    );
    let mut agenda = Agenda::default();
    let mut waiting: VecDeque<DrillTime> = VecDeque::new();
    let (mut busy, mut arrived, mut begun) = (0, 0, 0);
    let mut waited_us = 0i64;
    agenda.enter(DrillTime::ZERO, Event::Arrives);
    while let Some((now, event)) = agenda.next() {
        match event {
            Event::Arrives => {
                waiting.push_back(now);
                arrived += 1;
                if arrived < CUSTOMERS {
                    agenda.enter(now + exponential(gaps, arrived, 1e6 / arrivals), Event::Arrives);
                }
            }
            Event::Served => busy -= 1,
        }
        while busy < servers {
            let Some(since) = waiting.pop_front() else { break };
            waited_us += now.since(since).as_us();
            busy += 1;
            agenda.enter(now + exponential(services, begun, 1e6), Event::Served);
            begun += 1;
        }
    }
    waited_us as f64 / 1e6 / CUSTOMERS as f64
}

/// Erlang's C: the probability that a customer waits, with `load` erlangs on `servers`; by Erlang's B and its recurrence.
fn erlang_c(load: f64, servers: u64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |blocked, n| load * blocked / (n as f64 + load * blocked));
    blocked / (1.0 - load / servers as f64 * (1.0 - blocked))
}

pub(super) fn cases(seed: u64) -> Vec<Case> {
    let of = [(1, 0.5), (1, 0.7), (4, 3.0), (20, 15.0)];
    of.map(|(servers, arrivals)| Case {
        of: match servers {
            1 => format!("M/M/1, load {arrivals}: mean wait"),
            _ => format!("M/M/{servers}, load {arrivals} erlangs: mean wait"),
        },
        unit: "s",
        source: "Erlang (1917): C(c, a) ÷ (c − a), service of 1 s",
        known: erlang_c(arrivals, servers) / (servers as f64 - arrivals),
        simulated: mean_wait(seed, arrivals, servers),
        // Waits of one busy period depend on each other: the mean of two million is known to a percent or two only.
        tolerance: 0.05,
    })
    .into()
}
