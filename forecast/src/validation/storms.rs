//! Storms whose ends follow from the token bucket alone.

use drill::firmware::{Growth, Jitter, Reconnect};
use drill::units::Span;

use super::case::Case;
use crate::storm::{Begin, Engine, Storm};

fn fixed(period: Span) -> Reconnect {
    Reconnect {
        growth: Growth::Fixed,
        jitter: Jitter::None,
        base: period,
        cap: period,
        retries: None,
    }
}

fn storm(seed: u64, devices: u64, rate: u32, over: Span, reconnect: Reconnect) -> Storm {
    Storm {
        devices,
        begin: Begin::SwitchedOn,
        over,
        closed_for: Span::ZERO,
        connects_per_second: rate,
        reconnect,
        give_up: Span::from_mins(60 * 24),
        seed,
    }
}

pub(super) fn cases(seed: u64) -> Vec<Case> {
    let period = Span::from_secs(10);
    // In one instant every ten seconds: each round lets in what the bucket holds.
    let locked = storm(seed, 50_000, 100, Span::ZERO, fixed(period));
    // Evenly over the ten seconds: all that the quota refills is used.
    let even = storm(seed, 50_000, 100, period, fixed(period));
    let end = |storm: &Storm, engine| {
        let outcome = storm.run_on(engine);
        outcome.all_back_after().map_or(f64::NAN, Span::as_secs_f64)
    };
    let rounds = (50_000.0_f64 / 100.0).ceil() - 1.0;
    [(Engine::Each, "each"), (Engine::Counted, "counted")]
        .into_iter()
        .flat_map(|(engine, name)| {
            [
                Case {
                    of: format!("50,000 devices against 100/s, all at once every 10 s ({name})"),
                    unit: "s",
                    source: "token bucket: (devices ÷ quota − 1) rounds",
                    known: rounds * 10.0,
                    simulated: end(&locked, engine),
                    tolerance: 0.000_1,
                },
                Case {
                    of: format!("50,000 devices against 100/s, evenly over 10 s and every 10 s ({name})"),
                    unit: "s",
                    source: "token bucket: (devices − quota) ÷ quota",
                    known: even.floor().as_secs_f64(),
                    simulated: end(&even, engine),
                    tolerance: 0.01,
                },
            ]
        })
        .collect()
}
