//! What a fault broke, and what keeps it in force.

use std::fmt;

use cloud_gateway::{RegionOutageGuard, RuleGuard};
use drill::units::DrillTime;
use futures::future::BoxFuture;

/// Resolves when something is over that takes its time to come back: with when it was; `None` if it never does.
pub type Ending = BoxFuture<'static, Option<DrillTime>>;

/// Something that is broken for now. Dropping it ends it.
pub trait FaultGuard: Send + Sync {
    /// Whether it still is: a step may have ended it.
    fn is_active(&self) -> bool {
        true
    }

    /// How many requests or invocations it affected, if it counts them.
    fn hits(&self) -> Option<u64> {
        None
    }

    /// Ends it. `None` if it is over at once.
    fn end(self: Box<Self>) -> Option<Ending> {
        None
    }
}

impl FaultGuard for RegionOutageGuard {}

impl FaultGuard for RuleGuard {
    fn hits(&self) -> Option<u64> {
        Some(RuleGuard::hits(self))
    }
}

/// What a fault did. Dropping it ends the fault, if it is of a kind that can end.
pub struct ActiveFault {
    /// What was touched, in the order in which it was.
    pub touched: Vec<String>,
    /// The labels of the buckets whose replication it stopped.
    pub unreplicated: Vec<String>,
    /// When it was all broken.
    pub injected: DrillTime,
    /// Keeps the fault up.
    guards: Vec<Box<dyn FaultGuard>>,
}

impl ActiveFault {
    /// Damage that stays, whatever becomes of this value.
    pub fn damage(touched: Vec<String>) -> ActiveFault {
        ActiveFault {
            touched,
            unreplicated: Vec::new(),
            injected: DrillTime::ZERO,
            guards: Vec::new(),
        }
    }

    /// Something that is broken as long as `guard` is there.
    pub fn while_held(touched: Vec<String>, guard: impl FaultGuard + 'static) -> ActiveFault {
        let mut broken = ActiveFault::damage(touched);
        broken.hold(guard);
        broken
    }

    /// One more thing that keeps it up.
    pub fn hold(&mut self, guard: impl FaultGuard + 'static) {
        self.guards.push(Box::new(guard));
    }

    /// Whether dropping this value would still end something, or a step can.
    pub fn is_active(&self) -> bool {
        self.guards.iter().any(|guard| guard.is_active())
    }

    /// Ends the fault, which is due to end at `due`. When it was over: then, or later where something had to come back
    /// first, such as a container. `None` if that never came back.
    pub async fn end(self, due: DrillTime) -> Option<DrillTime> {
        let mut over = due;
        // One after the other: what a region has beside its container comes back with it.
        for guard in self.guards {
            if let Some(ending) = guard.end() {
                over = over.max(ending.await?);
            }
        }
        Some(over)
    }

    /// How many requests or invocations it affected.
    pub fn hits(&self) -> u64 {
        self.guards.iter().filter_map(|guard| guard.hits()).sum()
    }
}

impl fmt::Debug for ActiveFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveFault")
            .field("touched", &self.touched.len())
            .field("stands", &self.is_active())
            .finish_non_exhaustive()
    }
}
