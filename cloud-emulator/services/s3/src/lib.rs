//! S3 of the emulated cloud: the embedded store or that of other endpoints, its protocol, replication, and its faults.
//!
//! ```text
//!   gateway ──► S3 ──► Front ─┬─► s3s (HTTP ⇄ typed requests, signatures) ──► embedded: a versioned store in memory
//!                             └─► remote: other endpoints, one for each region or one for all
//!                                                     either ──Change──► replication ──► the other region's bucket
//! ```

#![forbid(unsafe_code)]

mod buckets;
pub mod embedded;
mod emulated;
mod error;
mod faults;
mod front;
mod kind;
mod lifecycle;
mod past;
mod protocol;
pub mod remote;
pub mod replication;
mod s3;
mod settings;
mod storage;

pub use self::emulated::S3Service;
pub use self::error::S3Failure;
pub use self::front::Front;
pub use self::kind::S3Kind;
pub use self::past::{Past, Pasts};
pub use self::s3::S3;
pub use self::settings::S3Settings;
pub use self::storage::{S3Storage, Storage};
