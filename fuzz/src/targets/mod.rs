//! The targets, one file each.

pub mod http;
pub mod mqtt;
pub mod records;
pub mod scenario;
pub mod zip;
