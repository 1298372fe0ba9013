//! The keys of one step, by which the gateway sees what it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cloud_emulator::client::{KeyPair, Operations};
use cloud_emulator::cloud::Cloud;
use cloud_emulator::gateway::{AccessKey, CallObserver, MeteredKey, Principal, Usage};

/// How many steps have had keys.
static GIVEN: AtomicU32 = AtomicU32::new(0);

/// A pair of keys of a user, good as long as this is there.
pub(crate) struct Keys {
    metered: MeteredKey,
    pair: KeyPair,
}

impl Keys {
    /// An id of its own, with the secret of all users, which no record shows.
    pub(crate) fn new(cloud: &Cloud, observer: Arc<dyn CallObserver>) -> Keys {
        let id = format!("AKIAFIREDRILL{:07}", GIVEN.fetch_add(1, Ordering::Relaxed));
        let secret = cloud.keys(Principal::User).secret_key.clone();
        let key = AccessKey::new(&id, &secret, Principal::User);
        Keys {
            metered: cloud.gateway().meter(key, Some(observer)),
            pair: KeyPair {
                access_key: id,
                secret_key: secret,
            },
        }
    }

    pub(crate) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// The longest chain of calls by them in which each began after the one before it was served.
    pub(crate) fn sequential_waits(&self) -> u64 {
        self.metered.usage().sequential_waits
    }

    /// What was done with them so far.
    pub(crate) fn operations(&self) -> Operations {
        operations(self.metered.usage())
    }
}

/// Operations of S3 by their names, as our own clients count them; those of others with their service.
fn operations(usage: Usage) -> Operations {
    let plain = |name: String| name.strip_prefix("s3:").map(str::to_owned).unwrap_or(name);
    let calls = usage.calls_by_operation.into_iter();
    Operations {
        calls: calls.map(|(name, calls)| (plain(name), calls)).collect(),
        bytes: usage.bytes_in + usage.bytes_out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gateway_counts_reads_like_what_clients_count() {
        let calls = [("s3:GetObject".to_owned(), 3), ("lambda:Invoke".to_owned(), 1)];
        let usage = Usage {
            calls_by_operation: calls.into_iter().collect(),
            bytes_in: 10,
            bytes_out: 5,
            sequential_waits: 4,
        };
        let operations = operations(usage);
        assert_eq!(
            (operations.calls["GetObject"], operations.calls["lambda:Invoke"]),
            (3, 1)
        );
        assert_eq!(operations.bytes, 15);
    }
}
