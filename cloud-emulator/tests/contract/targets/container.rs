//! LocalStack as it is, in a container of its own, with nothing of ours before it.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::{RunningTarget, endpoint};
use crate::localstack::{self, Container};

pub(super) fn stand_up(_: &[String]) -> Result<Option<RunningTarget>, String> {
    let standing = |container: Arc<Container>| RunningTarget {
        reach: endpoint::at(&format!("http://{}", container.address())),
        _guard: Box::new(container),
    };
    Ok(shared()?.map(standing))
}

/// One that several clouds are made of, for as long as one of them stands.
pub(super) fn shared() -> Result<Option<Arc<Container>>, String> {
    static SHARED: Mutex<Weak<Container>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock();
    if let Some(container) = shared.upgrade() {
        return Ok(Some(container));
    }
    let container = localstack::start()?.map(Arc::new);
    *shared = container.as_ref().map_or_else(Weak::new, Arc::downgrade);
    Ok(container)
}
