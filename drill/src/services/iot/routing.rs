//! Message routing: the brokers of the regions, and rules.

use crate::resource::{ResourceClass, ResourceId, ResourceKind};
use crate::scenario::Cloud;
use crate::scenario::chosen::Choosable;
use crate::scenario::decode::NameKind;
use crate::scenario::probes::Route;
use crate::services::lambda;
use crate::units::Span;

/// The broker of a region.
pub const BROKER: ResourceKind = ResourceKind {
    class: ResourceClass::Stream,
    service: "iot",
    noun: "broker",
};

/// The name under which devices find their broker.
pub const IOT_NAME: &str = "iot";

/// The broker of the region labelled `region`.
pub fn broker(region: &str) -> ResourceId<'_> {
    ResourceId {
        kind: BROKER,
        name: IOT_NAME,
        region,
    }
}

/// Names of rules.
pub(crate) const RULES: NameKind = NameKind::of_data("rule");

impl Choosable for Iot {
    fn name(&self) -> &'static str {
        "iot"
    }
}

/// Message routing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iot {
    /// The labels of the regions that have a broker from the start, the one in use first; default the primary.
    pub regions: Vec<String>,
    /// New connections a second that the edge lets in, per region; default 500.
    pub connects_per_second: u32,
    /// New connections a second of one client id; default 1.
    pub connects_per_second_per_client: u32,
    /// What becomes of messages, in the order of the file.
    pub rules: Vec<Rule>,
}

/// Takes messages of some topics to a bucket, in batches, by itself or by a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The topic filter, in MQTT's syntax.
    pub topic: String,
    /// The label of the bucket that its messages go to, by the function if there is one.
    pub bucket: String,
    /// The label of the function that it invokes for each batch, asynchronously.
    pub function: Option<String>,
    /// A batch is closed at this many messages; default 500.
    pub batch_max: u32,
    /// A batch is closed at this age; default 10s.
    pub batch_window: Span,
    /// Where it stands in the file.
    pub line: u32,
}

impl Cloud {
    /// Message routing, if the system has it.
    pub fn iot(&self) -> Option<&Iot> {
        self.section()
    }

    /// The rules of message routing, in the order of the file.
    pub fn rules(&self) -> &[Rule] {
        self.iot().map_or(&[], |iot| &iot.rules)
    }
}

/// A message goes to the broker in use and, by its rule, to the store beside that broker (to the one in use, if there is
/// none beside it). It has arrived when it can be read by the store's name.
pub(crate) fn publish<'a>(route: &mut Route<'a, '_>, store: &'a str, function: Option<&'a str>) {
    if let Some(region) = route.region_of(IOT_NAME) {
        route.through(broker(region));
        if let Some(function) = function {
            lambda::invoke(route, function, region);
        }
        if route.cloud.store(store).is_some_and(|store| store.is_in(region)) {
            route.through_store(store, region);
        }
    }
    route.read(store);
}
