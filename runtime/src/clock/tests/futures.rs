//! The futures, on a clock moved by hand: no test here waits for anything.

use std::sync::Arc;
use std::time::Duration;

use drill::units::{DrillTime, Span};
use parking_lot::Mutex;

use crate::clock::{Clock, Elapsed, ManualClock, Phase};

fn by_hand(speed: f64) -> (Clock, ManualClock) {
    Clock::by_hand(speed).unwrap()
}

#[tokio::test]
async fn timers_fire_in_order_each_at_its_due_time() {
    let (clock, manual) = by_hand(60.0);
    let seen = Arc::new(Mutex::new(Vec::new()));
    for (name, secs) in [("c", 30), ("a", 10), ("b", 20), ("a2", 10)] {
        let (clock, seen) = (clock.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            let fired = clock.sleep_until(DrillTime::from_secs(secs)).await;
            seen.lock().push((name, fired.due, clock.now(), fired.late_us));
        });
    }
    manual.advance_to(DrillTime::from_secs(60)).await;
    assert!(seen.lock().is_empty(), "nothing fires before the start");
    clock.start();
    manual.advance_to(DrillTime::from_secs(20)).await;
    let at = |name, s| (name, DrillTime::from_secs(s));
    let told: Vec<_> = seen.lock().iter().map(|(name, due, ..)| (*name, *due)).collect();
    assert_eq!(told, [at("a", 10), at("a2", 10), at("b", 20)]);
    manual.advance(Span::from_secs(100)).await;
    assert_eq!(seen.lock().len(), 4);
    for (_, due, now, late_us) in seen.lock().iter() {
        assert_eq!((now.since(*due).as_us() / 60, *late_us), (0, 0));
    }
    assert_eq!(clock.armed_timers(), 0);
}

#[tokio::test]
async fn interval_stamps_due_times_and_skips_only_on_request() {
    let (clock, manual) = by_hand(100.0);
    clock.start();
    let mut ticks = clock.interval(DrillTime::from_secs(5), Span::from_secs(10));
    manual.advance_to(DrillTime::from_secs(26)).await;
    for due in [5, 15, 25] {
        let fired = ticks.tick().await;
        assert_eq!(fired.due, DrillTime::from_secs(due));
        assert_eq!(
            fired.late_us,
            (26 - due as u64) * 10_000,
            "wall time since it was due"
        );
    }
    assert_eq!(ticks.skip_before(DrillTime::from_secs(35)), 0);
    assert_eq!(ticks.skip_before(DrillTime::from_secs(36)), 1);
    assert_eq!(ticks.skip_before(DrillTime::from_secs(65)), 2);
    assert_eq!(ticks.next_due(), DrillTime::from_secs(65));
    assert_eq!(
        clock.rate(),
        100.0,
        "an owner that was busy elsewhere is no sign of a slow machine"
    );
}

#[tokio::test]
async fn a_tick_whose_future_is_dropped_is_not_lost() {
    let (clock, manual) = by_hand(1.0);
    clock.start();
    let mut ticks = clock.interval(DrillTime::from_secs(1), Span::from_secs(1));
    let dropped = clock.timeout(Span::from_millis(500), ticks.tick());
    let (result, ()) = tokio::join!(dropped, manual.advance(Span::from_millis(600)));
    assert!(result.is_err());
    let (fired, ()) = tokio::join!(ticks.tick(), manual.advance(Span::from_secs(1)));
    assert_eq!(fired.due, DrillTime::from_secs(1));
    assert_eq!(clock.armed_timers(), 0);
}

#[tokio::test]
async fn a_timeout_says_when_it_was_due() {
    let (clock, manual) = by_hand(10.0);
    clock.start();
    let never = clock.timeout(Span::from_secs(3), std::future::pending::<()>());
    let soon = clock.timeout(Span::from_secs(3), clock.sleep(Span::from_secs(2)));
    let (never, soon, ()) = tokio::join!(never, soon, manual.advance(Span::from_secs(4)));
    assert_eq!(never.unwrap_err().due, DrillTime::from_secs(3));
    assert_eq!(soon.unwrap().due, DrillTime::from_secs(2));
    assert_eq!(clock.armed_timers(), 0);
}

#[tokio::test]
async fn completion_after_the_timeout_is_late_whenever_polled() {
    let (clock, manual) = by_hand(10.0);
    clock.start();
    let late = clock.timeout(Span::from_secs(3), clock.sleep(Span::from_secs(4)));
    // Both timers fire before anything looks at them.
    let (late, ()) = tokio::join!(late, async { manual.jump_ns(1_000_000_000) });
    let Elapsed { due, late } = late.unwrap_err();
    assert_eq!(
        (due, late.unwrap().due),
        (DrillTime::from_secs(3), DrillTime::from_secs(4))
    );
}

#[tokio::test]
async fn dropped_timers_leave_nothing_behind() {
    let (clock, _hand) = by_hand(10.0);
    clock.start();
    for _ in 0..1000 {
        let sleep = clock.sleep(Span::from_secs(1));
        let done = tokio::select! { biased; _ = sleep => true, () = std::future::ready(()) => false };
        assert!(!done);
    }
    assert_eq!(clock.armed_timers(), 0);
}

#[tokio::test]
async fn a_late_timer_lowers_the_rate_and_is_accounted_for() {
    let (clock, manual) = by_hand(120.0);
    clock.start();
    let mut sleep = std::pin::pin!(clock.sleep(Span::from_secs(12)));
    assert!(tokio::select! { biased; _ = &mut sleep => false, () = std::future::ready(()) => true });
    manual.jump_ns(150_000_000); // It was due after 100 ms.
    let fired = sleep.await;
    assert_eq!(fired.late_us, 50_000);
    assert_eq!(clock.rate(), 60.0);
    manual.advance(Span::from_secs(200)).await;
    assert_eq!(clock.rate(), 120.0);
    let accounts = clock.accounts();
    assert!((accounts.lag_ms_max - 50.0).abs() < 0.1, "{accounts:?}");
    assert_eq!(accounts.lag_drill_p99.as_us() / 10_000, 600, "50 ms at rate 120");
    let rates: Vec<f64> = accounts.rates.iter().map(|share| share.rate).collect();
    assert_eq!(rates, [60.0, 75.0, 90.0, 105.0, 120.0]);
}

#[tokio::test]
async fn timers_before_drill_0_are_not_late() {
    let (clock, manual) = by_hand(120.0);
    let first = tokio::spawn(clock.sleep_until(DrillTime::ZERO));
    manual.advance(Span::from_secs(1)).await;
    manual.jump_ns(5_000_000_000);
    assert!(!first.is_finished(), "nothing fires before the start");
    clock.start();
    manual.advance_to(DrillTime::ZERO).await;
    assert_eq!(first.await.unwrap().late_us, 0);
    assert_eq!(clock.rate(), 120.0);
    manual.advance_to(DrillTime::from_secs(-5)).await;
    assert_eq!(
        clock.now(),
        DrillTime::ZERO,
        "the manual clock does not move back"
    );
}

#[tokio::test]
async fn guards_and_limits_end_when_dropped() {
    let (clock, manual) = by_hand(120.0);
    clock.start();
    let meter = clock.meter();
    {
        let _other = clock.hold("another step");
        let _hold = meter.hold("put");
        assert_eq!(clock.rate(), 1.0);
        manual.advance(Span::from_millis(40)).await;
    }
    assert_eq!(clock.rate(), 120.0);
    let probe = meter.hold_at_most("probe", Duration::from_millis(250));
    manual.advance(Span::from_secs(60)).await;
    assert_eq!(clock.rate(), 120.0, "given up while it is still there");
    assert_eq!(probe.release().span(), Span::from_millis(250));
    assert_eq!(meter.measured(), Span::from_millis(290));
    let limit = clock.limit_rate(10.0, "storm");
    assert_eq!(clock.rate(), 10.0);
    limit.set(20.0);
    assert_eq!(clock.rate(), 20.0);
    drop(limit);
    assert_eq!(clock.rate(), 120.0);
}

#[tokio::test]
async fn every_change_of_rate_reaches_the_listener_once_and_in_order() {
    let (clock, manual) = by_hand(120.0);
    clock.start();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (reader, sink) = (clock.clone(), Arc::clone(&seen));
    clock.on_rate_change(move |changes| {
        assert!(reader.phase() != Phase::Frozen, "a listener may read the clock");
        sink.lock().extend(changes);
    });
    for n in 0..100 {
        let hold = clock.hold(&format!("call {n}"));
        manual.advance(Span::from_millis(10)).await;
        drop(hold);
        manual.advance(Span::from_secs(1)).await;
    }
    clock.stop();
    let seen = seen.lock();
    assert_eq!(seen.len(), 202);
    assert!(seen.windows(2).all(|c| c[0].drill <= c[1].drill));
    assert_eq!(seen[201].reason.to_string(), "stopped");
    // What passed of the drill is what the changes say: an independent sum over the reported lines.
    let sum: f64 = seen
        .windows(2)
        .map(|c| c[0].rate * (c[1].wall_us - c[0].wall_us) as f64)
        .sum();
    assert!(
        (sum - clock.now().as_us() as f64).abs() < 202.0 * 120.0,
        "{sum} {}",
        clock.now()
    );
}

#[tokio::test]
async fn after_the_stop_nothing_new_fires() {
    let (clock, manual) = by_hand(10.0);
    clock.start();
    manual.advance(Span::from_secs(1)).await;
    let later = tokio::spawn(clock.sleep(Span::from_secs(1)));
    clock.stop();
    manual.jump_ns(10_000_000_000);
    manual.advance(Span::from_secs(5)).await;
    assert!(!later.is_finished());
    assert_eq!(clock.now(), DrillTime::from_secs(1));
    assert_eq!(
        clock.sleep_until(DrillTime::from_secs(1)).await.due,
        DrillTime::from_secs(1)
    );
    later.abort();
}

#[tokio::test]
async fn coalesced_timers_fire_together_and_within_their_slack() {
    let (clock, manual) = by_hand(100.0);
    clock.coalesce(Span::from_secs(2));
    clock.start();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for due in [10_000, 10_100, 10_400, 10_600, 60_000] {
        let (clock, seen) = (clock.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            let due = DrillTime::from_us(due * 1000);
            let fired = clock.coalesced_sleep_until(due).await;
            seen.lock()
                .push((fired.due.as_us() / 1000, clock.now().as_us() / 1000));
        });
    }
    manual.advance(Span::from_secs(30)).await;
    // 5 ms of wall time are 500 ms of drill time.
    let together = [
        (10_000, 10_500),
        (10_100, 10_500),
        (10_400, 10_500),
        (10_600, 11_100),
    ];
    assert_eq!(*seen.lock(), together);
    let accounts = clock.accounts();
    assert_eq!(accounts.lag_drill_p99, Span::ZERO, "precise timers were on time");
    assert_eq!(accounts.fleet_lag_drill_p99.as_us() / 1000, 500);
    assert_eq!(
        clock.rate(),
        100.0,
        "what waited for others is no sign of a slow machine"
    );
}

#[tokio::test]
async fn a_precise_timer_takes_coalesced_ones_along_and_none_waits_longer_than_the_slack() {
    let (clock, manual) = by_hand(1.0);
    clock.coalesce(Span::from_millis(3));
    clock.start();
    let at = |ms: i64| DrillTime::from_us(ms * 1000);
    let sleep = |due: DrillTime| {
        let clock = clock.clone();
        tokio::spawn(async move {
            clock.coalesced_sleep_until(due).await;
            clock.now()
        })
    };
    let (along, alone) = (sleep(at(100)), sleep(at(200)));
    let precise = tokio::spawn(clock.sleep_until(at(102)));
    manual.advance_to(at(300)).await;
    assert_eq!(along.await.unwrap(), at(102));
    assert_eq!(alone.await.unwrap(), at(203));
    precise.await.unwrap();
}
