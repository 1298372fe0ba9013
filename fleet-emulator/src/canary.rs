//! A canary: one message through the same listener as the devices', for a probe of the telemetry path.
//!
//! It makes a session of its own for each message, so that it finds a broker that still serves the
//! sessions it has and takes no new ones.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use drill::ledger::{CANARY, MessageId};
use drill::telemetry;
use drill::units::DrillTime;

use crate::dial::{Dial, TcpDial};
use crate::driver::Common;
use crate::wire::{Connection, ConnectionError, Received};

/// What the client ids of canaries begin with. Each message has one of its own (`canary-7`): rounds of a
/// probe may overlap, and a broker ends the session of a client whose id comes again.
pub const CANARY_CLIENT: &str = "canary";
/// The topic of canaries; a rule for `dt/+/telemetry` takes it.
pub const CANARY_TOPIC: &str = "dt/canary/telemetry";

/// Publishes canaries' messages under the device number [`CANARY`].
pub struct Canary {
    common: Arc<Common>,
    dial: TcpDial,
}

impl Canary {
    pub(crate) fn new(common: Arc<Common>, endpoint: SocketAddr) -> Canary {
        Canary {
            common,
            dial: TcpDial {
                endpoints: vec![endpoint],
            },
        }
    }

    /// Publishes message `seq` (each at most once), due now; ready when the broker has acknowledged it.
    /// It waits as long as the broker does: the caller limits it in drill time. The ledger has it as
    /// dropped when it fails, or when this future is dropped.
    ///
    /// # Errors
    /// If there is no session to be had, or it ends before the acknowledgement.
    pub async fn publish(&self, seq: u32) -> Result<MessageId, ConnectionError> {
        let mut sent = Sent::record(&self.common, seq);
        let line = telemetry::encode(CANARY, seq, sent.at, self.common.payload);
        let stream = self.dial.dial(0).await?;
        let mut connection = Connection::begin(stream, format!("{CANARY_CLIENT}-{seq}"));
        loop {
            match poll_fn(|cx| connection.poll_received(cx)).await? {
                Received::Connected => connection.publish(CANARY_TOPIC.to_owned(), 1, false, line.clone()),
                Received::PubAck(1) => break,
                _ => {}
            }
        }
        sent.acknowledged = true;
        connection.disconnect();
        // It has done its work: an error of the good-bye is none of the telemetry path.
        let _: io::Result<()> = poll_fn(|cx| connection.poll_written(cx)).await;
        Ok(MessageId { device: CANARY, seq })
    }
}

/// Records in the ledger what became of a canary, also when the probe no longer waits for it.
struct Sent<'a> {
    common: &'a Common,
    seq: u32,
    at: DrillTime,
    acknowledged: bool,
}

impl<'a> Sent<'a> {
    fn record(common: &'a Common, seq: u32) -> Sent<'a> {
        let mut ledger = common.ledger.lock();
        // Under the lock: the epoch of this instant has not been handed out.
        let at = common.clock.now();
        ledger.canary_sent(seq, at);
        drop(ledger);
        Sent {
            common,
            seq,
            at,
            acknowledged: false,
        }
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        let mut ledger = self.common.ledger.lock();
        ledger.canary_ended(self.seq, self.at, self.acknowledged);
    }
}
