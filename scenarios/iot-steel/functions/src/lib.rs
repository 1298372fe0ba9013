//! What the system of these scenarios brings along, since no other system has it: the function that checks programs in
//! Steel, a Scheme, and the interpreter that runs them on devices.
//!
//! ```text
//!   operator ──event──► program-validator ──iotdata Publish──► devices ──► interpreter, in a sandbox
//!                       FUNCTIONS                                          INTERPRETER
//! ```
//!
//! The program `firedrill` plugs both in; the emulators of cloud and fleet know neither.

#![forbid(unsafe_code)]

mod program_validator;
#[cfg(feature = "steel")]
mod programs;

use cloud_emulator::functions::BuiltInFunction;
use fleet_emulator::Interpreter;

/// The functions of this system.
pub const FUNCTIONS: &[BuiltInFunction] = &[program_validator::FUNCTION];

/// What runs programs on its devices, in a build with the feature `steel`.
#[cfg(feature = "steel")]
pub const INTERPRETER: Option<&dyn Interpreter> = Some(&programs::Steel);
/// What runs programs on its devices, in a build with the feature `steel`.
#[cfg(not(feature = "steel"))]
pub const INTERPRETER: Option<&dyn Interpreter> = None;
