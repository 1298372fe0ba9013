//! What clients ask of S3 and of the gateway in front of it, and what replication makes of it, within one process.

mod gateway;
mod remote;
mod replication_semantics;
mod s3_aws_cli;
mod s3_http;
mod s3_store;
