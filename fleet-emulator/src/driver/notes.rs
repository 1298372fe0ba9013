//! What a driver records: counters for the journal, work for the governor, fates for the ledger.

use drill::units::DrillTime;
use runtime::wall;

use super::Driver;
use crate::device::{Input, Note};
use crate::dial::Dial;
use crate::epochs::Fate;
use crate::meters::{EndpointMeters, Meters};

impl<D: Dial> Driver<D> {
    pub(super) fn note(&mut self, note: Note, now: DrillTime, input: Input) {
        let refused = matches!(note, Note::Failed) && input == Input::Closed && self.endpoint.is_some();
        if refused || matches!(note, Note::Connected) {
            self.attempt_ended(now, true);
        }
        let common = &self.common;
        let meters = &common.meters;
        match note {
            Note::AttemptDue(due) => {
                self.expected = Some(due);
                common.governor.expect(due);
            }
            Note::Attempted => {
                Meters::add(&meters.attempts, 1);
                self.began = Some(wall::mono());
            }
            Note::Failed => {
                Meters::add(&meters.failures, 1);
                Meters::add(&meters.refused, u64::from(refused));
                self.finder.failed();
            }
            Note::Connected => {
                Meters::add(&meters.sessions, 1);
                if let Some(endpoint) = self.at_endpoint() {
                    Meters::add(&endpoint.connected, 1);
                }
                if let Some(began) = self.began.take() {
                    common.governor.connected(began);
                }
                self.finder.connected();
            }
            Note::Disconnected => {
                let on_wire = std::mem::take(&mut self.on_wire);
                self.timed = None;
                if let Some(endpoint) = self.at_endpoint() {
                    Meters::sub(&endpoint.connected, 1);
                    Meters::sub(&endpoint.on_wire, on_wire);
                }
            }
            Note::Produced(seq) => {
                Meters::add(&meters.produced, 1);
                common.ledger.lock().produced(self.device.number(), seq);
            }
            Note::Acknowledged(seq) => {
                Meters::add(&meters.acknowledged, 1);
                self.ended(seq, Fate::Acknowledged);
            }
            Note::Dropped(seq) => {
                Meters::add(&meters.dropped, 1);
                self.ended(seq, Fate::Dropped);
            }
        }
    }

    fn ended(&self, seq: u32, fate: Fate) {
        self.common.ledger.lock().ended(self.device.number(), seq, fate);
        if self.common.meters.pending() == 0 {
            self.common.settled.notify_waiters();
        }
    }

    /// A publish left the wire, whether or not its message was still wanted.
    pub(super) fn time_ack(&mut self, packet_id: u16) {
        let (Some(at), Some(endpoint)) = (self.endpoint, self.at_endpoint()) else {
            return;
        };
        Meters::add(&endpoint.taken, 1);
        if self.on_wire > 0 {
            Meters::sub(&endpoint.on_wire, 1);
            self.on_wire -= 1;
        }
        if let Some((timed, sent)) = self.timed
            && timed == packet_id
        {
            self.timed = None;
            self.common.governor.acknowledged(at, sent);
        }
    }

    /// An attempt to reach an endpoint is over, with an answer or without.
    pub(super) fn attempt_ended(&mut self, now: DrillTime, answered: bool) {
        let dialled = std::mem::take(&mut self.dialled);
        if let Some(endpoint) = self.endpoint {
            self.common.governor.ended(endpoint, now, dialled, answered);
        }
    }

    /// The meters of the endpoint that the device is connected to.
    pub(super) fn at_endpoint(&self) -> Option<&EndpointMeters> {
        self.common.meters.endpoints.get(self.endpoint?)
    }
}
