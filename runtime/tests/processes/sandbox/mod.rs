//! The sandbox with real processes.

mod bench;
mod endpoints;
mod figures;
mod files;
mod memory;
pub(crate) mod processes;
mod shim;
pub(crate) mod users;
