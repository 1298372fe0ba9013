//! What a program that has functions built in knows of each, and how it runs one.

use super::end::FunctionEnd;

/// A function that is built into the program: it serves one name of `built_in:` in scenarios.
#[derive(Clone, Copy, Debug)]
pub struct BuiltInFunction {
    /// Its name in scenarios.
    pub name: &'static str,
    /// Works until the process is to end.
    pub run: fn() -> Result<(), FunctionEnd>,
}

/// A function cannot start, or cannot get events any more.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The program has no such function.
    #[error("the function {name} does not exist; there are {}", known.join(" and "))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names of those that there are.
        known: Vec<&'static str>,
    },
    /// It ended.
    #[error("the function {name} {end}")]
    Ended {
        /// Its name.
        name: &'static str,
        /// Why.
        end: FunctionEnd,
    },
}

/// The main of a function's process, to be called by a hidden subcommand before anything else is started; `functions`
/// are all that the program has. Returns when the process is to end, which is never a success: a function works until it is
/// ended.
///
/// # Errors
/// No such function, an environment in which it cannot work, a Runtime API that is gone.
pub fn function_main(name: &str, functions: &[BuiltInFunction]) -> Result<(), FunctionError> {
    let Some(function) = functions.iter().find(|function| function.name == name) else {
        return Err(FunctionError::Unknown {
            name: name.to_owned(),
            known: functions.iter().map(|function| function.name).collect(),
        });
    };
    (function.run)().map_err(|end| FunctionError::Ended {
        name: function.name,
        end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_function_is_refused_with_the_names_of_all() {
        let function = |name| BuiltInFunction { name, run: || Ok(()) };
        let error = function_main("third", &[function("first"), function("second")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the function third does not exist; there are first and second"
        );
    }
}
