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

/// One window in which the turns of `count` devices came after so many seconds each, at a broker that answers.
fn turns(bench: &Bench, count: usize, waited: i64) {
    for second in 0..=waited {
        bench.governor.asked(0, s(second));
        bench.governor.ended(0, s(second), true);
    }
    for _ in 0..count {
        let asked = Asked {
            at: s(0),
            wall: wall::mono(),
        };
        bench.governor.waited(0, asked, s(waited), false);
    }
}

#[test]
fn turns_that_come_late_are_told_of_when_they_are_more_than_one_in_a_hundred() {
    let told = |late: usize, in_time: usize| {
        let bench = bench();
        turns(&bench, in_time, 5);
        turns(&bench, late, 6);
        bench.governor.look(wall::mono().after(JUDGED));
        bench.complaints.lock().clone()
    };
    assert!(told(1, 99).is_empty() && told(0, 10).is_empty());
    let said = "2 of 101 devices waited up to 6s for their turn to connect";
    assert_eq!(told(2, 99), [said]);
    assert_eq!(told(1, 9).len(), 1);
}

#[test]
fn turns_that_come_late_slow_the_drill_down() {
    let bench = bench();
    bench.governor.expect(s(0));
    assert_eq!(bench.clock.rate(), 120.0);
    for _ in 0..100 {
        let asked = Asked {
            at: s(0),
            wall: Mono::from_ns(0),
        };
        bench.governor.waited(0, asked, s(1), false);
    }
    bench.governor.look(wall::mono());
    assert!(bench.clock.rate() < 8.0, "{}", bench.clock.rate());
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
    let steps = 10 * JUDGED.as_secs() as u32;
    for step in 1..=steps {
        bench.governor.look(sent.after(JUDGED * step / steps));
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
    bench.governor.asked(0, s(0));
    bench.governor.ended(0, s(20), false);
    let asked = bench.governor.asked(1, s(1));
    for second in 0..20 {
        bench.governor.asked(1, s(second));
        bench.governor.ended(1, s(second), true);
    }
    assert!(bench.governor.hangs(0, asked, s(20)));
    assert!(!bench.governor.hangs(1, asked, s(20)));
}

#[test]
fn refusals_let_the_drill_go_faster_than_sessions_do() {
    let bench = bench();
    let governor = &bench.governor;
    // Since long ago no session has begun.
    governor.state.lock().sessions = Progress::new(Mono::from_ns(0));
    Meters::add(&governor.meters.refused, 1);
    let now = wall::mono();
    let loaded = |now| {
        let load = governor.load(&mut governor.state.lock(), now);
        (load.attempts_refused, load.attempts_succeed)
    };
    assert_eq!(loaded(now), (true, false));
    // A device that dials may get a session, whatever happened to others.
    let asked = governor.asked(1, s(0));
    governor.waited(1, asked, s(0), true);
    assert_eq!(loaded(wall::mono()), (false, false));
    Meters::add(&governor.meters.refused, 1);
    assert_eq!(loaded(now.after(Duration::from_secs(1))), (true, false));
    Meters::add(&governor.meters.sessions, 1);
    assert_eq!(loaded(now.after(Duration::from_secs(1))), (false, true));
}

#[test]
fn the_first_device_that_dials_after_refusals_has_the_time_for_a_session() {
    let (clock, _hand) = Clock::by_hand(3600.0).unwrap();
    clock.start();
    let bench = with_clock(clock);
    Meters::add(&bench.governor.meters.refused, 1);
    bench.governor.look(wall::mono());
    let asked = bench.governor.asked(0, s(0));
    let refused = bench.clock.rate();
    bench.governor.waited(0, asked, s(0), true);
    let rate = bench.clock.rate();
    assert!(rate < refused && rate <= 20.0 / 3.0 / 0.02, "{rate} of {refused}");
}
