//! What a drill runs on: its clock and timers, the records that it leaves, the processes that it starts.
//!
//! ```text
//!                    ┌ wall         the only place that reads the machine's clocks
//!   drill time ◄─────┤
//!                    └ clock        drill time, guards and ceilings of its rate, one queue of timers
//! ```

pub mod clock;
pub mod wall;

pub use clock::Clock;
