//! A function: its versions, its aliases, and what is configured beside them.
//!
//! ```text
//!   Function ──┬── $LATEST ─────► Version ──► Config, Package
//!              ├── 1, 2, 3 … ───► Version        (never change again)
//!              └── aliases: live ─► a version, or two with weights
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use drill::units::DrillTime;
use serde::{Deserialize, Serialize};

use super::error::LambdaError;
use super::function_names;
use super::package::Package;
use super::provisioning::Provisioned;

/// The version that code is uploaded to.
pub(crate) const LATEST: &str = "$LATEST";

/// What is configured with the code of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) runtime: String,
    pub(crate) role: String,
    pub(crate) handler: String,
    pub(crate) description: String,
    /// Seconds, of wall time.
    pub(crate) timeout: u32,
    /// Mebibytes.
    pub(crate) memory: u32,
    pub(crate) environment: BTreeMap<String, String>,
    /// Mebibytes of `/tmp`.
    pub(crate) ephemeral: u32,
    pub(crate) architecture: String,
    pub(crate) tracing: String,
}

/// Code and configuration under one number. Each upload makes a new one, so that an execution environment
/// never runs what is no longer meant.
#[derive(Debug)]
pub(crate) struct Version {
    /// Unique among all versions of all functions.
    pub(crate) id: u64,
    /// `$LATEST` or a number.
    pub(crate) number: String,
    pub(crate) config: Config,
    pub(crate) package: Arc<Package>,
    pub(crate) revision: String,
    /// Microseconds since the Unix epoch, on the drill's calendar.
    pub(crate) modified_us: i64,
    /// When it can be used.
    pub(crate) provisioned: Provisioned,
    /// It was replaced or deleted: no environment of it is kept.
    pub(crate) retired: AtomicBool,
    /// A start of it took longer than what is taken for work.
    pub(crate) starts_slowly: AtomicBool,
}

/// A name for a version, or for two.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Alias {
    pub(crate) version: String,
    pub(crate) description: String,
    /// A second version, and the share of invocations that it gets.
    pub(crate) weights: BTreeMap<String, f64>,
    pub(crate) revision: String,
}

/// How asynchronous events are treated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventConfig {
    pub(crate) retries: Option<u32>,
    /// Seconds, of drill time.
    pub(crate) age: Option<u32>,
    pub(crate) destinations: Destinations,
    pub(crate) modified_us: i64,
}

/// Where events go after their last attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Destinations {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_success: Option<Destination>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_failure: Option<Destination>,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Destination {
    /// Its ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) destination: Option<String>,
}

/// A function of one region.
pub(crate) struct Function {
    pub(crate) name: Arc<str>,
    pub(crate) latest: Arc<Version>,
    /// What `$LATEST` was before its update; it is invoked until the update is made.
    pub(crate) before: Option<Arc<Version>>,
    pub(crate) versions: BTreeMap<u64, Arc<Version>>,
    pub(crate) next_version: u64,
    pub(crate) aliases: BTreeMap<String, Alias>,
    pub(crate) reserved: Option<u32>,
    /// By the qualifier that they are for.
    pub(crate) event_configs: BTreeMap<String, EventConfig>,
    /// As they were given when it was created.
    pub(crate) tags: BTreeMap<String, String>,
    /// Invocations that run now.
    pub(crate) running: Arc<AtomicU32>,
    /// Invocations so far through aliases with weights, and under faults.
    pub(crate) draws: AtomicU64,
}

impl Function {
    /// All versions, `$LATEST` first.
    pub(crate) fn all_versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        std::iter::once(&self.latest).chain(self.versions.values())
    }

    /// A version by its number.
    pub(crate) fn version(&self, number: &str) -> Option<&Arc<Version>> {
        if number == LATEST {
            return Some(&self.latest);
        }
        self.versions.get(&number.parse().ok()?)
    }

    /// What a qualifier stands for: a version, or what an alias points at. `share` in 0 to 1 chooses among
    /// the versions of an alias with weights.
    pub(crate) fn resolve(&self, qualifier: Option<&str>, share: f64) -> Option<&Arc<Version>> {
        let qualifier = qualifier.unwrap_or(LATEST);
        match self.aliases.get(qualifier) {
            None => self.version(qualifier),
            Some(alias) => self.version(alias.choose(share)),
        }
    }

    /// What runs of a version at `now`: of `$LATEST` what it was, while an update of it is in progress.
    pub(crate) fn served<'a>(&'a self, version: &'a Arc<Version>, now: DrillTime) -> &'a Arc<Version> {
        match &self.before {
            Some(before) if version.id == self.latest.id && version.is_updating(now) => before,
            _ => version,
        }
    }

    /// Refuses what AWS refuses while the function is being made or changed.
    ///
    /// # Errors
    /// 409, with what is under way.
    pub(crate) fn check_settled(&self, region: &str, now: DrillTime) -> Result<(), LambdaError> {
        match &self.latest {
            latest if latest.is_pending(now) => Err(LambdaError::pending()),
            latest if latest.is_updating(now) => {
                Err(LambdaError::updating(&function_names::arn(region, &self.name)))
            }
            _ => Ok(()),
        }
    }

    /// How asynchronous events for a qualifier are treated.
    pub(crate) fn event_config(&self, qualifier: Option<&str>) -> Option<&EventConfig> {
        self.event_configs.get(qualifier.unwrap_or(LATEST))
    }
}

impl Version {
    /// Whether it cannot be invoked yet.
    pub(crate) fn is_pending(&self, now: DrillTime) -> bool {
        now < self.provisioned.active
    }

    /// Whether it is an update that is not made yet.
    pub(crate) fn is_updating(&self, now: DrillTime) -> bool {
        now < self.provisioned.updated
    }
}

impl Alias {
    fn choose(&self, share: f64) -> &str {
        let mut below = 0.0;
        for (version, weight) in &self.weights {
            below += weight;
            if share < below {
                return version;
            }
        }
        &self.version
    }
}
