//! What the reaper is to run once its parent is gone: for what no signal ends and no folder holds, such as
//! containers, which belong to an engine of their own.
//!
//! ```text
//!   run_afterwards(program) ──► command <number> <hex>\n ──► reaper
//!   drop(Afterwards)        ──► forget <number>\n        ──►   │ end of file
//!                                                              └─► the programs that are left, all at once
//! ```

use std::sync::mpsc::Sender;

use super::command::Command;

/// An order for the reaper, which holds until this is dropped: drop it once the work is done.
/// [`Afterwards::keep`] makes it permanent.
#[must_use = "dropping it withdraws the order"]
#[derive(Debug)]
pub struct Afterwards {
    number: u64,
    commands: Option<Sender<Command>>,
}

impl Afterwards {
    pub(super) fn new(number: u64, commands: Sender<Command>) -> Afterwards {
        Afterwards {
            number,
            commands: Some(commands),
        }
    }

    /// The order holds for as long as the supervisor works: the program will run when this process ends, in
    /// whatever way.
    pub fn keep(mut self) {
        self.commands = None;
    }
}

/// Withdraws the order. The supervisor's thread takes notice when it next wakes, at the latest when it ends.
impl Drop for Afterwards {
    fn drop(&mut self) {
        if let Some(commands) = self.commands.take() {
            // A supervisor that was shut down has no orders any more.
            let _ = commands.send(Command::Forget(self.number));
        }
    }
}
