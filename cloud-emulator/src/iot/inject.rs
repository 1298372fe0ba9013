//! Messages that do not come from a connection: what services publish, inside the broker's process.

use rumqttd::Broker;
use rumqttd::local::{LinkError, LinkRx, LinkTx};

use super::child::BrokerError;

/// A link that publishes.
pub(super) struct Injector {
    sender: LinkTx,
    /// It is never read: the router stops handing it messages after some hundred.
    _receiver: LinkRx,
}

impl Injector {
    /// A link that publishes, and holds a subscription to everything. That is what lets anybody publish to
    /// topics that nobody has subscribed to, as AWS does: rumqttd hangs up on who publishes a message that
    /// no filter matches.
    ///
    /// # Errors
    /// The broker refuses, or is gone.
    pub(super) fn open(broker: &Broker) -> Result<Injector, BrokerError> {
        let (mut sender, receiver) = broker.link("firedrill-services").map_err(cannot)?;
        sender.subscribe("#").map_err(cannot)?;
        Ok(Injector {
            sender,
            _receiver: receiver,
        })
    }

    /// Publishes at QoS 0 within the process, where nothing is lost on the way to the router.
    ///
    /// # Errors
    /// The broker is gone.
    pub(super) fn publish(&mut self, topic: String, payload: Vec<u8>) -> Result<(), BrokerError> {
        self.sender.publish(topic, payload).map(drop).map_err(cannot)
    }
}

fn cannot(error: LinkError) -> BrokerError {
    BrokerError::new(format!("cannot publish: {error}"))
}
