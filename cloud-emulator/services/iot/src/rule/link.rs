//! A rule's link to the broker, inside the broker's process.
//!
//! The broker numbers the messages of a topic filter, so a message that was dropped before the link took
//! it shows as a gap in these numbers. It also stops sending after some hundred messages until it is told
//! to go on.

use bytes::Bytes;
use rumqttd::Notification;
use rumqttd::local::{LinkError, LinkRx, LinkTx};

use crate::router::{Link, MessageRouter};
use crate::topic;

/// A subscription of a rule.
pub(crate) struct RuleLink {
    receiver: LinkRx,
    /// It holds the subscription.
    _sender: LinkTx,
    /// The number of the message that comes next.
    next: u64,
}

/// A message, and how many before it were missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) payload: Bytes,
    pub(crate) missed: u64,
}

impl RuleLink {
    /// Subscribes `rule` to `topic`; messages published once this returns reach it.
    ///
    /// # Errors
    /// The broker refuses, or is gone.
    pub(crate) async fn open(
        router: &MessageRouter,
        rule: usize,
        topic: &str,
    ) -> Result<RuleLink, LinkError> {
        let Link {
            tx: mut sender,
            rx: mut receiver,
        } = router
            .link(&format!("firedrill-rule-{rule}"))
            .map_err(|error| *error)?;
        sender.subscribe(topic::to_router(topic))?;
        loop {
            let notification = receiver.next().await?;
            if let Some(Notification::DeviceAck(_)) = notification {
                return Ok(RuleLink {
                    receiver,
                    _sender: sender,
                    next: 0,
                });
            }
        }
    }

    /// The next message. Nothing is lost when this future is dropped before it is ready.
    ///
    /// # Errors
    /// The broker is gone.
    pub(crate) async fn next(&mut self) -> Result<Received, LinkError> {
        loop {
            match self.receiver.next().await? {
                Some(Notification::Forward(forward)) => {
                    let number = forward.cursor.map_or(self.next, |(_, number)| number);
                    let missed = number.saturating_sub(self.next);
                    self.next = number + 1;
                    return Ok(Received {
                        payload: forward.publish.payload,
                        missed,
                    });
                }
                // Unanswered, the link stands still for good.
                Some(Notification::Unschedule) => self.receiver.ready()?,
                Some(_) | None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rumqttd::RouterConfig;

    use super::*;

    fn router(segment: usize, segments: usize) -> MessageRouter {
        MessageRouter::with(RouterConfig {
            max_connections: 10,
            max_outgoing_packet_count: 200,
            max_segment_size: segment,
            max_segment_count: segments,
            ..RouterConfig::default()
        })
    }

    async fn published(router: &MessageRouter, messages: u64) -> (u64, u64) {
        let mut link = RuleLink::open(router, 0, "dt/+/telemetry").await.unwrap();
        let Link {
            tx: mut sender,
            rx: _receiver,
        } = router.link("device").unwrap();
        for n in 0..messages {
            sender.publish("dt/1/telemetry", format!("{n:0100}")).unwrap();
        }
        let (mut received, mut missed) = (0, 0);
        while received + missed < messages {
            let message = link.next().await.unwrap();
            missed += message.missed;
            assert_eq!(message.payload, format!("{:0100}", received + missed), "in order");
            received += 1;
        }
        (received, missed)
    }

    #[tokio::test]
    async fn the_link_goes_on_after_each_pause() {
        assert_eq!(published(&router(1 << 20, 8), 5_000).await, (5_000, 0));
    }

    #[tokio::test]
    async fn what_the_broker_dropped_is_counted() {
        // The broker keeps about 20 messages, and hands out some 200 before the link is asked again.
        let (received, missed) = published(&router(1024, 2), 5_000).await;
        assert!(
            received >= 10 && missed > 0,
            "{received} received, {missed} missed"
        );
        assert_eq!(received + missed, 5_000);
    }
}
