//! What systems bring along that are drilled: their functions, and the interpreter of what their devices run. A system adds
//! a line here, and a scenario's names for its functions in [`drill::scenario::BuiltIn`].

use cloud_emulator::functions::BuiltInFunction;
use fleet_emulator::Interpreter;

/// The functions of each system, after those that any can use.
const FUNCTIONS: &[&[BuiltInFunction]] = &[
    cloud_emulator::functions::FUNCTIONS,
    iot_steel_functions::FUNCTIONS,
];

/// What runs programs on devices, in a build that has it. Without it devices check the digest of what they receive.
pub(crate) const INTERPRETER: Option<&dyn Interpreter> = iot_steel_functions::INTERPRETER;

/// All functions that scenarios can name with `built_in:`.
pub(crate) fn functions() -> Vec<BuiltInFunction> {
    FUNCTIONS.concat()
}

#[cfg(test)]
mod tests {
    use drill::scenario::BuiltIn;

    use super::*;

    #[test]
    fn every_function_that_scenarios_can_name_is_built_in() {
        let built_in: Vec<&str> = functions().iter().map(|function| function.name).collect();
        assert_eq!(built_in, BuiltIn::ALL.map(BuiltIn::name));
    }
}
