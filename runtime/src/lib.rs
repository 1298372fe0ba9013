//! What a drill runs on: its clock and timers, the records that it leaves, the processes that it starts.
//!
//! ```text
//!   wall        the only place that reads the machine's clocks
//!   clock       drill time, guards and limits of its rate, one queue of timers
//!   journal     journal.jsonl ─┐
//!   records     ledger.bin,    ├─ each written by one thread behind a bounded queue (sink)
//!               audit.bin     ─┘
//!   supervisor  child processes, none of which outlives the drill
//!   sandbox     users' scripts and functions, which reach the drill's endpoints and nothing else
//!   peer        the user at the other end of a connection
//!   removal     of folders, however deep they are
//!   preflight   open files, ports and folders, before anything is started
//! ```

pub mod clock;
pub mod journal;
pub mod peer;
pub mod preflight;
pub mod records;
mod removal;
pub mod sandbox;
mod sink;
pub mod supervisor;
pub mod wall;

pub use clock::Clock;
pub use journal::Journal;
pub use records::Records;
pub use removal::remove_tree;
pub use sink::WriteError;
pub use supervisor::Supervisor;
