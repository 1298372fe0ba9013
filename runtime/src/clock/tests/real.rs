//! Short runs of the real thread. Nothing is asserted about how fast this machine is: only that what
//! happens is not early, is in order, and does happen.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use drill::units::{DrillTime, Span};
use std::os::fd::AsRawFd;

use crate::clock::{Clock, Phase};

#[tokio::test]
async fn no_timer_is_early_while_the_rate_changes() {
    let clock = Clock::new(500.0).unwrap();
    let waiting: Vec<_> = (0..200)
        .map(|n| {
            let clock = clock.clone();
            tokio::spawn(async move {
                let fired = clock.sleep_until(DrillTime::from_us(n * 100_000)).await;
                (fired, clock.now())
            })
        })
        .collect();
    clock.start();
    for n in 0..40 {
        let _hold = clock.hold("work");
        clock.sleep(Span::from_us(100)).await;
        let _ceiling = clock.limit_rate(f64::from(n) * 10.0 + 1.0, "storm");
        clock.sleep(Span::from_us(100)).await;
    }
    for (n, task) in waiting.into_iter().enumerate() {
        let (fired, now) = task.await.unwrap();
        assert_eq!(fired.due, DrillTime::from_us(n as i64 * 100_000));
        assert!(now >= fired.due, "{now:?} is before {:?}", fired.due);
    }
    assert_eq!(clock.armed_timers(), 0);
}

#[test]
fn time_never_goes_back_under_readers_and_changes() {
    let clock = Clock::new(1000.0).unwrap();
    clock.start();
    let end = DrillTime::from_secs(60);
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let clock = clock.clone();
            std::thread::spawn(move || {
                let mut last = clock.now();
                while last < end {
                    let now = clock.now();
                    assert!(now >= last, "{now:?} after {last:?}");
                    last = now;
                }
            })
        })
        .collect();
    while clock.now() < end {
        drop(clock.hold("work"));
    }
    for reader in readers {
        reader.join().unwrap();
    }
}

#[test]
fn a_follower_shows_the_same_time_and_notices_changes_of_rate() {
    let clock = Clock::new(200.0).unwrap();
    let path = PathBuf::from(format!("/proc/self/fd/{}", clock.page_fd().as_raw_fd()));
    let follower = Clock::attach(&path).unwrap();
    assert_eq!(
        (follower.phase(), follower.now()),
        (Phase::Frozen, DrillTime::ZERO)
    );
    // At this rate the timer would take more than five hours: it can only fire if the change is noticed.
    let limit = clock.limit_rate(0.001, "slow");
    let (told, fired) = mpsc::channel();
    let sleep = follower.sleep_until(DrillTime::from_secs(20));
    let waiter = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        told.send(runtime.block_on(sleep)).unwrap();
    });
    clock.start();
    let (low, seen, high) = (clock.now(), follower.now(), clock.now());
    assert!(low <= seen && seen <= high);
    assert!(fired.try_recv().is_err());
    limit.set(1e6);
    drop(limit);
    let fired = fired.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(fired.due, DrillTime::from_secs(20));
    assert!(clock.now() >= fired.due);
    assert_eq!(
        follower.calendar_us_at(DrillTime::ZERO),
        clock.calendar_us_at(DrillTime::ZERO)
    );
    clock.stop();
    assert_eq!(follower.now(), clock.now());
    waiter.join().unwrap();
}

/// Without its renewals the rate would be 1 after a moment, and either timer an hour and more away.
#[test]
fn a_rate_is_renewed_for_the_owner_and_for_followers() {
    let clock = Clock::new(10_000.0).unwrap();
    let path = format!("/proc/self/fd/{}", clock.page_fd().as_raw_fd());
    let follower = Clock::attach(path.as_ref()).unwrap();
    clock.start();
    let (told, fired) = mpsc::channel();
    let waiters = [&clock, &follower].map(|clock| {
        let (sleep, told) = (clock.sleep_until(DrillTime::from_secs(9000)), told.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            told.send(runtime.block_on(sleep)).unwrap();
        })
    });
    for _ in &waiters {
        fired.recv_timeout(Duration::from_secs(60)).unwrap();
    }
    for waiter in waiters {
        waiter.join().unwrap();
    }
}

#[test]
fn only_the_page_of_a_clock_is_attached_to() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Clock::attach(file.path()).unwrap_err();
    assert_eq!(error.to_string(), "this is not the page of a drill clock");
    for length in [64, 72, 80] {
        file.as_file().set_len(length).unwrap();
        assert!(Clock::attach(file.path()).is_err());
    }
}

#[test]
#[should_panic(expected = "only the process that made the clock decides its rate")]
fn a_follower_decides_nothing() {
    let clock = Clock::new(2.0).unwrap();
    let path = format!("/proc/self/fd/{}", clock.page_fd().as_raw_fd());
    let _hold = Clock::attach(path.as_ref()).unwrap().hold("work");
}
