//! The subcommands, a file each.

mod baseline_file;
mod calibrate;
pub(crate) mod capacity;
pub(crate) mod check;
pub(crate) mod ci;
pub(crate) mod cloud;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod findings;
pub(crate) mod forecast;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod mqtt;
pub(crate) mod new;
pub(crate) mod notification;
pub(crate) mod ready;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod schema;
mod study;
mod threads;
pub(crate) mod verify;
mod watched;

pub(crate) use self::ready::Ready;
