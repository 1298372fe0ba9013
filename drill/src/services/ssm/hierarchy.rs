//! Parameter hierarchies: each a keyed store in every region that has it, of which nothing makes copies by itself.

use crate::resource::{ResourceClass, ResourceId, ResourceKind};
use crate::scenario::chosen::Choosable;
use crate::scenario::decode::NameKind;
use crate::scenario::{Cloud, Inventory};

/// A logical parameter hierarchy in one region.
pub const HIERARCHY: ResourceKind = ResourceKind {
    class: ResourceClass::KeyedStore,
    service: "ssm",
    noun: "hierarchy",
};

/// The hierarchy labelled `label` in the region labelled `region`.
pub(crate) fn hierarchy<'a>(label: &'a str, region: &'a str) -> ResourceId<'a> {
    ResourceId {
        kind: HIERARCHY,
        name: label,
        region,
    }
}

/// Labels of hierarchies.
pub(crate) const HIERARCHIES: NameKind = NameKind::of_data("parameter hierarchy");

/// The hierarchies, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hierarchies(pub(crate) Vec<Hierarchy>);

impl Choosable for Hierarchies {
    fn name(&self) -> &'static str {
        "parameters"
    }
}

/// Parameters whose names begin with one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    /// What the scenario calls it.
    pub label: String,
    /// What the names of its parameters begin with (`/factory/config/`), in every region.
    pub path: String,
    /// The label of its home region.
    pub region: String,
    /// What it holds at drill 0.
    pub values: Option<Inventory>,
    /// The label of the region that has what it holds at drill 0, too.
    pub copied_to: Option<String>,
    /// Where it stands in the file.
    pub line: u32,
}

impl Cloud {
    /// The parameter hierarchies, in the order of the file.
    pub fn hierarchies(&self) -> &[Hierarchy] {
        self.section::<Hierarchies>()
            .map_or(&[], |hierarchies| &hierarchies.0)
    }
}
