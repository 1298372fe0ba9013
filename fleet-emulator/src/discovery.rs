//! How a device finds its broker: by what its firmware holds, or by asking.
//!
//! ```text
//!   attempt ──► Finder ── hardcoded ──► endpoint 0, always
//!                  │   ── list ───────► the next one after some failures in a row
//!                  └── dns ──► answer still in its time to live? ── yes ──► that endpoint
//!                                     └ no ──► Discover (asked once for the whole attempt)
//! ```
//!
//! It is queried at an attempt only. A device with a session stays where it is, whatever its name resolves to by
//! then: a change of DNS moves those that reconnect.

use drill::scenario::Discovery;
use drill::units::{DrillTime, Span};

/// Endpoints that a device of a list tries this often in a row before it goes on to the next. An
/// assumption: esp-mqtt and coreMQTT leave such a list, and its timeouts, to the application.
const FAILURES_BEFORE_NEXT: u32 = 3;

/// What a name resolves to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The endpoint, counted from 0.
    pub endpoint: usize,
    /// How long a device caches this answer, in drill time. With [`Span::ZERO`] each attempt queries.
    pub ttl: Span,
}

/// The resolver that devices use.
pub trait Discover: Send + Sync {
    /// What `device` finds under its broker's name at `now`. `None`: the name does not resolve, and the
    /// attempt fails. So does one for an endpoint that the fleet does not have. It must not wait.
    fn resolve(&self, device: u32, now: DrillTime) -> Option<Resolved>;
}

impl<F: Fn(u32, DrillTime) -> Option<Resolved> + Send + Sync> Discover for F {
    fn resolve(&self, device: u32, now: DrillTime) -> Option<Resolved> {
        self(device, now)
    }
}

/// A name that means endpoint 0 for good: for fleets with one broker.
#[derive(Clone, Copy, Debug)]
pub struct OneEndpoint;

impl Discover for OneEndpoint {
    fn resolve(&self, _device: u32, _now: DrillTime) -> Option<Resolved> {
        Some(Resolved {
            endpoint: 0,
            ttl: Span::ZERO,
        })
    }
}

/// How one device finds its broker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finder {
    how: Discovery,
    endpoints: usize,
    /// The last answer, and when its time to live is over. Names that did not resolve are asked for
    /// again at once: lwIP, the IP stack of ESP32 firmware, remembers no failures.
    cached: Option<(usize, DrillTime)>,
    /// Where in its list the device stands.
    listed: usize,
    /// Attempts in a row that failed there.
    failures: u32,
}

impl Finder {
    pub(crate) fn new(how: Discovery, endpoints: usize) -> Finder {
        Finder {
            how,
            endpoints: endpoints.max(1),
            cached: None,
            listed: 0,
            failures: 0,
        }
    }

    /// Where the attempt of `device` at `now` goes; `None` if that is not to be found out.
    pub(crate) fn find(&mut self, names: &dyn Discover, device: u32, now: DrillTime) -> Option<usize> {
        match self.how {
            Discovery::Hardcoded => Some(0),
            Discovery::List => Some(self.listed),
            Discovery::Dns => self.resolve(names, device, now),
        }
    }

    fn resolve(&mut self, names: &dyn Discover, device: u32, now: DrillTime) -> Option<usize> {
        if let Some((endpoint, expiry)) = self.cached
            && now < expiry
        {
            return Some(endpoint);
        }
        self.cached = None;
        let Resolved { endpoint, ttl } = names.resolve(device, now)?;
        if endpoint >= self.endpoints {
            return None;
        }
        self.cached = Some((endpoint, now + ttl));
        Some(endpoint)
    }

    /// An attempt failed.
    pub(crate) fn failed(&mut self) {
        self.failures += 1;
        if self.failures >= FAILURES_BEFORE_NEXT {
            self.failures = 0;
            self.listed = (self.listed + 1) % self.endpoints;
        }
    }

    /// A session began.
    pub(crate) fn connected(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: i64) -> DrillTime {
        DrillTime::from_secs(seconds)
    }

    /// Names as a table of `(from, endpoint)`, with a TTL of a minute.
    struct Table(Vec<(DrillTime, Option<usize>)>);

    impl Discover for Table {
        fn resolve(&self, _device: u32, now: DrillTime) -> Option<Resolved> {
            let (_, endpoint) = self.0.iter().rfind(|(from, _)| *from <= now)?;
            endpoint.map(|endpoint| Resolved {
                endpoint,
                ttl: Span::from_secs(60),
            })
        }
    }

    #[test]
    fn dns_answer_expires_with_its_ttl() {
        let names = Table(vec![(s(0), Some(0)), (s(100), Some(1))]);
        let mut finder = Finder::new(Discovery::Dns, 2);
        for (at, endpoint) in [(70, 0), (129, 0), (130, 1), (131, 1)] {
            assert_eq!(finder.find(&names, 7, s(at)), Some(endpoint), "at {at} s");
        }
        let mut fresh = Finder::new(Discovery::Dns, 2);
        assert_eq!(fresh.find(&names, 7, s(101)), Some(1), "it holds no older answer");
    }

    #[test]
    fn failed_dns_lookup_is_repeated() {
        let names = Table(vec![(s(0), Some(0)), (s(60), None), (s(90), Some(1))]);
        let mut finder = Finder::new(Discovery::Dns, 2);
        assert_eq!(finder.find(&names, 7, s(0)), Some(0));
        assert_eq!(finder.find(&names, 7, s(60)), None);
        assert_eq!(finder.find(&names, 7, s(90)), Some(1));
        let astray = |_, _| {
            Some(Resolved {
                endpoint: 2,
                ttl: Span::ZERO,
            })
        };
        assert_eq!(Finder::new(Discovery::Dns, 2).find(&astray, 7, s(0)), None);
    }

    #[test]
    fn hardcoded_address_is_not_resolved() {
        let no_lookup = |_, _| panic!("it resolved a name");
        let mut finder = Finder::new(Discovery::Hardcoded, 2);
        for _ in 0..10 {
            finder.failed();
            assert_eq!(finder.find(&no_lookup, 7, s(0)), Some(0));
        }
    }

    #[test]
    fn a_list_goes_on_after_three_failures_in_a_row() {
        let mut finder = Finder::new(Discovery::List, 2);
        let mut tried = Vec::new();
        for n in 0..9 {
            tried.extend(finder.find(&OneEndpoint, 7, s(n)));
            finder.failed();
        }
        assert_eq!(tried, [0, 0, 0, 1, 1, 1, 0, 0, 0]);
        // At endpoint 1 by now.
        finder.failed();
        finder.failed();
        finder.connected();
        finder.failed();
        assert_eq!(finder.find(&OneEndpoint, 7, s(20)), Some(1), "not in a row");
    }
}
