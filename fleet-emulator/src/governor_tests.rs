//! The governor's hand on a clock that is moved by hand, and what it complains about.

use drill::units::Span;

use super::*;

struct Bench {
    clock: Clock,
    governor: Governor,
    complaints: Arc<Mutex<Vec<String>>>,
}

fn bench() -> Bench {
    let (clock, _hand) = Clock::by_hand(120.0).unwrap();
    clock.start();
    with_clock(clock)
}

fn with_clock(clock: Clock) -> Bench {
    let complaints = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&complaints);
    let patience = Patience {
        connect: Span::from_secs(20),
        ping: Span::from_secs(30),
        turn: Span::from_secs(5),
        outbox: None,
    };
    let on_saturated = Box::new(move |saturated: Saturated| heard.lock().push(saturated.detail));
    let meters = Arc::new(Meters::new(2));
    Bench {
        governor: Governor::new(&clock, meters, 1000, 0.0, patience, on_saturated),
        clock,
        complaints,
    }
}

fn s(seconds: i64) -> DrillTime {
    DrillTime::from_secs(seconds)
}

#[test]
fn a_storm_lowers_the_ceiling_at_once_and_looks_raise_it_again() {
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
        bench.governor.look(wall::mono());
        looks += 1;
        assert!(looks < 20);
    }
    assert!(looks > 3, "an octave at a time");
}

/// Turns of `count` devices that came after so many seconds each, at a broker that answers.
fn turns(bench: &Bench, count: usize, waited: i64, dials: bool) {
    for second in 0..=waited {
        bench.governor.asked(0, s(second), false);
        bench.governor.ended(0, s(second), false, true);
    }
    for _ in 0..count {
        let asked = bench.governor.asked(0, s(0), !dials);
        bench.governor.waited(0, asked, s(waited), dials);
        bench.governor.ended(0, s(waited), dials, true);
    }
}

#[test]
fn turns_that_come_late_are_told_of_when_they_are_more_than_one_in_a_hundred() {
    let told = |late: usize, in_time: usize| {
        let bench = bench();
        turns(&bench, in_time, 5, true);
        // Those of others say nothing for them.
        turns(&bench, 10_000, 1, false);
        turns(&bench, late, 6, true);
        bench.governor.look(wall::mono().after(JUDGING_WINDOW));
        bench.complaints.lock().clone()
    };
    assert!(told(1, 99).is_empty() && told(0, 10).is_empty());
    let said = "2 of 101 devices waited up to 6s for their turn to connect";
    assert_eq!(told(2, 99), [said]);
    assert_eq!(told(1, 9).len(), 1);
}

#[test]
fn one_turn_that_comes_much_too_late_is_enough_even_in_the_last_window() {
    let bench = bench();
    turns(&bench, 1000, 1, true);
    turns(&bench, 1, 25, true);
    bench.governor.judge_the_rest();
    assert!(bench.complaints.lock().is_empty());
    turns(&bench, 1000, 1, true);
    turns(&bench, 1, 26, true);
    bench.governor.judge_the_rest();
    assert_eq!(
        *bench.complaints.lock(),
        ["1 of 1001 devices waited up to 26s for their turn to connect"]
    );
}

#[test]
fn turns_that_come_late_slow_the_drill_down_until_that_is_forgotten() {
    let bench = bench();
    bench.governor.expect(s(0));
    assert_eq!(bench.clock.rate(), 120.0);
    for _ in 0..100 {
        let asked = Asked {
            wall: Mono::from_ns(0),
            ..bench.governor.asked(0, s(0), false)
        };
        bench.governor.waited(0, asked, s(60), true);
        bench.governor.ended(0, s(60), true, true);
    }
    bench.governor.look(wall::mono());
    assert!(bench.clock.rate() < 8.0, "{}", bench.clock.rate());
    for _ in 0..1000 {
        bench.governor.look(wall::mono());
    }
    assert_eq!(bench.clock.rate(), 120.0);
}

#[test]
fn a_machine_that_lets_one_wait_slows_down_attempts_that_are_refused() {
    let bench = bench();
    refused(&bench);
    bench.governor.expect(s(0));
    assert_eq!(bench.clock.rate(), 120.0);
    let asked = Asked {
        at: s(0),
        wall: Mono::from_ns(0),
        gathers: true,
    };
    bench.governor.waited(0, asked, s(60), false);
    bench.governor.look(wall::mono());
    assert!(bench.clock.rate() <= 10.0, "{}", bench.clock.rate());
}

#[test]
fn what_a_device_waits_for_others_to_gather_is_not_this_machines_doing() {
    let asked = |gathers| Asked {
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
    bench.governor.look(now);
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
        bench.governor.look(sent.after(JUDGING_WINDOW * step / steps));
    }
}

#[test]
fn late_acknowledgements_are_told_of() {
    let slow = bench();
    acknowledge(&slow, ACK_SAMPLES, 501);
    assert_eq!(slow.complaints.lock().len(), 1);
    let quick = bench();
    acknowledge(&quick, ACK_SAMPLES, 499);
    let few = bench();
    acknowledge(&few, ACK_SAMPLES - 1, 501);
    assert!(quick.complaints.lock().is_empty() && few.complaints.lock().is_empty());
}

#[test]
fn acknowledgements_that_a_hanging_broker_held_up_are_not() {
    let bench = bench();
    Meters::add(&bench.governor.meters.endpoints[0].on_wire, 300);
    bench.governor.look(wall::mono());
    bench
        .governor
        .look(wall::mono().after(Duration::from_millis(900)));
    acknowledge(&bench, 300, 501);
    assert!(bench.complaints.lock().is_empty());
}

#[test]
fn an_endpoint_that_hangs_holds_nobody_up_while_another_moves() {
    let bench = bench();
    let now = wall::mono();
    Meters::add(&bench.governor.meters.endpoints[0].under_way, 1000);
    Meters::add(&bench.governor.meters.endpoints[1].under_way, 1);
    bench.governor.look(now);
    let later = now.after(Duration::from_millis(300));
    Meters::add(&bench.governor.meters.endpoints[1].answered, 1);
    let load = bench.governor.load(&mut bench.governor.state.lock(), later);
    assert_eq!(load.attempts, 1, "that of the endpoint that answers");
}

#[test]
fn a_turn_is_judged_by_the_endpoint_that_it_was_for() {
    let bench = bench();
    bench.governor.asked(0, s(0), false);
    bench.governor.ended(0, s(20), false, false);
    let asked = bench.governor.asked(1, s(1), false);
    for second in 0..20 {
        bench.governor.asked(1, s(second), false);
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
    let asked = governor.asked(1, s(0), false);
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
    let asked = bench.governor.asked(0, s(0), true);
    for _ in 0..100 {
        bench.governor.look(wall::mono());
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
