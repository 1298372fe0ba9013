//! Whether the rounds of a probe follow a fault: pure, so that it is known that these checks can fail.

use drill::journal::Health;
use drill::units::{DrillTime, Span};
use test_harness::trial;

use super::ProbedService;

/// One round of a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    pub(super) began: DrillTime,
    /// When its result is dated.
    pub(super) at: DrillTime,
    pub(super) health: Health,
}

/// When a fault is to be seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) injected: DrillTime,
    /// When it is over, or its repair begins.
    pub(super) over: DrillTime,
    /// When it is over, or repaired.
    pub(super) back: DrillTime,
    /// When the next fault is injected, or the drill ends.
    pub(super) until: DrillTime,
}

/// The results of the rounds that lie within an interval; those that our own lateness explains are none.
fn within(rounds: &[Round], from: DrillTime, to: DrillTime) -> Vec<Health> {
    let inside = rounds
        .iter()
        .filter(|round| round.began >= from && round.at <= to);
    inside
        .map(|round| round.health)
        .filter(|health| *health != Health::Unknown)
        .collect()
}

/// For how long everything is green before the first fault, as these drills' steady state wants.
const HELD: Span = Span::from_mins(1);

/// Nothing was red before the first fault.
pub(super) fn green_before(rounds: &[Round], injected: DrillTime) -> Result<(), String> {
    green(&within(rounds, injected - HELD, injected))
}

/// A fault that is about something else leaves it green.
pub(super) fn green_throughout(rounds: &[Round], window: &Window) -> Result<(), String> {
    green(&within(rounds, window.injected, window.until))
}

fn green(found: &[Health]) -> Result<(), String> {
    if found.iter().all(|health| *health == Health::Green) && found.len() >= 2 {
        Ok(())
    } else {
        Err(format!("should be green: {}", shown(found)))
    }
}

/// A fault turns it red after the first full cycle (every round and at least two, which make a state, or some), and
/// its end turns it green for good.
pub(super) fn red_then_green(
    rounds: &[Round],
    window: &Window,
    asked: &ProbedService,
    every_round: bool,
) -> Result<(), String> {
    let under = within(rounds, window.injected + asked.every, window.over);
    let red = under.iter().filter(|health| **health == Health::Red).count();
    if red == 0 || (every_round && (red < under.len() || red < 2)) {
        return Err(format!("should be red: {}", shown(&under)));
    }
    let after = within(rounds, window.back + asked.back_within, window.until);
    green(&after).map_err(|why| format!("after it {why}"))
}

fn shown(found: &[Health]) -> String {
    let letter = |health: &Health| match health {
        Health::Green => 'g',
        Health::Red => 'R',
        Health::Unknown => '?',
    };
    found.iter().map(letter).collect()
}

/// Rounds every ten seconds, as `gRR?g`, of which each takes a second.
#[cfg(test)]
fn every_ten_seconds(results: &str) -> Vec<Round> {
    let health = |letter| match letter {
        'g' => Health::Green,
        'R' => Health::Red,
        _ => Health::Unknown,
    };
    let round = |(nth, letter): (usize, char)| Round {
        began: DrillTime::from_secs(10 * nth as i64),
        at: DrillTime::from_secs(10 * nth as i64 + 1),
        health: health(letter),
    };
    results.chars().enumerate().map(round).collect()
}

trial!(the_judge_of_rounds_can_fail);
/// Injected at 25, over at 58, until 105: rounds 4 and 5 are under it, those from 7 on well after it.
fn the_judge_of_rounds_can_fail() {
    let window = Window {
        injected: DrillTime::from_secs(25),
        over: DrillTime::from_secs(58),
        back: DrillTime::from_secs(58),
        until: DrillTime::from_secs(105),
    };
    let follows = |results: &str, every_round| {
        let rounds = every_ten_seconds(results);
        let asked = ProbedService {
            name: "p",
            every: Span::from_secs(10),
            back_within: Span::from_secs(10),
        };
        red_then_green(&rounds, &window, &asked, every_round).is_ok()
    };
    // The round in which the fault was injected and those that waited for its end may be either.
    for fine in ["gggRRRRggg", "ggggRRgggg", "gggRRR?ggg", "gggRRRRg.g"] {
        assert!(follows(fine, true), "{fine}");
    }
    for wrong in [
        "gggggggggg",
        "gggRggRggg",
        "gggRR?Rggg",
        "gggRRRRRRR",
        "gggRRRRgRg",
        "gggRRRR???",
        "ggg????ggg",
    ] {
        assert!(!follows(wrong, true), "{wrong}");
    }
    assert!(!follows("gggRgRgggg", true) && follows("gggRgRgggg", false));
    assert!(!follows("gggggggggg", false));

    let green = |results: &str| green_throughout(&every_ten_seconds(results), &window).is_ok();
    assert!(green("gggggggggg") && green("RRRggg?ggg"));
    assert!(!green("ggggRggggg") && !green("gggggggggR") && !green("ggg???????"));
    let before = |results: &str| green_before(&every_ten_seconds(results), window.injected).is_ok();
    assert!(before("gggRR") && !before("Rggg") && !before("??gg") && !before(""));
}
