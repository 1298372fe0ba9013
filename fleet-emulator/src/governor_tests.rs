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

#[test]
fn a_device_that_waits_too_long_for_its_turn_is_told_of_once() {
    let bench = bench();
    for second in 0..8 {
        bench.governor.asked(0, s(second));
        bench.governor.ended(0, s(second), true);
    }
    bench.governor.waited(0, s(1), s(6));
    assert!(bench.complaints.lock().is_empty());
    bench.governor.waited(0, s(1), s(7));
    bench.governor.waited(0, s(1), s(8));
    assert_eq!(
        *bench.complaints.lock(),
        ["a device waited 6s for its turn to connect"]
    );
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
    let steps = 10 * ACK_WINDOW.as_secs() as u32;
    for step in 1..=steps {
        bench.governor.look(sent.after(ACK_WINDOW * step / steps));
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
    for second in 0..20 {
        bench.governor.asked(1, s(second));
        bench.governor.ended(1, s(second), true);
    }
    assert!(bench.governor.hangs(0, s(1), s(20)));
    assert!(!bench.governor.hangs(1, s(1), s(20)));
}

#[test]
fn refusals_let_the_drill_go_faster_than_sessions_do() {
    let bench = bench();
    Meters::add(&bench.governor.meters.refused, 1);
    let now = wall::mono().after(Duration::from_secs(1));
    let load = bench.governor.load(&mut bench.governor.state.lock(), now);
    assert!(load.attempts_refused && !load.attempts_succeed);
    Meters::add(&bench.governor.meters.sessions, 1);
    let load = bench.governor.load(&mut bench.governor.state.lock(), now);
    assert!(load.attempts_succeed && !load.attempts_refused);
}
