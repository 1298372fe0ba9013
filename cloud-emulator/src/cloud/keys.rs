//! The keys of a run: one pair for each principal.

use drill::draw::Draws;

use crate::client::KeyPair;
use crate::gateway::Principal;

/// A pair for each principal.
pub(super) fn all(seed: u64) -> Vec<(Principal, KeyPair)> {
    Principal::ALL
        .map(|principal| (principal, key_pair(principal, seed)))
        .to_vec()
}

/// The keys of a principal in the run of a seed: they look like AWS's and are good for that run only.
pub fn key_pair(principal: Principal, seed: u64) -> KeyPair {
    let name = format!("{principal:?}").to_uppercase();
    let draws = Draws::new(seed, &format!("keys/{name}"));
    KeyPair {
        access_key: format!("AKIAFIREDRILL{name:X<7.7}"),
        secret_key: (0..3)
            .map(|n| format!("{:016x}", draws.u64(n)))
            .collect::<String>()[..40]
            .to_owned(),
    }
}
