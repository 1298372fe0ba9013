//! What a drill breaks and recovers: resources of the cloud's services, which the core tells apart by their class alone.

/// How a resource takes part in a service's path, whatever service it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceClass {
    /// It keeps values by keys: a bucket, a table, a hierarchy of parameters.
    KeyedStore,
    /// It computes, and keeps nothing.
    Compute,
    /// It passes messages on.
    Stream,
    /// It says where the others are.
    Resolver,
}

/// A kind of resource, as the service that has it declares it (`drill::services`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKind {
    /// What the core knows of it.
    pub class: ResourceClass,
    /// The service, by its name here (`s3`).
    pub service: &'static str,
    /// What the service calls it (`bucket`).
    pub noun: &'static str,
}

/// One resource of one region.
///
/// They are ordered by class, service, name and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId<'a> {
    /// What it is.
    pub kind: ResourceKind,
    /// Its label in the scenario, which is the name by which clients find it; empty for what is there once.
    pub name: &'a str,
    /// The label of its region; empty for what is in none.
    pub region: &'a str,
}

impl<'a> ResourceId<'a> {
    /// The label and the region of a keyed store; nothing for what keeps no values.
    pub fn as_store(self) -> Option<(&'a str, &'a str)> {
        (self.kind.class == ResourceClass::KeyedStore).then_some((self.name, self.region))
    }

    /// Whether it is the keyed store labelled `label`, in whichever region.
    pub fn is_store(self, label: &str) -> bool {
        self.as_store().is_some_and(|(name, _)| name == label)
    }

    /// Whether it is the keyed store labelled `label` in `region`.
    pub fn is_store_in(self, label: &str, region: &str) -> bool {
        self.as_store() == Some((label, region))
    }

    /// Whether it is of this class and in this region.
    pub fn is_of(self, class: ResourceClass, region: &str) -> bool {
        self.kind.class == class && self.region == region
    }

    /// Whether it is what `name` stands for in `region`; the resolver is found by no name.
    pub fn is_named(self, name: &str, region: &str) -> bool {
        self.kind.class != ResourceClass::Resolver && self.name == name && self.region == region
    }
}

impl std::fmt::Display for ResourceId<'_> {
    /// `bucket programs in primary`; what is there once in a region has no name, and what is in none no region.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let noun = self.kind.noun;
        match (self.kind.class, self.region) {
            (ResourceClass::Stream, region) => write!(f, "the {noun} in {region}"),
            (_, "") => f.write_str(noun),
            (_, region) => write!(f, "{noun} {} in {region}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: ResourceKind = ResourceKind {
        class: ResourceClass::KeyedStore,
        service: "dynamodb",
        noun: "table",
    };

    #[test]
    fn a_store_of_any_service_is_a_store() {
        let orders = ResourceId {
            kind: TABLE,
            name: "orders",
            region: "primary",
        };
        assert_eq!(orders.as_store(), Some(("orders", "primary")));
        assert!(orders.is_store("orders") && !orders.is_store_in("orders", "backup"));
        assert_eq!(orders.to_string(), "table orders in primary");
    }
}
