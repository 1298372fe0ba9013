//! Functions, which keep nothing.

use crate::resource::{ResourceClass, ResourceId, ResourceKind};
use crate::scenario::chosen::Choosable;
use crate::scenario::decode::{Fields, Name, NameKind};
use crate::scenario::probes::Route;
use crate::scenario::{Cloud, Scenario};
use crate::units::{ByteSize, Span};

/// A function in one region.
pub const FUNCTION: ResourceKind = ResourceKind {
    class: ResourceClass::Compute,
    service: "lambda",
    noun: "function",
};

/// The function labelled `label` in the region labelled `region`.
pub fn function<'a>(label: &'a str, region: &'a str) -> ResourceId<'a> {
    ResourceId {
        kind: FUNCTION,
        name: label,
        region,
    }
}

/// Labels of functions.
pub(crate) const FUNCTIONS: NameKind = NameKind::new("function");

/// The functions, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Functions(pub(crate) Vec<Function>);

impl Choosable for Functions {
    fn name(&self) -> &'static str {
        "functions"
    }
}

/// A function of the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// What the scenario calls it.
    pub label: String,
    /// Its name at AWS; default the label.
    pub name: String,
    /// The labels of the regions that have it from the start, the one in use first; default the primary.
    pub regions: Vec<String>,
    /// What it runs.
    pub code: FunctionCode,
    /// After how long an invocation is ended, in wall time; default 3s, as Lambda has it.
    pub timeout: Span,
    /// Its memory; default 128 MiB, as Lambda has it.
    pub memory: ByteSize,
    /// Execution environments that are reserved for it.
    pub reserved_concurrency: Option<u32>,
    /// The label of the bucket that it writes to; the variable `BUCKET` has its name in the function's region.
    pub bucket: Option<String>,
    /// Further variables of its environment.
    pub env: Vec<(String, String)>,
    /// The label of the bucket to which asynchronous events go that failed for good.
    pub on_failure: Option<String>,
    /// How often an asynchronous event is tried again; default 2, as Lambda has it.
    pub retries: u32,
    /// Where it stands in the file.
    pub line: u32,
}

/// The alias under which rules and probes invoke a function; it points to the version that is live.
pub const LIVE: &str = "live";

/// What a function runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionCode {
    /// One that ships with Firedrill.
    BuiltIn(BuiltIn),
    /// A zip or a folder beside the scenario, by its path from there.
    Package {
        /// The path.
        path: String,
        /// `provided.al2023`, `python3.12` and so on.
        runtime: String,
        /// As Lambda has it (`module.function`).
        handler: String,
    },
}

/// Functions that ship with Firedrill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// `telemetry-ingest`: a rule's batches become objects.
    TelemetryIngest,
    /// `program-validator`: checks a program and announces it to devices.
    ProgramValidator,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [BuiltIn; 2] = [BuiltIn::TelemetryIngest, BuiltIn::ProgramValidator];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BuiltIn::TelemetryIngest => "telemetry-ingest",
            BuiltIn::ProgramValidator => "program-validator",
        }
    }
}

impl Cloud {
    /// The functions, in the order of the file.
    pub fn functions(&self) -> &[Function] {
        self.section::<Functions>().map_or(&[], |functions| &functions.0)
    }

    /// The function labelled `label`.
    pub fn function(&self, label: &str) -> Option<&Function> {
        self.functions().iter().find(|function| function.label == label)
    }
}

/// A request that invokes a function needs the function, and the store that this writes to, which is the one of its own
/// region.
pub(crate) fn invoke<'a>(route: &mut Route<'a, '_>, label: &'a str, region: &'a str) {
    route.through(function(label, region));
    let declared = route.cloud.function(label);
    if let Some(bucket) = declared.and_then(|declared| declared.bucket.as_deref()) {
        route.through_store(bucket, region);
    }
}

/// Which function a fault or an action is about, and in which region, as every such fault and action says it.
pub(super) fn which_function(f: &mut Fields<'_, '_>, region: &str) -> (Option<String>, Option<String>) {
    (
        f.required("function", "The label of the function.", Name::Of(FUNCTIONS)),
        f.optional("region", region, Name::Of(NameKind::REGION)),
    )
}

/// A function in one region, or in every one where it may be.
pub(super) fn in_regions<'a>(
    scenario: &'a Scenario,
    label: &'a str,
    region: Option<&'a str>,
) -> impl Iterator<Item = ResourceId<'a>> {
    let regions = scenario.cloud.regions.iter().map(|known| known.label.as_str());
    let chosen = regions.filter(move |known| region.is_none_or(|region| region == *known));
    chosen.map(move |region| function(label, region))
}
