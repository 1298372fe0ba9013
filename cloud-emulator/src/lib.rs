//! The AWS that drills break, put together from its crates.
//!
//! ```text
//!   cloud-emulator    this: the registry of services, a cloud from start to end, faults that are about no service alone
//!   services/<name>   s3, lambda, iot, dns, sts: what each emulates, and its faults
//!   backends          what is below: nothing, LocalStack in containers, other endpoints
//!   service           what a service has to be, and may rely on
//!   gateway           listeners, signatures, rules, error formats; no service inside
//!   client            S3 and REST APIs through the gateway, or past it
//! ```
//!
//! Arrows point down only. What users of a cloud work with is named here again.

#![forbid(unsafe_code)]

pub mod cloud;
pub mod faults;
pub mod functions;

pub use cloud_backends::localstack as containers;
pub use cloud_client as client;
pub use cloud_gateway as gateway;
pub use cloud_service as service;
pub use service_dns as resolver;
pub use service_iot as iot;
pub use service_iot::data as iot_data;
pub use service_lambda as lambda;
pub use service_s3::embedded as s3;
pub use service_s3::{remote, replication};
pub use service_sts as sts;

/// S3 behind the gateway, and what it keeps its objects in.
pub mod backend {
    pub use service_s3::{S3, S3Storage, Storage};
}
