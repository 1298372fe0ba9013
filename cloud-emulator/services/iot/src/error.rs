//! Why a broker is not there.

/// The broker cannot start, or cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the MQTT broker {0}")]
pub struct BrokerError(pub(super) String);

impl BrokerError {
    pub(super) fn new(why: impl Into<String>) -> BrokerError {
        BrokerError(why.into())
    }
}
