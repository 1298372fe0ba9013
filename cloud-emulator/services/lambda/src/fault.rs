//! Faults inside of Lambda: they affect an invocation, whichever client made it and whichever way it came.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use drill::draw::Draws;
use drill::scenario::glob;
use drill::units::{Fraction, Span};
use parking_lot::RwLock;

/// What happens to invocations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LambdaFault {
    /// So many of them fail with `FunctionError: Unhandled`, and the function is not run.
    Error {
        /// Which part.
        share: Fraction,
    },
    /// They take so much longer, in drill time, up to the function's timeout.
    Latency {
        /// Half of them at most.
        p50: Span,
        /// 99 of 100 at most; like the median for a constant.
        p99: Span,
    },
    /// They are refused with 429.
    Throttle,
}

/// The fault, and what it is for.
#[derive(Clone, Debug)]
pub struct FaultSpec {
    /// The fault's id in the scenario; its draws are named after it.
    pub id: String,
    /// The region.
    pub region: String,
    /// A glob of functions' names.
    pub functions: String,
    /// What happens.
    pub fault: LambdaFault,
}

struct Rule {
    spec: FaultSpec,
    /// Invocations that it was asked about, by which it draws.
    asked: AtomicU64,
    hits: Arc<AtomicU64>,
}

/// What a fault wants of an invocation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FaultEffect {
    /// It fails; this is the id of the fault.
    Error(String),
    /// It takes longer.
    Latency(Span),
    /// It is refused.
    Throttle,
}

/// The faults that stand.
pub(crate) struct Faults {
    seed: u64,
    any: AtomicBool,
    rules: Arc<RwLock<Vec<Arc<Rule>>>>,
}

/// A fault that stands until this is dropped.
#[must_use]
pub struct LambdaGuard {
    rule: Arc<Rule>,
    rules: Arc<RwLock<Vec<Arc<Rule>>>>,
}

impl LambdaGuard {
    /// How many invocations it affected.
    pub fn hits(&self) -> u64 {
        self.rule.hits.load(Ordering::Relaxed)
    }
}

impl Drop for LambdaGuard {
    fn drop(&mut self) {
        self.rules.write().retain(|rule| !Arc::ptr_eq(rule, &self.rule));
    }
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Faults {
        Faults {
            seed,
            any: AtomicBool::new(false),
            rules: Arc::default(),
        }
    }

    pub(crate) fn add(&self, spec: FaultSpec) -> LambdaGuard {
        let rule = Arc::new(Rule {
            spec,
            asked: AtomicU64::new(0),
            hits: Arc::default(),
        });
        self.rules.write().push(rule.clone());
        self.any.store(true, Ordering::Release);
        LambdaGuard {
            rule,
            rules: self.rules.clone(),
        }
    }

    /// What happens to an invocation: the first fault that affects it.
    pub(crate) fn apply(&self, region: &str, function: &str) -> Option<FaultEffect> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        self.rules.read().iter().find_map(|rule| {
            let spec = &rule.spec;
            if spec.region != region || !glob::matches(&spec.functions, function) {
                return None;
            }
            let n = rule.asked.fetch_add(1, Ordering::Relaxed);
            let draws = || Draws::new(self.seed, &format!("fault/{}/{function}", spec.id));
            let affected = match spec.fault {
                LambdaFault::Throttle => FaultEffect::Throttle,
                LambdaFault::Latency { p50, p99 } => FaultEffect::Latency(draws().lognormal(n, p50, p99)),
                LambdaFault::Error { share } => {
                    let drawn = draws().below(n, 1_000_000);
                    if drawn >= share.share_of(1_000_000) {
                        return None;
                    }
                    FaultEffect::Error(spec.id.clone())
                }
            };
            rule.hits.fetch_add(1, Ordering::Relaxed);
            Some(affected)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(functions: &str, fault: LambdaFault) -> FaultSpec {
        FaultSpec {
            id: "bad".to_owned(),
            region: "us-west-2".to_owned(),
            functions: functions.to_owned(),
            fault,
        }
    }

    #[test]
    fn a_share_fails_until_the_guard_is_dropped() {
        let faults = Faults::new(7);
        assert_eq!(faults.apply("us-west-2", "f"), None);
        let share = Fraction::from_f64(0.3).unwrap();
        let guard = faults.add(spec("f*", LambdaFault::Error { share }));
        let affected = (0..1000).filter(|_| faults.apply("us-west-2", "f1").is_some());
        let affected = affected.count();
        assert!((250..350).contains(&affected), "{affected}");
        assert_eq!(guard.hits(), affected as u64);
        assert_eq!(faults.apply("us-east-1", "f1"), None);
        assert_eq!(faults.apply("us-west-2", "g"), None);
        drop(guard);
        assert!((0..100).all(|_| faults.apply("us-west-2", "f1").is_none()));
    }

    #[test]
    fn the_first_fault_that_matches_wins() {
        let faults = Faults::new(7);
        let (p50, p99) = (Span::from_secs(5), Span::from_secs(5));
        let latency = faults.add(spec("*", LambdaFault::Latency { p50, p99 }));
        let throttle = faults.add(spec("*", LambdaFault::Throttle));
        assert_eq!(faults.apply("us-west-2", "f"), Some(FaultEffect::Latency(p50)));
        drop(latency);
        assert_eq!(faults.apply("us-west-2", "f"), Some(FaultEffect::Throttle));
        assert_eq!(throttle.hits(), 1);
    }
}
