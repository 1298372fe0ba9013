//! S3 as HTTP has it: which operation a request is, whose bucket it means, who may do it, and what the protocol library
//! leaves to be done.

mod access;
mod bucket_documents;
mod cut_short;
mod embedded_front;
mod host;
mod operation;
mod request;

pub(crate) use self::embedded_front::EmbeddedFront;
pub(crate) use self::host::bucket_of;
pub(crate) use self::request::{bucket, info};
