//! The governor on a manual clock: its rate limits, and what it reports.

use drill::units::Span;

use super::*;

struct Bench {
    clock: Clock,
    governor: Governor,
    reports: Arc<Mutex<Vec<String>>>,
}

fn bench() -> Bench {
    let (clock, _hand) = Clock::by_hand(120.0).unwrap();
    clock.start();
    with_clock(clock)
}

fn with_clock(clock: Clock) -> Bench {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&reports);
    let timeouts = Timeouts {
        connect: Span::from_secs(20),
        ping: Span::from_secs(30),
        turn: Span::from_secs(5),
        outbox: None,
    };
    let on_saturated = Box::new(move |saturated: Saturated| heard.lock().push(saturated.detail));
    let meters = Arc::new(Meters::new(2));
    Bench {
        governor: Governor::new(&clock, meters, 1000, 0.0, timeouts, on_saturated),
        clock,
        reports,
    }
}

fn s(seconds: i64) -> DrillTime {
    DrillTime::from_secs(seconds)
}

#[test]
fn storm_lowers_the_rate_limit_at_once_and_updates_raise_it() {
    let bench = bench();
    assert_eq!(bench.clock.rate(), 120.0);
    for _ in 0..1000 {
        bench.governor.expect(s(0));
    }
    let rate = bench.clock.rate();
    assert!((1.0..=2.0).contains(&rate), "1,000 at 2,000 a second: {rate}");
    for _ in 0..1000 {
        bench.governor.forget(s(0));
    }
    let mut looks = 0;
    while bench.clock.rate() < 120.0 {
        bench.governor.update(wall::mono());
        looks += 1;
        assert!(looks < 20);
    }
    assert!(looks > 3, "an octave at a time");
}

/// Turns of `count` devices that came after so many seconds each, at a broker that answers.
fn turns(bench: &Bench, count: usize, waited: i64, dials: bool) {
    for second in 0..=waited {
        bench.governor.request(0, s(second), false);
        bench.governor.ended(0, s(second), false, true);
    }
    for _ in 0..count {
        let asked = bench.governor.request(0, s(0), !dials);
        bench.governor.waited(0, asked, s(waited), dials);
        bench.governor.ended(0, s(waited), dials, true);
    }
}

#[test]
fn more_than_one_late_turn_in_a_hundred_is_reported() {
    let told = |late: usize, in_time: usize| {
        let bench = bench();
        turns(&bench, in_time, 5, true);
        // Those of others say nothing for them.
        turns(&bench, 10_000, 1, false);
        turns(&bench, late, 6, true);
        bench.governor.update(wall::mono().after(JUDGING_WINDOW));
        bench.reports.lock().clone()
    };
    assert!(told(1, 99).is_empty() && told(0, 10).is_empty());
    let said = "2 of 101 devices waited up to 6s for their turn to connect";
    assert_eq!(told(2, 99), [said]);
    assert_eq!(told(1, 9).len(), 1);
}

#[test]
fn single_very_late_turn_is_reported() {
    let bench = bench();
    turns(&bench, 1000, 1, true);
    turns(&bench, 1, 25, true);
    bench.governor.judge_the_rest();
    assert!(bench.reports.lock().is_empty());
    turns(&bench, 1000, 1, true);
    turns(&bench, 1, 26, true);
    bench.governor.judge_the_rest();
    assert_eq!(
        *bench.reports.lock(),
        ["1 of 1001 devices waited up to 26s for their turn to connect"]
    );
}

#[test]
fn late_turns_slow_the_drill_temporarily() {
    let bench = bench();
    bench.governor.expect(s(0));
    assert_eq!(bench.clock.rate(), 120.0);
    for _ in 0..100 {
        let asked = ConnectRequest {
            wall: Mono::from_ns(0),
            ..bench.governor.request(0, s(0), false)
        };
        bench.governor.waited(0, asked, s(60), true);
        bench.governor.ended(0, s(60), true, true);
    }
    bench.governor.update(wall::mono());
    assert!(bench.clock.rate() < 8.0, "{}", bench.clock.rate());
    for _ in 0..1000 {
        bench.governor.update(wall::mono());
    }
    assert_eq!(bench.clock.rate(), 120.0);
}

#[test]
fn stalled_machine_slows_refused_attempts() {
    let bench = bench();
    refused(&bench);
    bench.governor.expect(s(0));
    assert_eq!(bench.clock.rate(), 120.0);
    let asked = ConnectRequest {
        at: s(0),
        wall: Mono::from_ns(0),
        gathers: true,
    };
    bench.governor.waited(0, asked, s(60), false);
    bench.governor.update(wall::mono());
    assert!(bench.clock.rate() <= 10.0, "{}", bench.clock.rate());
}

#[test]
fn gathering_time_is_not_attributed_to_this_machine() {
    let asked = |gathers| ConnectRequest {
        at: s(0),
        wall: Mono::from_ns(0),
        gathers,
    };
    let after = |gathers: bool, drill_ms: i64, wall_ms: u64, rate: f64| {
        let now = DrillTime::ZERO + Span::from_millis(drill_ms);
        let waited = asked(gathers).waited(now, Mono::from_ns(wall_ms * 1_000_000), rate);
        (waited * 1e6).round() as i64
    };
    assert_eq!(after(true, 200, 1, 400.0), 0);
    assert_eq!(after(true, 1000, 3, 400.0), 2000);
    assert_eq!(after(false, 1000, 3, 400.0), 2500);
    // The clock was held for most of the gathering.
    assert_eq!(after(true, 990, 192, 400.0), 1975);
    // And it is held now.
    assert_eq!(after(false, 2000, 5, 1.0), 5000);
}

/// One window of `count` acknowledgements that took `ms` each.
fn acknowledge(bench: &Bench, count: usize, ms: u64) {
    let now = wall::mono();
    bench.governor.update(now);
    let sent = now.after(Duration::from_millis(1));
    let sample = Ack {
        endpoint: 0,
        sent,
        after: Duration::from_millis(ms),
    };
    bench
        .governor
        .acks
        .lock()
        .extend(std::iter::repeat_n(sample, count));
    // Looks come more often than a hang is long.
    let steps = 10 * JUDGING_WINDOW.as_secs() as u32;
    for step in 1..=steps {
        bench.governor.update(sent.after(JUDGING_WINDOW * step / steps));
    }
}

#[test]
fn late_acknowledgements_are_reported() {
    let slow = bench();
    acknowledge(&slow, ACK_SAMPLES, 501);
    assert_eq!(slow.reports.lock().len(), 1);
    let quick = bench();
    acknowledge(&quick, ACK_SAMPLES, 499);
    let few = bench();
    acknowledge(&few, ACK_SAMPLES - 1, 501);
    assert!(quick.reports.lock().is_empty() && few.reports.lock().is_empty());
}

#[test]
fn acknowledgements_delayed_by_a_hanging_broker_are_not_reported() {
    let bench = bench();
    Meters::add(&bench.governor.meters.endpoints[0].on_wire, 300);
    bench.governor.update(wall::mono());
    bench
        .governor
        .update(wall::mono().after(Duration::from_millis(900)));
    acknowledge(&bench, 300, 501);
    assert!(bench.reports.lock().is_empty());
}

#[test]
fn hanging_endpoint_does_not_delay_another() {
    let bench = bench();
    let now = wall::mono();
    Meters::add(&bench.governor.meters.endpoints[0].under_way, 1000);
    Meters::add(&bench.governor.meters.endpoints[1].under_way, 1);
    bench.governor.update(now);
    let later = now.after(Duration::from_millis(300));
    Meters::add(&bench.governor.meters.endpoints[1].answered, 1);
    let load = bench.governor.load(&mut bench.governor.state.lock(), later);
    assert_eq!(load.attempts, 1, "that of the endpoint that answers");
}

#[test]
fn a_turn_is_judged_by_the_endpoint_that_it_was_for() {
    let bench = bench();
    bench.governor.request(0, s(0), false);
    bench.governor.ended(0, s(20), false, false);
    let asked = bench.governor.request(1, s(1), false);
    for second in 0..20 {
        bench.governor.request(1, s(second), false);
        bench.governor.ended(1, s(second), false, true);
    }
    assert!(bench.governor.hangs(0, asked, s(20)));
    assert!(!bench.governor.hangs(1, asked, s(20)));
}

/// A fleet whose attempts are refused, and were for long.
fn refused(bench: &Bench) {
    bench.governor.state.lock().sessions = Progress::new(Mono::from_ns(0));
    Meters::add(&bench.governor.meters.refused, 1);
}

#[test]
fn refusals_let_the_drill_go_faster_than_sessions_do() {
    let bench = bench();
    let governor = &bench.governor;
    refused(&bench);
    let loaded = || {
        let load = governor.load(&mut governor.state.lock(), wall::mono());
        (load.attempts_refused, load.attempts_succeed)
    };
    assert_eq!(loaded(), (true, false));
    // A device that dials may get a session, whatever happened to others, for as long as it takes.
    let asked = governor.request(1, s(0), false);
    governor.waited(1, asked, s(0), true);
    assert_eq!(loaded(), (false, false));
    governor.ended(1, s(0), true, true);
    assert_eq!(loaded(), (true, false));
    Meters::add(&governor.meters.sessions, 1);
    assert_eq!(loaded(), (false, true));
}

#[test]
fn the_first_device_that_dials_after_refusals_has_the_time_for_a_session() {
    let (clock, _hand) = Clock::by_hand(3600.0).unwrap();
    clock.start();
    let bench = with_clock(clock);
    refused(&bench);
    let asked = bench.governor.request(0, s(0), true);
    for _ in 0..100 {
        bench.governor.update(wall::mono());
    }
    let refused = bench.clock.rate();
    assert!(
        refused > 1000.0,
        "{refused}: a turn within 5 s is all that it needs"
    );
    bench.governor.waited(0, asked, s(0), true);
    let rate = bench.clock.rate();
    assert!(rate <= 20.0 / 3.0 / 0.02, "{rate} of {refused}");
}
