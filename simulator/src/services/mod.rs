//! A room per service: its runbook actions, its probes, its keyed stores, its protections and what readiness checks of it.
//!
//! ```text
//!   conductor ──► SERVICES, action_of, probe_of ──► s3, lambda, iot, dns
//!      knows steps, probes, keyed stores               know buckets, functions, brokers, names
//! ```
//!
//! One line here registers each: a service in [`SERVICES`], an action in [`action_of`], a probe in [`probe_of`]. Writers and
//! audits need none: they find a store by its kind.

mod dns;
pub(crate) mod iot;
pub(crate) mod lambda;
mod s3;
pub(crate) mod service;
pub(crate) mod settings;
mod ssm;

use drill::scenario::{
    Check, DnsFailover, IotRestartBroker, LambdaDeploy, LambdaInvoke, LambdaPutConcurrency, LambdaRedrive,
    LambdaRollback, Notify, PathTelemetry, ProbeKind, ReplicationDrain, ReplicationReverse, S3Audit,
    S3CreateBucket, S3GetObject, S3PutReplication, S3PutVersioning, S3RestoreObjects, S3RestoreVersions,
    S3Sync, S3VerifyIntegrity, Shell, StackDeploy, StepAction,
};

use self::service::Service;
use crate::conductor::probes::ServiceProbe;
use crate::conductor::runbook::RunbookAction;
use crate::conductor::store::KeyedStores;

/// Every service that has more than actions, in the order in which readiness and protections list them.
pub(crate) const SERVICES: &[&dyn Service] = &[&s3::S3, &lambda::Lambda, &iot::Iot, &ssm::Ssm];

/// The service of this name.
pub(crate) fn service(name: &str) -> Option<&'static dyn Service> {
    SERVICES.iter().copied().find(|service| service.name() == name)
}

/// How the keyed stores of every service are reached.
pub(crate) fn keyed_stores() -> KeyedStores {
    KeyedStores::new(SERVICES.iter().filter_map(|service| service.stores()))
}

/// The actions of the runbook that do something, and those that only take their time.
macro_rules! actions {
    ($($action:ty),+ $(,)?) => {
        /// What an action does; none of what only takes its time.
        pub(crate) fn action_of(action: &StepAction) -> Option<&dyn RunbookAction> {
            $(
                if let Some(own) = action.get::<$action>() {
                    return Some(own);
                }
            )+
            None
        }
    };
}

actions! {
    S3PutVersioning,
    S3PutReplication,
    S3Audit,
    S3RestoreVersions,
    S3RestoreObjects,
    S3Sync,
    S3CreateBucket,
    S3VerifyIntegrity,
    ReplicationDrain,
    ReplicationReverse,
    LambdaDeploy,
    LambdaRollback,
    LambdaRedrive,
    LambdaPutConcurrency,
    IotRestartBroker,
    DnsFailover,
    StackDeploy,
    Check,
    Shell,
    Notify,
    drill::services::ssm::SsmPutParameter,
    drill::services::ssm::SsmCopyParameters,
}

/// The kinds of probes.
macro_rules! probes {
    ($($probe:ty),+ $(,)?) => {
        /// What a probe asks.
        pub(crate) fn probe_of(kind: &ProbeKind) -> &dyn ServiceProbe {
            $(
                if let Some(own) = kind.get::<$probe>() {
                    return own;
                }
            )+
            unreachable!("a test sees that each probe is registered: {}", kind.name())
        }
    };
}

probes! {
    S3GetObject,
    LambdaInvoke,
    PathTelemetry,
    drill::services::ssm::SsmGetParameter,
}

#[cfg(test)]
mod tests {
    use drill::scenario::Scenario;

    use super::*;

    #[test]
    fn services_are_named_as_the_scenario_names_them() {
        for service in SERVICES {
            let declared = drill::services::names().any(|name| name == service.name());
            assert!(declared, "{}", service.name());
        }
    }

    #[test]
    fn every_keyed_store_that_a_scenario_can_declare_is_reached() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../scenarios/iot-steel/region-failure.yaml"
        );
        let text = std::fs::read(file).expect("it is shipped");
        let parsed = Scenario::read(file, &text, None).expect("it is valid");
        let stores = keyed_stores();
        let kinds: Vec<_> = parsed.scenario.cloud.stores().map(|store| store.kind).collect();
        assert!(!kinds.is_empty());
        for kind in kinds {
            assert_eq!(stores.of_kind(kind).kind(), kind);
        }
    }
}
