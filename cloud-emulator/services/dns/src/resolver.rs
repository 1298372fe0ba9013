//! Where things are: logical names, the region that each points to, and what clients remember of it.
//!
//! ```text
//!   step ── move ──► region in use of each name ◄── audit (asks each time)
//!                          ▲
//!   client ── resolve ──► its own cache, for the TTL ── over ──► asks; with `dns.stale` it keeps the expired entry
//! ```
//!
//! A name is the label of a bucket or a function, or `iot`, under which devices find their broker. Nothing but
//! a step moves one. A client that has an answer keeps it until its TTL is over, in drill time, as resolvers do;
//! while they are stale, they keep it however old it is, and only a client without a cache entry gets the current region.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use drill::scenario::Scenario;
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;

/// The answer to a lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsAnswer {
    /// The label of the region.
    pub region: Arc<str>,
    /// Until when it may be kept.
    pub expires: DrillTime,
}

/// A name that has been moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The name.
    pub name: String,
    /// The label of the region that it pointed to.
    pub from: Arc<str>,
    /// The label of the region that it points to.
    pub to: Arc<str>,
}

/// The names of a drill. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct DnsResolver {
    state: Arc<Mutex<State>>,
    ttl: Span,
}

#[derive(Debug, Default)]
struct State {
    /// The region in use of each name.
    active: BTreeMap<String, Arc<str>>,
    /// What each client was told, by client and name.
    caches: HashMap<(String, String), DnsAnswer>,
    /// How many faults keep resolvers stale.
    stale: usize,
    /// Questions that were answered from an answer whose time was over.
    stale_answers: u64,
}

impl DnsResolver {
    /// Every name of the scenario, pointing home.
    pub fn new(scenario: &Scenario) -> DnsResolver {
        let home = |name: &str| Some((name.to_owned(), Arc::from(scenario.home_of(name)?)));
        let active = scenario.names().into_iter().filter_map(home).collect();
        DnsResolver {
            state: Arc::new(Mutex::new(State {
                active,
                ..State::default()
            })),
            ttl: scenario.cloud.dns_ttl,
        }
    }

    /// The label of the region in use of a name; `None` for a name that is none.
    pub fn active(&self, name: &str) -> Option<Arc<str>> {
        self.state.lock().active.get(name).cloned()
    }

    /// What `client` finds under a name at `now`: what it remembers as long as that is good, else the truth.
    pub fn resolve(&self, client: &str, name: &str, now: DrillTime) -> Option<DnsAnswer> {
        let mut state = self.state.lock();
        let key = (client.to_owned(), name.to_owned());
        let stale = state.stale > 0;
        if let Some(known) = state.caches.get(&key) {
            let over = now >= known.expires;
            if !over || stale {
                let known = known.clone();
                state.stale_answers += u64::from(over);
                return Some(known);
            }
        }
        let region = state.active.get(name)?.clone();
        let answer = DnsAnswer {
            region,
            expires: now + self.ttl,
        };
        state.caches.insert(key, answer.clone());
        Some(answer)
    }

    /// Points a name to a region; gives what changed, if anything did.
    pub fn move_to(&self, name: &str, region: &str) -> Option<Moved> {
        let mut state = self.state.lock();
        let active = state.active.get_mut(name)?;
        if **active == *region {
            return None;
        }
        let from = std::mem::replace(active, Arc::from(region));
        Some(Moved {
            name: name.to_owned(),
            from,
            to: active.clone(),
        })
    }

    /// Resolvers keep their answers until the value is dropped.
    pub fn freeze(&self) -> Stale {
        let mut state = self.state.lock();
        state.stale += 1;
        Stale {
            names: self.clone(),
            since: state.stale_answers,
        }
    }
}

/// Keeps resolvers stale. Dropping it lets them ask again.
#[must_use = "resolvers are stale only as long as it is there"]
#[derive(Debug)]
pub struct Stale {
    names: DnsResolver,
    since: u64,
}

impl Stale {
    /// How many questions were answered since from an answer whose time was over.
    pub fn hits(&self) -> u64 {
        self.names.state.lock().stale_answers - self.since
    }
}

impl Drop for Stale {
    fn drop(&mut self) {
        self.names.state.lock().stale -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> DnsResolver {
        let text = "\
version: 1
name: n
title: t
system: s
objectives: {mtd: 1h, services: {a: {probe: p, rto: 1h}}}
cloud:
  regions: {primary: us-west-2, backup: us-east-1}
  buckets: {b: {name: bucket-b}}
  dns: {ttl: 60s}
  iot: {}
probes: {p: {do: s3.get_object, bucket: b, sample: 1, every: 30s, timeout: 5s}}
";
        DnsResolver::new(&Scenario::parse("n.yaml", text).unwrap().0)
    }

    fn at(s: i64) -> DrillTime {
        DrillTime::from_secs(s)
    }

    fn found(names: &DnsResolver, client: &str, s: i64) -> String {
        names.resolve(client, "b", at(s)).unwrap().region.to_string()
    }

    #[test]
    fn a_client_learns_of_a_move_when_its_answer_is_over() {
        let names = names();
        assert_eq!(found(&names, "one", 0), "primary");
        let moved = names.move_to("b", "backup").unwrap();
        assert_eq!((&*moved.from, &*moved.to), ("primary", "backup"));
        assert_eq!(names.move_to("b", "backup"), None);
        assert_eq!(found(&names, "one", 59), "primary");
        assert_eq!(found(&names, "other", 59), "backup");
        assert_eq!(found(&names, "one", 60), "backup");
        assert_eq!(names.active("b").as_deref(), Some("backup"));
        assert_eq!(names.active("iot").as_deref(), Some("primary"));
        assert_eq!(names.resolve("one", "nothing", at(0)), None);
    }

    #[test]
    fn stale_resolvers_keep_what_they_know() {
        let names = names();
        assert_eq!(found(&names, "one", 0), "primary");
        names.move_to("b", "backup");
        let stale = names.freeze();
        assert_eq!(found(&names, "one", 600), "primary");
        assert_eq!(found(&names, "new", 600), "backup");
        assert_eq!(stale.hits(), 1);
        drop(stale);
        assert_eq!(found(&names, "one", 601), "backup");
    }
}
