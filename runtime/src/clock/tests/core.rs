//! The pure core: every wall instant is given.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use drill::units::{DrillTime, Span};
use proptest::prelude::*;

use super::super::queue::{Precision, TimerId, TimerQueue, TimerState};
use super::super::reason::{RateChange, Reason};
use super::super::state::{ClockState, Phase};
use super::super::timeline::{History, Rate, Segment};
use crate::wall::Mono;

fn ms(ms: u64) -> Mono {
    Mono::from_ns(ms * 1_000_000)
}

fn drill_ms(ms: i64) -> DrillTime {
    DrillTime::from_us(ms * 1000)
}

fn running(speed: f64) -> ClockState {
    let mut state = ClockState::new(Rate::from_f64(speed), ms(0));
    state.start(ms(0), 1_700_000_000_000_000);
    state
}

fn granted(speed: f64) -> ClockState {
    let mut state = ClockState::new(Rate::from_f64(speed), ms(0)).granted();
    state.start(ms(0), 0);
    state
}

fn rate(state: &ClockState) -> f64 {
    state.segment().rate.as_f64()
}

fn now(state: &ClockState, wall: Mono) -> DrillTime {
    state.segment().drill_at(wall)
}

fn spent(state: &ClockState, wall: Mono) -> Vec<(f64, f64)> {
    state
        .spent(wall)
        .into_iter()
        .map(|share| (share.rate, share.wall_s))
        .collect()
}

#[test]
fn frozen_until_started_and_after_the_stop() {
    let mut state = ClockState::new(Rate::from_f64(120.0), ms(0));
    assert_eq!((rate(&state), now(&state, ms(5000))), (0.0, DrillTime::ZERO));
    let limit = state.add_limit(ms(10), Rate::from_f64(5.0), "storm".into());
    assert_eq!(rate(&state), 0.0, "a limit does not thaw the clock");
    state.remove_limit(ms(11), limit);
    state.start(ms(6000), 77);
    assert_eq!(state.calendar_us(), 77);
    assert_eq!(now(&state, ms(6000)), DrillTime::ZERO);
    assert_eq!(now(&state, ms(7000)), DrillTime::from_secs(120));
    state.stop(ms(7000));
    assert_eq!((state.phase(), rate(&state)), (Phase::Stopped, 0.0));
    assert_eq!(now(&state, ms(9000)), DrillTime::from_secs(120));
    state.start(ms(9000), 99);
    assert_eq!((state.phase(), state.calendar_us()), (Phase::Stopped, 77));
    assert_eq!(spent(&state, ms(9999)), [(120.0, 1.0)]);
}

#[test]
fn guards_hold_the_rate_and_measure_themselves() {
    let mut state = running(100.0);
    let first = state.hold(ms(1000), "put".into(), None, None);
    assert_eq!(rate(&state), 1.0);
    let second = state.hold(ms(1200), "get".into(), None, None);
    assert_eq!(state.release(ms(1500), first).span(), Span::from_millis(500));
    assert_eq!(rate(&state), 1.0, "the second guard is still held");
    assert_eq!(state.held(ms(1600), second).span(), Span::from_millis(400));
    let held = state.release(ms(2000), second);
    assert_eq!(held.from, DrillTime::from_us(100_200_000));
    assert_eq!(held.span(), Span::from_millis(800));
    assert_eq!(rate(&state), 100.0);
    let changes = state.take_changes();
    let told: Vec<(i64, String, f64)> = changes
        .iter()
        .map(|c| (c.drill.as_us(), c.reason.to_string(), c.rate))
        .collect();
    assert_eq!(
        told,
        [
            (0, "started".to_owned(), 100.0),
            (100_000_000, "held: put".to_owned(), 1.0),
            (101_000_000, "released: get".to_owned(), 100.0),
        ]
    );
    assert_eq!(changes[2].wall_us, 1_700_000_002_000_000);
    assert_eq!(spent(&state, ms(3000)), [(1.0, 1.0), (100.0, 2.0)]);
}

#[test]
fn work_is_the_union_of_its_own_guards() {
    let mut state = running(60.0);
    let meter = state.new_meter();
    let other = state.hold(ms(0), "another step".into(), None, None);
    let a = state.hold(ms(100), "a".into(), Some(meter), None);
    let b = state.hold(ms(200), "b".into(), Some(meter), None);
    state.release(ms(300), a);
    assert_eq!(state.measured(ms(350), meter), Span::from_millis(250));
    state.release(ms(400), b);
    let c = state.hold(ms(700), "c".into(), Some(meter), None);
    state.release(ms(750), c);
    assert_eq!(state.measured(ms(900), meter), Span::from_millis(350));
    state.release(ms(1000), other);
    state.drop_meter(meter);
}

#[test]
fn a_probes_guard_gives_itself_up() {
    let mut state = running(120.0);
    let meter = state.new_meter();
    let limit = Some(Duration::from_millis(250));
    let probe = state.hold(ms(1000), "probe".into(), Some(meter), limit);
    assert_eq!(state.next_tick(), Some(ms(1250)));
    state.tick(ms(1249));
    assert_eq!(rate(&state), 1.0);
    state.tick(ms(1250));
    assert_eq!((rate(&state), state.next_tick()), (120.0, None));
    assert_eq!(state.held(ms(5000), probe).span(), Span::from_millis(250));
    assert_eq!(state.release(ms(6000), probe).span(), Span::from_millis(250));
    assert_eq!(state.measured(ms(6000), meter), Span::from_millis(250));
    let reasons: Vec<Reason> = state.take_changes().into_iter().map(|c| c.reason).collect();
    assert_eq!(
        reasons,
        [
            Reason::Started,
            Reason::Held("probe".into()),
            Reason::GaveUp("probe".into())
        ]
    );
}

#[test]
fn lowest_limit_counts() {
    let mut state = running(120.0);
    let storm = state.add_limit(ms(10), Rate::from_f64(8.0), "storm".into());
    let probes = state.add_limit(ms(20), Rate::from_f64(40.0), "probes".into());
    assert_eq!(rate(&state), 8.0);
    state.set_limit(ms(30), storm, Rate::from_f64(64.0));
    assert_eq!(rate(&state), 40.0);
    state.remove_limit(ms(40), probes);
    assert_eq!(rate(&state), 64.0);
    state.set_limit(ms(50), storm, Rate::from_f64(0.5));
    let guard = state.hold(ms(60), "work".into(), None, None);
    assert_eq!(rate(&state), 0.5, "a guard does not raise the rate to 1");
    state.release(ms(70), guard);
    state.remove_limit(ms(80), storm);
    assert_eq!(rate(&state), 120.0);
}

#[test]
fn lateness_halves_the_rate_which_recovers_over_a_second() {
    let mut state = running(120.0);
    let late = Duration::from_millis(11);
    assert!(!state.is_too_late(ms(100), Duration::from_millis(10)));
    assert!(state.is_too_late(ms(100), late));
    state.back_off(ms(111), late);
    assert_eq!(rate(&state), 60.0);
    assert!(
        !state.is_too_late(ms(105), late),
        "due before the halving: no new evidence"
    );
    let mut seen = Vec::new();
    while let Some(next) = state.next_tick() {
        state.tick(next);
        seen.push((next.since(ms(111)).as_millis(), rate(&state)));
    }
    assert_eq!(seen, [(250, 75.0), (500, 90.0), (750, 105.0), (1000, 120.0)]);
    state.back_off(ms(4000), late);
    state.tick(ms(4250));
    state.back_off(ms(4300), late);
    assert_eq!(rate(&state), 37.5, "half of the 75 to which it had recovered");
    for n in 0..20 {
        state.back_off(ms(5000 + n), late);
    }
    assert_eq!(rate(&state), 1.0, "never below 1");
    assert!(
        !state.is_too_late(ms(6000), late),
        "at rate 1 there is nothing to lower"
    );
    state.tick(ms(7000));
    assert_eq!(rate(&state), 120.0, "all steps that are due are taken at once");
}

/// What a machine that stands still does to a drill: time goes on at rate 1.
#[test]
fn rate_without_renewal_lapses() {
    let mut state = granted(720.0);
    assert_eq!(state.next_tick(), Some(ms(25)));
    state.tick(ms(25));
    assert_eq!(state.next_tick(), Some(ms(50)), "renewed at 25 ms for 50 ms");
    assert_eq!(now(&state, ms(75)), drill_ms(54_000));
    // For two seconds the rate is not renewed.
    assert_eq!(now(&state, ms(1075)), drill_ms(55_000));
    assert_eq!(spent(&state, ms(1075)), [(1.0, 1.0), (720.0, 0.075)]);
    state.tick(ms(2075));
    assert_eq!(now(&state, ms(2075)), drill_ms(56_000));
    assert_eq!(now(&state, ms(2085)), drill_ms(63_200));
    assert_eq!(spent(&state, ms(2085)), [(1.0, 2.0), (720.0, 0.085)]);
    let told = |state: &mut ClockState| -> Vec<(i64, f64, Reason)> {
        let changes = state.take_changes().into_iter();
        changes
            .map(|change| (change.drill.as_us() / 1000, change.rate, change.reason))
            .collect()
    };
    let resumed = Reason::Resumed(Duration::from_secs(2));
    assert_eq!(
        told(&mut state),
        [
            (0, 720.0, Reason::Started),
            (54_000, 1.0, Reason::Stalled),
            (56_000, 720.0, resumed)
        ]
    );
    // Work that begins in such a moment is measured from then on, and the rate comes back after it.
    let guard = state.hold(ms(3135), "put".into(), None, None);
    assert_eq!(state.release(ms(3235), guard).span(), Span::from_millis(100));
    assert_eq!((rate(&state), state.next_tick()), (720.0, Some(ms(3260))));
    let reasons: Vec<Reason> = told(&mut state)
        .into_iter()
        .map(|(_, _, reason)| reason)
        .collect();
    assert_eq!(reasons, [Reason::Stalled, Reason::Released("put".into())]);
}

/// A grant that is renewed is the same segment; a timer is not put off because the grant ends before it is due.
#[test]
fn timers_reckon_with_grants_to_come() {
    let mut state = granted(100.0);
    let mut history = History::new(state.segment());
    let due = DrillTime::from_secs(10);
    assert_eq!(history.wake_at(due, ms(0)), Some(ms(100)));
    assert_eq!(history.wall_at(due), Some(ms(5050)), "as it is granted by now");
    state.tick(ms(50));
    history.push(state.segment());
    assert_eq!(history.wall_at(due), Some(ms(100)));
    // The rate was not renewed: the timer is due when time at rate 1 reaches it, or at the next renewal.
    state.tick(ms(75));
    history.push(state.segment());
    let due = DrillTime::from_secs(20);
    assert_eq!(history.wake_at(due, ms(150)), Some(ms(200)));
    assert_eq!(history.wake_at(due, ms(250)), Some(ms(7625)));
    state.tick(ms(1125));
    history.push(state.segment());
    assert_eq!(now(&state, ms(1125)), drill_ms(13_500));
    assert_eq!(history.wake_at(due, ms(1125)), Some(ms(1190)));
    assert_eq!(history.wall_at(drill_ms(13_000)), Some(ms(625)), "in the stall");
}

#[test]
fn rates_up_to_that_of_the_wall_need_no_grant() {
    let mut state = granted(120.0);
    state.hold(ms(10), "work".into(), None, None);
    assert_eq!(state.next_tick(), None);
    assert_eq!(now(&state, ms(5010)), drill_ms(6200));
    assert_eq!(granted(0.5).next_tick(), None);
}

#[test]
fn lateness_is_ignored_while_a_guard_is_held_or_the_clock_is_stopped() {
    let late = Duration::from_secs(1);
    let mut state = ClockState::new(Rate::from_f64(120.0), ms(0));
    assert!(!state.is_too_late(ms(1), late));
    state.start(ms(0), 0);
    let _guard = state.hold(ms(10), "work".into(), None, None);
    assert!(!state.is_too_late(ms(20), late));
}

#[test]
fn a_past_instant_is_found_in_the_segment_in_which_it_was() {
    let mut state = running(100.0);
    let mut history = History::new(state.segment());
    let guard = state.hold(ms(1000), "work".into(), None, None);
    history.push(state.segment());
    state.release(ms(2000), guard);
    history.push(state.segment());
    let at = |us| history.wall_at(DrillTime::from_us(us));
    assert_eq!(at(-5), Some(ms(0)));
    assert_eq!(at(50_000_000), Some(ms(500)));
    assert_eq!(at(100_000_000), Some(ms(1000)));
    assert_eq!(at(100_500_000), Some(ms(1500)));
    assert_eq!(at(101_000_000), Some(ms(2000)));
    assert_eq!(at(201_000_000), Some(ms(3000)));
    state.stop(ms(3000));
    history.push(state.segment());
    assert_eq!(history.wall_at(DrillTime::from_us(201_000_001)), None);
    assert_eq!(history.wall_at(DrillTime::from_us(201_000_000)), Some(ms(3000)));
}

#[derive(Clone, Debug)]
enum Input {
    Hold(Option<u64>),
    Release(usize),
    ClockLimit(u32),
    Lift(usize),
    Late,
    Tick,
}

fn inputs() -> impl Strategy<Value = Vec<(u64, Input)>> {
    let input = prop_oneof![
        prop::option::of(1u64..400_000_000).prop_map(Input::Hold),
        (0usize..8).prop_map(Input::Release),
        (1u32..200_000_000).prop_map(Input::ClockLimit),
        (0usize..8).prop_map(Input::Lift),
        Just(Input::Late),
        Just(Input::Tick),
    ];
    prop::collection::vec((0u64..500_000_000, input), 1..60)
}

/// Plays inputs at increasing wall instants, with a look at the state after each.
fn play(
    mut state: ClockState,
    inputs: &[(u64, Input)],
    mut look: impl FnMut(&mut ClockState, Mono),
) -> (ClockState, Mono) {
    let (mut guards, mut rate_limits, mut wall_ns) = (Vec::new(), Vec::new(), 0);
    for (pause, input) in inputs {
        wall_ns += pause;
        let now = Mono::from_ns(wall_ns);
        match input {
            Input::Hold(limit) => {
                guards.push(state.hold(now, "g".into(), None, limit.map(Duration::from_nanos)));
            }
            Input::Release(n) if *n < guards.len() => {
                state.release(now, guards.swap_remove(*n));
            }
            Input::ClockLimit(millionths) => {
                let rate = Rate::from_millionths(u64::from(*millionths));
                rate_limits.push(state.add_limit(now, rate, Arc::from("c")));
            }
            Input::Lift(n) if *n < rate_limits.len() => state.remove_limit(now, rate_limits.swap_remove(*n)),
            Input::Late => state.back_off(now, Duration::from_millis(20)),
            Input::Tick => state.tick(now),
            Input::Release(_) | Input::Lift(_) => {}
        }
        look(&mut state, now);
    }
    (state, Mono::from_ns(wall_ns))
}

proptest! {
    #[test]
    fn drill_time_never_goes_back(inputs in inputs(), grants: bool) {
        let mut last = DrillTime::ZERO;
        play(if grants { granted(120.0) } else { running(120.0) }, &inputs, |state, now| {
            let drill = state.segment().drill_at(now);
            assert!(drill >= last, "{drill:?} after {last:?}");
            last = drill;
        });
    }

    #[test]
    fn drill_time_matches_the_time_spent_at_each_rate(inputs in inputs(), grants: bool) {
        let state = if grants { granted(120.0) } else { running(120.0) };
        play(state, &inputs, |state, now| {
            let spent: f64 = spent(state, now).iter().map(|(rate, wall_s)| rate * wall_s).sum();
            let passed = state.segment().drill_fs_at(now) as f64 / 1e15;
            assert!((spent - passed).abs() < 1e-6 * passed.max(1.0), "{spent} instead of {passed}");
        });
    }

    #[test]
    fn limits_account_for_all_drill_time(inputs in inputs(), grants: bool) {
        let state = if grants { granted(120.0) } else { running(120.0) };
        play(state, &inputs, |state, now| {
            let limits = state.limits(now);
            let rates: f64 = spent(state, now).iter().map(|(_, wall_s)| wall_s).sum();
            let wall: f64 = limits.iter().map(|share| share.wall_s).sum();
            assert!((wall - rates).abs() < 1e-6 * rates.max(1.0), "{wall} instead of {rates}");
            let drill: f64 = limits.iter().map(|share| share.drill_s).sum();
            let passed = state.segment().drill_fs_at(now) as f64 / 1e15;
            assert!((drill - passed).abs() < 1e-6 * passed.max(1.0), "{drill} instead of {passed}");
        });
    }

    #[test]
    fn drill_time_is_the_sum_of_rate_times_wall_time(inputs in inputs()) {
        // The pieces are taken from what is reported, so this also shows that no change goes unreported.
        let mut changes: Vec<RateChange> = Vec::new();
        let mut pieces: Vec<(Mono, Rate)> = vec![(ms(0), Rate::from_f64(120.0))];
        let (mut state, end) = play(running(120.0), &inputs, |state, now| {
            for change in state.take_changes() {
                pieces.push((now, Rate::from_f64(change.rate)));
                changes.push(change);
            }
        });
        pieces.push((end, Rate::ZERO));
        let sum: u128 = pieces
            .windows(2)
            .map(|p| u128::from(p[1].0.as_ns() - p[0].0.as_ns()) * u128::from(p[0].1.millionths()))
            .sum();
        prop_assert_eq!(state.segment().drill_fs_at(end), sum as i128);
        prop_assert!(changes.windows(2).all(|c| c[0].drill <= c[1].drill && c[0].wall_us <= c[1].wall_us));
        state.stop(end);
        prop_assert_eq!(state.spent(end), state.spent(end.after(Duration::from_secs(9))));
    }

    #[test]
    fn no_timer_is_early_and_the_instant_before_is_too_early(
        rate in 1u64..200_000_000, start in 0u64..1 << 50, drill_fs in 0i64..i64::MAX, ahead in 1i64..1 << 44,
    ) {
        let segment = Segment {
            wall: Mono::from_ns(start),
            drill_fs: i128::from(drill_fs),
            rate: Rate::from_millionths(rate),
            until: Mono::MAX,
        };
        let due = segment.drill_at(segment.wall) + Span::from_us(ahead);
        let wall = segment.wall_at(due).unwrap();
        prop_assert!(segment.drill_at(wall) >= due);
        prop_assert!(segment.drill_at(Mono::from_ns(wall.as_ns() - 1)) < due);
    }

    #[test]
    fn timers_fire_in_order_of_due_time_then_sequence(
        dues in prop::collection::vec(0i64..50, 0..200), cancelled in prop::collection::vec(any::<bool>(), 200),
    ) {
        let mut queue = TimerQueue::default();
        let ids: Vec<TimerId> =
            dues.iter().map(|due| queue.arm(Precision::Precise, DrillTime::from_us(*due), Waker::noop().clone()).0).collect();
        let mut expected: Vec<(i64, usize)> = Vec::new();
        for (n, due) in dues.iter().enumerate() {
            if cancelled[n] {
                queue.cancel(ids[n]);
            } else {
                expected.push((*due, n));
            }
        }
        expected.sort_unstable();
        let mut fired = Vec::new();
        for now in 0..50 {
            prop_assert!(queue.next_due(Precision::Precise).is_none_or(|due| due.as_us() >= now));
            while queue.fire(DrillTime::from_us(now), |due| Mono::from_ns(due.as_us() as u64)).is_some() {
                // The one that fired is the only one that says so; its due instant comes back with it.
                let n = expected[fired.len()].1;
                match queue.poll(ids[n], Waker::noop()) {
                    TimerState::Fired(wall) => fired.push((wall.as_ns() as i64, n)),
                    TimerState::Waiting(_) => prop_assert!(false, "timer {} should have fired", n),
                }
            }
        }
        prop_assert_eq!(fired, expected);
        prop_assert_eq!(queue.len(), 0);
    }
}

#[test]
fn a_million_timers_leave_nothing_behind() {
    let mut queue = TimerQueue::default();
    let ids: Vec<TimerId> = (0..1_000_000i64)
        .map(|n| {
            queue
                .arm(
                    [Precision::Precise, Precision::Coalesced][n as usize / 2 % 2],
                    DrillTime::from_us(n * 7919 % 1_000_003),
                    Waker::noop().clone(),
                )
                .0
        })
        .collect();
    assert_eq!(queue.len(), 1_000_000);
    for id in ids.iter().step_by(2) {
        queue.cancel(*id);
    }
    let mut fired = 0;
    while queue.fire(DrillTime::MAX, |_| ms(1)).is_some() {
        fired += 1;
    }
    assert_eq!(fired, 500_000);
    for id in ids.iter().skip(1).step_by(2) {
        assert!(matches!(queue.poll(*id, Waker::noop()), TimerState::Fired(_)));
    }
    assert_eq!(queue.len(), 0);
}

#[test]
fn the_rate_is_named_after_what_limits_it() {
    let mut state = running(100.0);
    assert_eq!(state.limit().to_string(), "the highest speed");
    let limit = state.add_limit(ms(1000), Rate::from_f64(50.0), "messages of the fleet".into());
    let guard = state.hold(ms(2000), "probe a".into(), None, None);
    assert_eq!(state.limit().to_string(), "work of probe a");
    state.release(ms(3000), guard);
    state.replace_limit(
        ms(5000),
        limit,
        Rate::from_f64(50.0),
        "connects of the fleet".into(),
    );
    state.remove_limit(ms(6000), limit);
    let limits = state.limits(ms(6500));
    let told: Vec<(&str, f64, f64)> = limits
        .iter()
        .map(|share| (share.limit.as_str(), share.wall_s, share.drill_s))
        .collect();
    assert_eq!(
        told,
        [
            ("messages of the fleet", 3.0, 150.0),
            ("the highest speed", 1.5, 150.0),
            ("work of probe a", 1.0, 1.0),
            ("connects of the fleet", 1.0, 50.0),
        ]
    );
}

#[test]
fn an_accurate_clock_is_as_fast_as_late_timers_allow() {
    let mut state = ClockState::new(Rate::from_f64(3600.0), ms(0))
        .within(Span::from_secs(9))
        .granted();
    state.start(ms(0), 0);
    assert_eq!(rate(&state), 3600.0, "nothing was late");
    assert!(
        state.next_tick().is_some_and(|at| at <= ms(2)),
        "granted for moments"
    );
    assert!(
        state.is_too_late(ms(1), Duration::from_millis(3)),
        "3 ms are 10.8 s"
    );
    let mut moved = false;
    for _ in 0..40 {
        moved |= state.was_late(Duration::from_millis(10));
    }
    assert!(moved);
    state.keep_accuracy(ms(1));
    assert!((480.0..690.0).contains(&rate(&state)), "{}", rate(&state));
    assert_eq!(state.limit().to_string(), "how late timers are on this machine");
    assert!(!state.is_too_late(ms(2), Duration::from_millis(10)));
}
