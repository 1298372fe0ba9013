//! What resources are set to, as clients find them: a call that leaves all of it as it was has changed nothing.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use cloud_emulator::gateway::RequestInfo;
use drill::journal::StepError;
use futures::future::BoxFuture;

/// Reads them, once it knows how. Clones read by the same.
#[derive(Clone, Default)]
pub(crate) struct Settings(Arc<OnceLock<Box<dyn ReadSettings>>>);

/// Reads what the resource that a call is about is set to.
pub(crate) trait ReadSettings: Send + Sync {
    /// In words that are the same where it is the same; none where calls of its service have no such resource.
    fn read<'a>(&'a self, seen: &'a RequestInfo) -> BoxFuture<'a, Option<String>>;
}

impl Settings {
    /// From now on they are read so.
    pub(crate) fn read_by(&self, reader: Box<dyn ReadSettings>) {
        // Set only once.
        let _ = self.0.set(reader);
    }

    /// What a call is about, in words that are the same where it is the same.
    pub(crate) async fn describe(&self, seen: &RequestInfo) -> Option<String> {
        self.0.get()?.read(seen).await
    }
}

/// What was found, or the code of the error.
pub(crate) fn shown<T: Debug>(found: Result<T, StepError>) -> String {
    match found {
        Ok(found) => format!("{found:?}"),
        Err(error) => error.code,
    }
}
