//! Who asks: each principal of a run has key pairs of its own.

/// On whose behalf a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// People, runbooks, scripts, writers.
    User,
    /// A probe of the drill.
    Probe,
    /// Replication between regions.
    Replicator,
    /// An IoT rule that writes into a bucket.
    Rule,
    /// A function that runs in the cloud.
    Function,
    /// The audit, which outages do not touch.
    Audit,
}

impl Principal {
    /// All of them.
    pub const ALL: [Principal; 6] = [
        Principal::User,
        Principal::Probe,
        Principal::Replicator,
        Principal::Rule,
        Principal::Function,
        Principal::Audit,
    ];
}
