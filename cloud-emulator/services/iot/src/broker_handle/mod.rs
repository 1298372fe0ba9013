//! The broker of a region over the lives of its processes, at an address that remains the same.
//!
//! ```text
//!              start, restart                     kill, hold_down, a crash
//!   no process ──────────────► a process answers ─────────────────────────► no process: refused
//!        ▲                       │        ▲                                     │
//!        └── held down: cannot   └ freeze ┘ thaw                                │
//!            be started     ◄───────────────────────────────────────────────────┘
//! ```
//!
//! Faults kill, freeze and hold down; steps of the runbook restart. Each process is a life: it has a number
//! and leaves marks of its own. An unexpected end is a crash, which alone ends a drill. What is
//! wanted is kept apart from what is: a region that comes back has its broker again, unless something else
//! had killed that before.

mod address;
mod guards;
mod handle;

pub use self::guards::{FreezeGuard, HoldGuard, KillGuard, RefusalGuard};
pub use self::handle::{BrokerHandle, BrokerOptions};
