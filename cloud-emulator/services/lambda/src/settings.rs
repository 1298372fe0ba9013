//! What Lambda is told by the program that stands up the cloud.

use std::path::PathBuf;
use std::sync::Arc;

use super::exec::Isolation;
use super::options::LambdaEvent;

/// What Lambda is told by the program that stands up the cloud.
#[derive(Clone)]
pub struct LambdaSettings {
    /// A folder of its own, in which functions' code is unpacked.
    pub code: PathBuf,
    /// How users' functions are kept apart from this machine.
    pub isolation: Isolation,
    /// Is told what becomes of functions' asynchronous events.
    pub on_function: Arc<dyn Fn(LambdaEvent) + Send + Sync>,
}
