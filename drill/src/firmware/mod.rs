//! How devices behave when they lose their connection, and what the cloud lets in: the part of a fleet that a drill plays
//! live and a forecast simulates, from one source.

mod profile;
mod quota;
mod reconnect;

pub use profile::{Overrides, Profile};
pub use quota::Quota;
pub use reconnect::{Growth, Jitter, Reconnect};
