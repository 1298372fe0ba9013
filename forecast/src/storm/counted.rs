//! Devices that are in the same state together: so many have waited `n` times, and their next attempts are spread over
//! these milliseconds.
//!
//! ```text
//!   class n: retry number n         attempts now ──► let in: the quota's tokens, of each class in proportion
//!   ┌───────────────────────┐                  └──► refused: spread evenly over the range of the next wait
//!   │ change of the rate at │ ◄── +q at now + low, −q at now + high + 1 ──────── in the class after it
//!   └───────────────────────┘
//! ```
//!
//! Where chance spreads `m` devices over `k` milliseconds, `m/k` come in each: the mean of what [`super::each`] draws, and
//! the closer to it the larger the fleet. Counts are whole numbers of 2⁻³⁰ of a device, so that none is lost and every
//! machine gives the same. Waits that depend on the wait before (decorrelated jitter) are put into classes of nearly equal
//! waits.

use super::outcome::StormOutcome;
use super::policy::{Range, Waits};
use super::record::Record;
use super::spec::{Begin, Storm};

/// Parts of a device: far more than there are milliseconds in a wait, so that what does not divide evenly is next to
/// nothing; and few enough for [`Storm::MOST`] devices in 63 bits.
const UNIT: u64 = 1 << 30;

/// Classes of the wait before, where waits depend on it: each a tenth longer than the one before.
const GROWTH: f64 = 1.1;

/// Where those who were refused wait next: the class, from when to when, and which share of them, in parts of [`WHOLE`].
#[derive(Clone, Copy, Debug)]
struct Route {
    class: usize,
    range: Range,
    share: u64,
}

/// All shares of a class together.
const WHOLE: u64 = 1 << 30;

/// Devices in one state.
struct Class {
    /// Of a refusal; none: they give up.
    routes: Vec<Route>,
    /// The change of the rate at each millisecond, around a ring.
    changes: Vec<i64>,
    /// How many attempt now.
    rate: i64,
}

/// The classes of a policy; the first is that of those who have not waited.
fn classes(waits: &Waits<'_>) -> Vec<Class> {
    let all = if waits.depends_on_previous() {
        by_previous(waits)
    } else {
        by_retry(waits)
    };
    let length = waits.cap as usize + 3;
    let class = |routes| Class {
        routes,
        changes: vec![0; length],
        rate: 0,
    };
    all.into_iter().map(class).collect()
}

/// Class `n` has waited `n` times.
fn by_retry(waits: &Waits<'_>) -> Vec<Vec<Route>> {
    let distinct = waits.distinct();
    let routes = (0..=distinct).map(|retry| {
        let range = waits.range(u32::try_from(retry).unwrap_or(u32::MAX), 0)?;
        Some(Route {
            class: (retry + 1).min(distinct),
            range: Range {
                low: range.low.min(waits.cap),
                high: range.high.min(waits.cap),
            },
            share: WHOLE,
        })
    });
    routes.map(|route| route.into_iter().collect()).collect()
}

/// Class 0 has not waited; the others by how long their last wait was. A policy whose waits depend on the last one and
/// that has a limit of retries is not known: its classes would be both.
fn by_previous(waits: &Waits<'_>) -> Vec<Vec<Route>> {
    let first = waits.range(0, 0).map_or(1, |range| range.low);
    let mut bounds = vec![f64::from(first)];
    while bounds[bounds.len() - 1] < f64::from(waits.cap) {
        bounds.push((bounds[bounds.len() - 1] * GROWTH).min(f64::from(waits.cap)));
    }
    // The bounds in whole milliseconds: class k has waits of edges[k - 1]..edges[k], the last those of the cap alone.
    let mut edges: Vec<u32> = bounds.iter().map(|bound| bound.round() as u32).collect();
    edges.dedup();
    edges.push(waits.cap + 1);
    edges.dedup();
    let middle = |k: usize| (edges[k - 1] + edges[k] - 1) / 2;
    let previous = std::iter::once(0).chain((1..edges.len()).map(middle));
    let routes = previous.map(|previous| {
        let Some(range) = waits.range(0, previous) else {
            return Vec::new();
        };
        let width = u64::from(range.high - range.low) + 1;
        let mut left = WHOLE;
        let mut routes = Vec::new();
        for k in 1..edges.len() {
            let is_last = k + 1 == edges.len();
            let low = range.low.max(edges[k - 1]);
            // What is drawn above the cap is the cap.
            let high = if is_last {
                range.high
            } else {
                range.high.min(edges[k] - 1)
            };
            if high < low {
                continue;
            }
            let share = (u64::from(high - low) + 1) * WHOLE / width;
            left -= share;
            routes.push(Route {
                class: k,
                range: Range {
                    low: low.min(waits.cap),
                    high: high.min(waits.cap),
                },
                share,
            });
        }
        if let Some(last) = routes.last_mut() {
            last.share += left;
        }
        routes
    });
    routes.collect()
}

impl Class {
    /// So many parts attempt in one of these milliseconds, none more likely than another.
    fn spread(&mut self, now: u64, range: Range, parts: u64) {
        let length = self.changes.len() as u64;
        let at = |ms: u32| ((now + u64::from(ms)) % length) as usize;
        let width = u64::from(range.high - range.low) + 1;
        let (each, rest) = ((parts / width) as i64, (parts % width) as i64);
        self.changes[at(range.low)] += each;
        self.changes[at(range.high)] += rest;
        self.changes[at(range.high + 1)] -= each + rest;
    }

    /// So many parts attempt at this millisecond. Call it for every millisecond, in order.
    fn due(&mut self, now: u64) -> u64 {
        let at = (now % self.changes.len() as u64) as usize;
        self.rate += std::mem::take(&mut self.changes[at]);
        self.rate.unsigned_abs()
    }
}

/// The token bucket of [`drill::firmware::Quota`], in parts.
struct Tokens {
    per_second: u128,
    /// In thousandths of a part.
    level: u128,
}

impl Tokens {
    fn new(per_second: u32) -> Tokens {
        let per_second = u128::from(per_second) * u128::from(UNIT);
        Tokens {
            per_second,
            level: per_second * 1_000,
        }
    }

    /// Another millisecond has passed.
    fn fill(&mut self) {
        self.level = (self.level + self.per_second).min(self.per_second * 1_000);
    }

    /// Of `wanted` parts, how many there are.
    fn acquire(&mut self, wanted: u64) -> u64 {
        let taken = u128::from(wanted).min(self.level / 1_000);
        self.level -= taken * 1_000;
        taken as u64
    }
}

/// `part` of `whole`, of `amount`.
fn share(amount: u64, part: u64, whole: u64) -> u64 {
    (u128::from(amount) * u128::from(part) / u128::from(whole.max(1))) as u64
}

/// Runs a storm, as long as `on`.
pub(super) fn run(storm: &Storm, on: &dyn Fn() -> bool) -> Option<StormOutcome> {
    let waits = Waits::new(&storm.reconnect);
    let mut classes = classes(&waits);
    let ms = |span: drill::units::Span| u64::try_from(span.as_us() / 1_000).unwrap_or(0);
    let (closed, end) = (ms(storm.closed_for), ms(storm.give_up));
    let spread = ms(storm.over).max(1);
    let all = storm.devices * UNIT;
    let mut record = Record::new(storm.devices, UNIT);
    let mut tokens = Tokens::new(storm.connects_per_second);
    let mut gave_up = 0;
    let mut begun = 0;
    let mut due = vec![0; classes.len()];
    for now in 0..end {
        if now % 1_000 == 0 && !on() {
            return None;
        }
        if now < spread {
            let by_now = share(all, now + 1, spread);
            match storm.begin {
                Begin::SessionLost => gave_up += refuse(&mut classes, 0, now, by_now - begun),
                Begin::SwitchedOn => classes[0].spread(now, Range { low: 0, high: 0 }, by_now - begun),
            }
            begun = by_now;
        } else if record.back + gave_up + UNIT / 2 > all {
            break;
        }
        if now > 0 {
            tokens.fill();
        }
        for (due, class) in due.iter_mut().zip(&mut classes) {
            *due = class.due(now);
        }
        let attempts: u64 = due.iter().sum();
        if attempts == 0 {
            continue;
        }
        let accepted = if now < closed { 0 } else { tokens.acquire(attempts) };
        let mut left = accepted;
        for (class, due) in due.iter().enumerate().filter(|(_, due)| **due > 0) {
            // Rounded up, until there is none left: the last class gets what there is.
            let wanted = (share(accepted, *due, attempts) + 1).min(*due).min(left);
            left -= wanted;
            gave_up += refuse(&mut classes, class, now, due - wanted);
        }
        record.count(now, attempts, accepted - left);
        record.back(now, accepted - left);
    }
    Some(record.end(gave_up))
}

/// So many parts of a class are refused now. Gives how many of them give up.
fn refuse(classes: &mut [Class], class: usize, now: u64, parts: u64) -> u64 {
    if parts == 0 {
        return 0;
    }
    let count = classes[class].routes.len();
    if count == 0 {
        return parts;
    }
    let mut left = parts;
    for at in 0..count {
        let route = classes[class].routes[at];
        let wanted = if at + 1 == count {
            left
        } else {
            share(parts, route.share, WHOLE)
        };
        left -= wanted;
        classes[route.class].spread(now, route.range, wanted);
    }
    0
}
