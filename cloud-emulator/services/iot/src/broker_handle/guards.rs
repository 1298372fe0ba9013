//! What faults do to a broker, and the guards that end it again.

use super::handle::{BrokerHandle, State};
use crate::control::Order;
use crate::parent::Broker;

/// A broker was killed. Dropping this does nothing, unless it is [`KillGuard::restarting`]: what was
/// killed stays dead until it is restarted.
#[derive(Debug)]
pub struct KillGuard {
    site: BrokerHandle,
    restarts: bool,
}

impl KillGuard {
    /// Makes this one start the broker when it is dropped, as a provider does who notices. It comes back
    /// later if it is held down then.
    pub fn restarting(mut self) -> KillGuard {
        self.restarts = true;
        self
    }
}

impl Drop for KillGuard {
    fn drop(&mut self) {
        if self.restarts {
            self.site.shared.state.lock().wanted = true;
            self.site.bring_back();
        }
    }
}

/// The broker cannot be started until this is dropped. Then it comes back, if it is wanted and nothing else
/// holds it down.
#[derive(Debug)]
pub struct HoldGuard {
    site: BrokerHandle,
    number: u64,
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        self.site.shared.state.lock().holds.remove(&self.number);
        self.site.bring_back();
    }
}

/// The broker is frozen until this is dropped, and everything else that froze the same process. A process
/// that is started instead of it is not.
#[derive(Debug)]
pub struct FreezeGuard {
    broker: Option<Broker>,
    _hold: Option<HoldGuard>,
}

impl Drop for FreezeGuard {
    fn drop(&mut self) {
        if let Some(broker) = &self.broker {
            broker.thaw();
        }
    }
}

/// Newcomers are refused until this is dropped, and everything else that refuses them.
#[derive(Debug)]
pub struct RefusalGuard {
    site: BrokerHandle,
}

impl Drop for RefusalGuard {
    fn drop(&mut self) {
        let mut state = self.site.shared.state.lock();
        state.refusals -= 1;
        if state.refusals == 0 {
            state.send(Order::Refuse { on: false });
        }
    }
}

impl State {
    /// Sends an order to the newest process, if it is alive.
    fn send(&self, order: Order) {
        if let Some(broker) = self.broker.as_ref().filter(|broker| broker.is_alive()) {
            broker.send(order);
        }
    }
}

impl BrokerHandle {
    /// Has the edge answer each CONNECT with "server unavailable"; who is connected stays. It outlives a
    /// restart.
    pub fn refuse(&self) -> RefusalGuard {
        let mut state = self.shared.state.lock();
        state.refusals += 1;
        state.send(Order::Refuse { on: true });
        RefusalGuard { site: self.clone() }
    }

    /// Resets the connections of all who are there.
    pub fn reset_sessions(&self) {
        self.shared.state.lock().send(Order::Reset);
    }

    /// Kills the broker (SIGKILL): what it had in memory is lost, connections are refused.
    pub fn kill(&self) -> KillGuard {
        let mut state = self.shared.state.lock();
        state.wanted = false;
        if let Some(broker) = &state.broker {
            broker.kill();
        }
        KillGuard {
            site: self.clone(),
            restarts: false,
        }
    }

    /// Kills the broker and holds it down: until the guard is dropped it cannot be started, for the reason
    /// `why` ("the region is out").
    pub fn hold_down(&self, why: &str) -> HoldGuard {
        let guard = self.hold(why);
        if let Some(broker) = self.newest() {
            broker.kill();
        }
        guard
    }

    /// Freezes the broker (SIGSTOP): connections stay, and nothing is answered.
    pub fn freeze(&self) -> FreezeGuard {
        let broker = self.newest();
        if let Some(broker) = &broker {
            broker.freeze();
        }
        FreezeGuard { broker, _hold: None }
    }

    /// Freezes the broker and prevents its replacement, for the reason `why`.
    pub fn hold_frozen(&self, why: &str) -> FreezeGuard {
        let hold = self.hold(why);
        let mut guard = self.freeze();
        guard._hold = Some(hold);
        guard
    }

    fn hold(&self, why: &str) -> HoldGuard {
        let mut state = self.shared.state.lock();
        let number = state.next_hold;
        state.next_hold += 1;
        state.holds.insert(number, why.to_owned());
        HoldGuard {
            site: self.clone(),
            number,
        }
    }

    /// Starts the broker in a task, if it is wanted; what this machine takes to start it holds the clock. If it cannot
    /// be started though nothing holds it down, that is as bad as a crash.
    fn bring_back(&self) {
        if !self.shared.state.lock().is_due() {
            return;
        }
        let site = self.clone();
        let hold = self.shared.options.clock.hold("broker");
        self.shared.tasks.spawn(async move {
            let _held = hold;
            if let Err(error) = site.begin(false).await
                && site.shared.state.lock().is_due()
            {
                site.shared.crash.send_replace(Some(error.to_string()));
            }
        });
    }
}
