//! What answers lookups of names.

use crate::resource::{ResourceClass, ResourceId, ResourceKind};

/// What answers lookups of names.
pub const RESOLVER: ResourceKind = ResourceKind {
    class: ResourceClass::Resolver,
    service: "dns",
    noun: "names",
};

/// What all names rest on.
pub const NAMES: ResourceId<'static> = ResourceId {
    kind: RESOLVER,
    name: "",
    region: "",
};
