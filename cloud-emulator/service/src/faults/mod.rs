//! Faults: what one is that a service knows, how it is kept in force, and what its verification finds.
//!
//! ```text
//!   plan (targets) ──► inject ──► ActiveFault (what was touched; a guard, if it can end)
//!                                   │
//!                      verify ◄─────┘   reads back, with the keys of the audit
//! ```

mod active;
mod context;
mod error;
mod evidence;
mod injectable;

pub use self::active::{ActiveFault, Ending, FaultGuard};
pub use self::context::FaultContext;
pub use self::error::{FaultError, PartialInjection};
pub use self::evidence::{FaultEvidence, Sampled, ask_sample};
pub use self::injectable::InjectableFault;
