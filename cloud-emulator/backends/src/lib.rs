//! The AWS behind a drill, below the gateway: none, LocalStack in containers, or endpoints that run already. All are one
//! [`Backend`](cloud_service::Backend).

#![forbid(unsafe_code)]

mod embedded;
mod endpoints;
pub mod localstack;
mod localstacks;
mod provider;
mod url;

pub use self::provider::{EndpointsError, Provider, ProviderError};
pub use self::url::{UrlError, authority};
