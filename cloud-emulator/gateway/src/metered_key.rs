//! A key whose requests are counted, for as long as it is there.

use std::sync::Arc;

use super::keys::{AccessKey, Keys};
use super::observer::CallObserver;
use super::usage::{Usage, UsageCounters};

/// A key that is good while this is there.
#[must_use = "the key is taken away when this is dropped"]
pub struct MeteredKey {
    keys: Keys,
    id: String,
    meter: Arc<UsageCounters>,
}

impl MeteredKey {
    pub(crate) fn admit(keys: &Keys, key: AccessKey, observer: Option<Arc<dyn CallObserver>>) -> MeteredKey {
        let meter = Arc::new(observer.map_or_else(UsageCounters::default, UsageCounters::watched_by));
        let id = key.id.clone();
        keys.admit(key, meter.clone());
        MeteredKey {
            keys: keys.clone(),
            id,
            meter,
        }
    }

    /// The access key id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What was done with it so far.
    pub fn usage(&self) -> Usage {
        self.meter.read()
    }
}

impl Drop for MeteredKey {
    fn drop(&mut self) {
        self.keys.dismiss(&self.id, &self.meter);
    }
}
