//! By which clients and keys the parts of a drill reach its cloud.

use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::client::{KeyPair, RetryPolicy};
use cloud_emulator::cloud::Cloud;
use cloud_emulator::gateway::{AccessKey, MeteredKey, Principal};
use drill::ledger::Changer;
use drill::scenario::{Scenario, Timing};
use runtime::clock::Clock;

use crate::conductor::access::CloudAccess;
use crate::conductor::changes::Changes;
use crate::conductor::clients::{AuditClients, PrincipalClients};
use crate::services;

/// The cloud, with a client for each principal; what they change is told to `changes`.
pub(super) fn reach(scenario: &Arc<Scenario>, clock: &Clock, cloud: Cloud, changes: &Changes) -> CloudAccess {
    let (watched, writer) = watched(&cloud, changes);
    let clients = |principal, policy| PrincipalClients {
        s3: cloud.clients(principal, policy),
        rest: cloud.rest(principal, policy),
    };
    let users = clients(Principal::User, RetryPolicy::ONCE);
    CloudAccess {
        writers: PrincipalClients {
            s3: users.s3.signed_by(&writer),
            rest: users.rest.signed_by(&writer),
        },
        operator: clients(Principal::User, operator_retry_policy(scenario)),
        prober: clients(Principal::Probe, RetryPolicy::ONCE),
        auditor: AuditClients {
            s3: cloud.s3(Principal::Audit, RetryPolicy::STANDARD),
            rest: cloud.audit_rest(RetryPolicy::STANDARD),
        },
        stores: services::keyed_stores(),
        scenario: scenario.clone(),
        clock: clock.clone(),
        _watched: watched,
        cloud,
    }
}

/// Lets the gateway see what functions do, and people with the operator's keys. Writers get keys of their own, since what
/// they do stands in the ledger already.
fn watched(cloud: &Cloud, changes: &Changes) -> (Vec<MeteredKey>, KeyPair) {
    let key = |pair: &KeyPair, principal| AccessKey::new(&pair.access_key, &pair.secret_key, principal);
    let user = cloud.keys(Principal::User);
    let writer = KeyPair {
        access_key: "AKIAFIREDRILLWRITER".to_owned(),
        secret_key: user.secret_key.clone(),
    };
    let other_operator = Changer::Other("a client with the operator's keys".to_owned());
    let keys = [
        (key(&writer, Principal::User), None),
        (
            key(user, Principal::User),
            Some(changes.observe(other_operator, None)),
        ),
        (
            key(cloud.keys(Principal::Function), Principal::Function),
            Some(changes.observe_functions("a function")),
        ),
    ];
    let gateway = cloud.gateway();
    gateway.watch_unsigned(changes.observe_functions("an unsigned request"));
    let keys = keys.map(|(key, observer)| gateway.meter(key, observer));
    (keys.into(), writer)
}

/// How long the operator's clients wait for an answer in wall time: without end where their calls take what they take at
/// AWS, in drill time.
fn operator_retry_policy(scenario: &Scenario) -> RetryPolicy {
    match scenario.timing() {
        Timing::Loopback => RetryPolicy::STANDARD,
        Timing::Aws => RetryPolicy {
            attempt: Duration::from_secs(24 * 3_600),
            ..RetryPolicy::STANDARD
        },
    }
}
