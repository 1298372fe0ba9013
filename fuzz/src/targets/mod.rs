//! The targets, one file or folder each.

pub mod http;
pub mod mqtt;
pub mod records;
pub mod scenario;
pub mod zip;
