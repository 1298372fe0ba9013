//! What the brokers are told by the program that stands up the cloud.

use std::path::PathBuf;
use std::sync::Arc;

use super::report::Trouble;

/// What the brokers are told by the program that stands up the cloud.
#[derive(Clone)]
pub struct IotSettings {
    /// The file in which brokers leave their marks, with the region's label behind its name.
    pub marks: PathBuf,
    /// Is told what goes wrong with the brokers' rules.
    pub on_trouble: Arc<dyn Fn(Trouble) + Send + Sync>,
}
