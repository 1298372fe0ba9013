//! What lies beside a scenario and a drill would stumble over: scripts that cannot be executed, packages that are not
//! there, handlers that are not in them.
//!
//! ```text
//!   scenario, places ──► scripts of shell steps ──┐
//!                   └──► packages of functions ───┼──► errors with file, line and field; warnings
//!                              └──► their Python ─┘
//! ```
//!
//! The parser does no I/O; `check`, `run` and `cloud` look here once a scenario reads well. Nothing of the user's is
//! run: shells and Python parse what is theirs, in processes of their own.

mod check;
mod digests;
mod executable;
mod fields;
mod looked;
mod named;
mod needs;
mod packages;
mod program;
mod python;
mod scripts;
mod syntax;

pub(crate) use self::check::{Found, check};
pub(crate) use self::digests::digests;
pub(crate) use self::named::{Named, named};
pub(crate) use self::needs::HOW_TO_GET_AWS;
pub(crate) use self::program::{find_program, is_installed};

#[cfg(test)]
mod tests;
