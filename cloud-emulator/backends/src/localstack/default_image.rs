//! The image of LocalStack that is taken unless another is named.

/// The image unless another is named: the last LocalStack that needs no token.
pub const DEFAULT_IMAGE: &str = "localstack/localstack:4.14.0";
