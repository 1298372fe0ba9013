//! The function that a step works on.

use cloud_emulator::client::rest::Rest;
use drill::scenario::Function;

use crate::conductor::runbook::StepContext;

/// A function in one region, as a step finds it.
pub(super) struct FunctionTarget<'a> {
    pub(super) function: &'a Function,
    /// The label of the region.
    pub(super) region: String,
    /// Its Lambda, as the operator reaches it.
    pub(super) rest: Rest,
}

/// The function of this label in the region that is asked for, or where it is used now.
pub(super) fn target<'a>(step: &StepContext<'a>, label: &str, region: Option<&str>) -> FunctionTarget<'a> {
    let drill = step.drill;
    let function = drill.spec.scenario.cloud.function(label);
    let region = region.map_or_else(|| drill.access.active_region(label).to_string(), str::to_owned);
    FunctionTarget {
        function: function.expect("the scenario's references were checked"),
        rest: step.rest.at(&region).clone(),
        region,
    }
}
