//! Messages that do not come from a connection: what services publish, and last wills, inside the broker's process.

use bytes::Bytes;
use parking_lot::Mutex;
use rumqttd::local::{LinkError, LinkRx, LinkTx};
use rumqttd::protocol::{LastWill, Packet, Publish};

use super::error::BrokerError;
use super::router::{Link, MessageRouter};
use super::topic;

/// A link that publishes.
pub(super) struct Injector {
    sender: Mutex<LinkTx>,
    /// It is never read: the router stops handing it messages after some hundred.
    _receiver: LinkRx,
}

impl Injector {
    /// A link that publishes under `name`, and holds a subscription to everything. That is what lets clients publish to
    /// topics without subscribers, as AWS does: rumqttd hangs up on a client that publishes a message that no filter
    /// matches.
    ///
    /// # Errors
    /// The broker refuses, or is gone.
    pub(super) fn open(router: &MessageRouter, name: &str) -> Result<Injector, BrokerError> {
        let Link { mut tx, rx } = router.link(name).map_err(|error| cannot(*error))?;
        tx.subscribe("#").map_err(cannot)?;
        Ok(Injector {
            sender: Mutex::new(tx),
            _receiver: rx,
        })
    }

    /// Publishes at QoS 0 within the process, where nothing is lost on the way to the router.
    ///
    /// # Errors
    /// The broker is gone.
    pub(super) fn publish(&self, topic: String, payload: Vec<u8>) -> Result<(), BrokerError> {
        self.sender
            .lock()
            .publish(topic::to_router(&topic).into_owned(), payload)
            .map(drop)
            .map_err(cannot)
    }

    /// Publishes the last will of a client. Where the broker is gone, so is everybody who could hear it.
    pub(super) fn publish_will(&self, will: LastWill) {
        let Ok(name) = topic::check_name(&will.topic) else {
            return;
        };
        let name = Bytes::from(topic::to_router(name).into_owned());
        let publish = Publish::new(name, will.message, will.retain);
        let mut sender = self.sender.lock();
        // Sending does not suspend: the router's channel is waited for by the thread.
        let _ = futures::FutureExt::now_or_never(sender.send(Packet::Publish(publish, None)));
    }
}

fn cannot(error: LinkError) -> BrokerError {
    BrokerError::new(format!("cannot publish: {error}"))
}
