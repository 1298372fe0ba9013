//! The rules that faults have put up, and the decision that they come to.
//!
//! ```text
//!   fault ──add──► Rules ◄──decide(seen, now)── gateway ──► acts on the verdict
//!     └── RuleGuard: hits, sample; its drop takes the rule away and ends what it holds
//! ```
//!
//! Rules are asked in the order of the scenario's file, region outages before all others; the first
//! whose verdict is not `Pass` wins. Without rules a request costs one atomic read.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use drill::draw::Draws;
use drill::units::{DrillTime, Fraction};
use parking_lot::{Mutex, RwLock};
use tokio_util::sync::CancellationToken;

use super::principal::Principal;
use super::request_info::RequestInfo;
use super::verdict::{Latency, Match, Verdict};

/// How many of the latest requests a rule remembers for its verification.
const SAMPLE: usize = 8;

/// A fault's rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its place in the scenario's file: lower ones are asked first.
    pub order: usize,
    /// The fault's name, by which its draws go.
    pub id: String,
    /// What it is about.
    pub matches: Match,
    /// What becomes of those requests.
    pub verdict: Verdict<Latency>,
}

/// A request that a rule matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The service.
    pub service: String,
    /// The operation, where the request told it.
    pub operation: Option<String>,
    /// The bucket or function.
    pub resource: Option<String>,
    /// The object's key.
    pub key: Option<String>,
    /// Who asked.
    pub principal: Option<Principal>,
    /// When.
    pub at: DrillTime,
}

/// All rules that are up.
#[derive(Debug)]
pub struct Rules {
    seed: u64,
    /// How many are up, to be read without the lock.
    up: AtomicUsize,
    sequence: AtomicU64,
    entries: RwLock<Arc<[Arc<Entry>]>>,
}

impl Rules {
    /// No rules yet; `seed` is that of their draws.
    pub fn new(seed: u64) -> Arc<Rules> {
        Arc::new(Rules {
            seed,
            up: AtomicUsize::new(0),
            sequence: AtomicU64::new(0),
            entries: RwLock::new(Arc::new([])),
        })
    }

    /// Puts up a rule, until the guard is dropped.
    pub fn add(self: &Arc<Rules>, rule: Rule) -> RuleGuard {
        self.put(rule, false)
    }

    /// Puts up a rule that precedes all others and is also about copies that read from its regions.
    pub(crate) fn add_outage(self: &Arc<Rules>, rule: Rule) -> RuleGuard {
        self.put(rule, true)
    }

    fn put(self: &Arc<Rules>, rule: Rule, outage: bool) -> RuleGuard {
        let entry = Arc::new(Entry {
            rule,
            outage,
            sequence: self.sequence.fetch_add(1, Ordering::Relaxed),
            ended: CancellationToken::new(),
            hits: AtomicU64::new(0),
            tally: Mutex::default(),
        });
        self.change(|entries| {
            entries.push(entry.clone());
            entries.sort_by_key(|entry| (!entry.outage, entry.rule.order, entry.sequence));
        });
        RuleGuard {
            rules: self.clone(),
            entry,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Entry>>)) {
        let mut entries = self.entries.write();
        let mut changed = entries.to_vec();
        change(&mut changed);
        self.up.store(changed.len(), Ordering::Release);
        *entries = changed.into();
    }

    /// The seed of their draws.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether there are rules at all.
    pub fn any(&self) -> bool {
        self.up.load(Ordering::Acquire) > 0
    }

    /// What is to become of a request at `now`. Nothing is done here but to count.
    pub fn decide(&self, seen: &RequestInfo, now: DrillTime) -> Decision {
        self.first(seen, now, |_| true)
    }

    /// What region outages alone decide.
    pub(crate) fn decide_outage(&self, seen: &RequestInfo, now: DrillTime) -> Decision {
        self.first(seen, now, |entry| entry.outage)
    }

    fn first(&self, seen: &RequestInfo, now: DrillTime, asked: fn(&Entry) -> bool) -> Decision {
        let entries = self.entries.read().clone();
        let asked = entries.iter().filter(|entry| asked(entry));
        for entry in asked.filter(|entry| entry.covers(seen)) {
            let verdict = entry.verdict(self.seed, &seen.service);
            if verdict == Verdict::Pass {
                continue;
            }
            // Whether an answer can be corrupted shows later.
            if verdict != Verdict::Corrupt {
                entry.matched(seen, now);
            }
            return Decision {
                verdict,
                by: Some(entry.clone()),
            };
        }
        Decision::PASS
    }
}

/// A verdict, and the rule that came to it.
#[derive(Debug)]
pub struct Decision {
    /// What is to be done.
    pub verdict: Verdict,
    pub(crate) by: Option<Arc<Entry>>,
}

impl Decision {
    /// No rule has anything to say.
    pub const PASS: Decision = Decision {
        verdict: Verdict::Pass,
        by: None,
    };
}

/// A rule that is up, and what it did so far.
#[derive(Debug)]
pub(crate) struct Entry {
    rule: Rule,
    outage: bool,
    sequence: u64,
    ended: CancellationToken,
    hits: AtomicU64,
    tally: Mutex<RuleCounters>,
}

#[derive(Debug, Default)]
struct RuleCounters {
    /// Requests that matched, by service: the indices of the draws.
    matched: Vec<(Box<str>, u64)>,
    sample: VecDeque<Hit>,
}

impl Entry {
    fn covers(&self, seen: &RequestInfo) -> bool {
        let matches = &self.rule.matches;
        if matches.covers(seen) {
            return true;
        }
        let Some(source) = seen.source_region.clone().filter(|_| self.outage) else {
            return false;
        };
        matches.covers(&RequestInfo {
            region: source,
            ..seen.clone()
        })
    }

    fn verdict(&self, seed: u64, service: &str) -> Verdict {
        let Rule {
            id, matches, verdict, ..
        } = &self.rule;
        let span = |latency: &Latency, n| match *latency {
            Latency::Constant(span) => span,
            Latency::LogNormal { p50, p99 } => {
                Draws::new(seed, &format!("fault/{id}/{service}/latency")).lognormal(n, p50, p99)
            }
        };
        let drawn = matches!(verdict, Verdict::Delay(Latency::LogNormal { .. }));
        if matches.probability == Fraction::ONE && !drawn {
            return verdict.map_latency(|latency| span(latency, 0));
        }
        let n = self.count(service);
        let draws = Draws::new(seed, &format!("fault/{id}/{service}"));
        // A fraction is held in millionths, so this many of a million draws are below it.
        if draws.below(n, 1_000_000) >= matches.probability.share_of(1_000_000) {
            return Verdict::Pass;
        }
        verdict.map_latency(|latency| span(latency, n))
    }

    /// How many requests to `service` matched before this one.
    fn count(&self, service: &str) -> u64 {
        let mut tally = self.tally.lock();
        match tally.matched.iter_mut().find(|(name, _)| **name == *service) {
            Some((_, n)) => {
                *n += 1;
                *n - 1
            }
            None => {
                tally.matched.push((service.into(), 1));
                0
            }
        }
    }

    /// Notes that a request was really treated as the rule says.
    pub(crate) fn matched(&self, seen: &RequestInfo, now: DrillTime) {
        let mut tally = self.tally.lock();
        if tally.sample.len() == SAMPLE {
            tally.sample.pop_front();
        }
        tally.sample.push_back(Hit {
            service: seen.service.clone().into_owned(),
            operation: seen.operation.as_deref().map(str::to_owned),
            resource: seen.resource.clone(),
            key: seen.key.clone(),
            principal: seen.principal,
            at: now,
        });
        // Under the lock, after the sample: who sees the count finds the request in the sample.
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests it matched.
    pub(crate) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// The fault's name.
    pub(crate) fn id(&self) -> &str {
        &self.rule.id
    }

    /// Ready once the rule is taken away.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

/// Keeps a rule up.
#[derive(Debug)]
#[must_use = "the rule is taken away when its guard is dropped"]
pub struct RuleGuard {
    rules: Arc<Rules>,
    entry: Arc<Entry>,
}

impl RuleGuard {
    /// How many requests it decided. Of those to be corrupted, the ones whose answer was.
    pub fn hits(&self) -> u64 {
        self.entry.hits()
    }

    /// The latest of them, oldest first.
    pub fn sample(&self) -> Vec<Hit> {
        self.entry.tally.lock().sample.iter().cloned().collect()
    }
}

impl Drop for RuleGuard {
    fn drop(&mut self) {
        self.rules
            .change(|entries| entries.retain(|entry| !Arc::ptr_eq(entry, &self.entry)));
        self.entry.ended.cancel();
    }
}

#[cfg(test)]
mod tests;
