//! Runs programs as the firmware of devices does.

use std::time::Duration;

use fleet_emulator::{Interpreter, ProgramError, ProgramLimits};
use steel::steel_vm::engine::Engine;

/// What a program may take of the processor, the start of its interpreter included.
const CPU: Duration = Duration::from_secs(10);

/// What it may take of wall time: on a busy machine it waits for its turn, which is not its failure.
const WALL: Duration = Duration::from_secs(60);

/// What it may take of memory, in bytes; an ESP32 has half a megabyte, the interpreter alone takes more.
const MEMORY: u64 = 1 << 30;

/// The interpreter of Steel, without access to files, processes and network.
pub(crate) struct Steel;

impl Interpreter for Steel {
    fn file_name(&self) -> &'static str {
        "program.scm"
    }

    fn limits(&self) -> ProgramLimits {
        ProgramLimits {
            cpu: CPU,
            wall: WALL,
            memory_bytes: MEMORY,
        }
    }

    fn interpret(&self, source: String) -> Result<(), ProgramError> {
        let mut engine = Engine::new_sandboxed();
        let ran = engine.run(source);
        ran.map(drop)
            .map_err(|error| ProgramError::Failed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_run_to_their_end_or_fail() {
        let run = |source: &str| Steel.interpret(source.to_owned());
        run("(define (twice n) (* 2 n))\n(if (= (twice 2) 4) 'done (error \"wrong\"))").unwrap();
        for wrong in [
            "(define (on)",
            "(no-such-function)",
            "(error \"as it was told to\")",
        ] {
            let error = run(wrong).unwrap_err();
            assert!(matches!(error, ProgramError::Failed(_)), "{wrong}: {error}");
        }
    }

    #[test]
    fn programs_open_no_files() {
        let file = std::env::current_exe().unwrap();
        let source = format!("(open-input-file {:?})", file.to_str().unwrap());
        Steel.interpret(source).unwrap_err();
    }
}
