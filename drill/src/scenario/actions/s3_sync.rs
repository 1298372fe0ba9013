//! `s3.sync`: what `aws s3 sync` does, which compares sizes and dates and nothing else.

use serde::{Deserialize, Serialize};

use crate::scenario::Location;

/// Copies what is absent, of another size, or older at the destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Sync {
    /// Where objects come from.
    pub from: Location,
    /// Where they go.
    pub to: Location,
    /// As `--delete`: what the source does not have is deleted at the destination.
    pub delete: bool,
}

impl S3Sync {
    /// Its name in a scenario.
    pub const NAME: &'static str = "s3.sync";
}
