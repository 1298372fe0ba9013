//! The broker of a region: how it is started, read and stopped.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use runtime::supervisor::Supervisor;
use runtime::{Clock, wall};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::address::HeldAddress;
use crate::config::{BrokerConfig, RuleConfig, Target};
use crate::control::{Order, Start};
use crate::error::BrokerError;
use crate::handshake;
use crate::parent::{Broker, OnTrouble, Program, cannot_start};
use crate::report::{Counts, RuleCounts};
use crate::rule::{MarksRead, read_marks};
use crate::topic;

/// The largest payload in bytes, as AWS IoT Core has it.
const PAYLOAD_BYTES: usize = 128 * 1024;

/// What a broker is started with, each time.
pub struct BrokerOptions {
    /// Starts its processes.
    pub supervisor: Arc<Supervisor>,
    /// What they run.
    pub program: Program,
    /// Drill time.
    pub clock: Clock,
    /// What they are to be.
    pub config: BrokerConfig,
    /// Is told what goes wrong with the rules.
    pub on_trouble: OnTrouble,
}

/// The broker of a region, whether it runs or not; clones are the same one.
#[derive(Clone)]
pub struct BrokerHandle {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) options: BrokerOptions,
    pub(super) address: HeldAddress,
    pub(super) state: Mutex<State>,
    /// Where it is started when a guard is dropped, wherever that is.
    pub(super) tasks: Handle,
    /// Held while a process is started or ended on purpose.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// How a process ended unexpectedly.
    pub(super) crash: watch::Sender<Option<String>>,
}

/// What changes.
#[derive(Default)]
pub(super) struct State {
    /// The newest process.
    pub(super) broker: Option<Broker>,
    /// How many there have been.
    pub(super) lives: u32,
    /// Why none can be started, each with its number.
    pub(super) holds: BTreeMap<u64, String>,
    pub(super) next_hold: u64,
    /// How many want newcomers to be refused.
    pub(super) refusals: u32,
    /// Where rules bring their batches, if that was changed.
    pub(super) targets: BTreeMap<String, Order>,
    /// Whether there should be one, as soon as nothing holds it down.
    pub(super) wanted: bool,
    /// It was stopped for good.
    pub(super) closed: bool,
}

impl BrokerHandle {
    /// Binds the address, starts a broker there and waits until it answers.
    ///
    /// # Errors
    /// The address is in use, or the broker cannot be started, or ends or takes too long before it is ready;
    /// in words.
    pub async fn start(options: BrokerOptions) -> Result<BrokerHandle, BrokerError> {
        let site = BrokerHandle::reserve(options)?;
        site.begin(false).await?;
        Ok(site)
    }

    /// Binds the address, where connections are refused until [`BrokerHandle::restart`] starts a broker.
    ///
    /// # Errors
    /// The address is in use.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn reserve(options: BrokerOptions) -> Result<BrokerHandle, BrokerError> {
        let listen = options.config.listen;
        let address = HeldAddress::bind(listen)
            .map_err(|error| cannot_start(&format!("cannot listen on {listen}: {error}")))?;
        let shared = Shared {
            options,
            address,
            state: Mutex::default(),
            tasks: Handle::current(),
            turn: tokio::sync::Mutex::new(()),
            crash: watch::Sender::new(None),
        };
        Ok(BrokerHandle {
            shared: Arc::new(shared),
        })
    }

    /// Ends the broker's process, if there is one, and starts another. A broker that is frozen is killed;
    /// another one uploads first what it has.
    ///
    /// # Errors
    /// It is held down, or cannot be started; in words.
    pub async fn restart(&self) -> Result<(), BrokerError> {
        self.begin(true).await
    }

    /// Starts a process in a task of its own, which goes on if it is not waited for any more.
    pub(super) async fn begin(&self, anew: bool) -> Result<(), BrokerError> {
        let site = self.clone();
        let begun = tokio::spawn(async move { site.begin_in_turn(anew).await });
        begun.await.map_err(|error| cannot_start(&error))?
    }

    pub(super) async fn begin_in_turn(&self, anew: bool) -> Result<(), BrokerError> {
        let _turn = self.shared.turn.lock().await;
        let present = self.shared.state.lock().may_start()?;
        if let Some(broker) = present {
            if broker.is_running() && !anew {
                return Ok(());
            }
            if broker.is_running()
                && let Err(error) = broker.stop(true).await
            {
                tracing::debug!(%error, "a broker that is restarted did not end in order");
            }
            // One that was just killed may still have the address.
            broker.gone().await;
        }
        let _loan = self.shared.address.lend();
        let broker = self.spawn()?;
        let (ends, site) = (broker.crashed(), self.clone());
        broker.until_ready().await?;
        tokio::spawn(async move {
            if let Some(how) = ends.await {
                site.shared.crash.send_replace(Some(how));
            }
        });
        Ok(())
    }

    /// A new process. What holds it down cannot come in between.
    fn spawn(&self) -> Result<Broker, BrokerError> {
        let options = &self.shared.options;
        let mut state = self.shared.state.lock();
        state.may_start()?;
        let life = state.lives;
        let config = BrokerConfig {
            listen: self.address(),
            marks: marks_of(&options.config.marks, life),
            ..options.config.clone()
        };
        let refuse = (state.refusals > 0).then_some(Order::Refuse { on: true });
        let orders = state.targets.values().cloned().chain(refuse).collect();
        let start = Start { config, life, orders };
        state.lives += 1;
        state.wanted = true;
        let spawned = Broker::spawn(
            &options.supervisor,
            &options.program,
            &options.clock,
            &start,
            options.on_trouble.clone(),
        )?;
        state.broker = Some(spawned.clone());
        Ok(spawned)
    }

    /// Where devices connect to, whether a broker is reachable there or not.
    pub fn address(&self) -> SocketAddr {
        self.shared.address.address()
    }

    /// Whether there is a process that has become ready; it may be frozen, see [`BrokerHandle::answers`].
    pub fn is_running(&self) -> bool {
        self.newest().is_some_and(|broker| broker.is_running())
    }

    /// The process id of the newest process.
    pub fn pid(&self) -> Option<u32> {
        self.newest().map(|broker| broker.pid())
    }

    /// Whether an MQTT CONNECT is answered with success within `limit` of wall time. It counts towards the
    /// quotas, as everybody's does.
    pub async fn answers(&self, limit: Duration) -> bool {
        let id = format!("firedrill-look-{}-{}", std::process::id(), wall::mono().as_ns());
        let answer = wall::timeout(limit, handshake::connect(self.address(), &id));
        matches!(answer.await, Some(Ok(())))
    }

    /// Waits until no process is there.
    pub async fn gone(&self) {
        while let Some(broker) = self.newest() {
            broker.gone().await;
            let newest = self.newest().map(|newest| newest.pid());
            if newest == Some(broker.pid()) {
                return;
            }
        }
    }

    /// Waits until a process ends unexpectedly, and returns how. The ends that faults and steps
    /// bring about are none.
    pub fn crashed(&self) -> impl Future<Output = String> + Send + use<> {
        let mut crash = self.shared.crash.subscribe();
        async move {
            match crash.wait_for(Option::is_some).await.map(|how| how.clone()) {
                Ok(Some(how)) => how,
                _ => std::future::pending().await,
            }
        }
    }

    /// What the newest process counted, at most some hundred milliseconds ago.
    pub fn counts(&self) -> Counts {
        let rules = self.shared.options.config.rules.iter();
        self.newest().map_or_else(
            || Counts {
                rules: rules.map(|rule| RuleCounts::none(&rule.name)).collect(),
                ..Counts::default()
            },
            |broker| broker.counts(),
        )
    }

    /// The marks that all of its processes left so far, in their order.
    ///
    /// # Errors
    /// A file cannot be read, or holds something else.
    pub fn read_marks(&self) -> std::io::Result<MarksRead> {
        let lives = self.shared.state.lock().lives;
        let mut all = MarksRead::default();
        for life in 0..lives {
            let read = read_marks(&marks_of(&self.shared.options.config.marks, life))?;
            all.records.extend(read.records);
            all.torn |= read.torn;
        }
        Ok(all)
    }

    /// Hands a message to those who subscribed to its topic, as a service does that publishes over HTTPS.
    ///
    /// # Errors
    /// No process answers, or AWS would refuse the topic or the payload; in words.
    pub async fn publish(&self, topic: &str, payload: &[u8]) -> Result<(), BrokerError> {
        check_publish(topic, payload).map_err(BrokerError::new)?;
        let Some(broker) = self.newest().filter(Broker::is_running) else {
            return Err(BrokerError::new("does not run"));
        };
        let order = Order::Publish {
            topic: topic.to_owned(),
            payload: base64_simd::STANDARD.encode_to_string(payload),
        };
        broker.order(order).await
    }

    /// Has a rule bring its batches to `target` behind the gateway at `endpoint`, in `region`: also those
    /// that wait, and after each restart. A bucket cannot take the place of a function, nor the other way
    /// round.
    ///
    /// # Errors
    /// There is no such rule, it has a target of another kind, or the process that runs does not answer.
    pub async fn retarget(
        &self,
        rule: &str,
        endpoint: &str,
        region: &str,
        target: Target,
    ) -> Result<(), BrokerError> {
        let mut rules = self.shared.options.config.rules.iter();
        let known = rules.find(|known| known.name == rule);
        let same =
            |known: &RuleConfig| std::mem::discriminant(&known.target) == std::mem::discriminant(&target);
        if !known.is_some_and(same) {
            return Err(BrokerError::new(format!(
                "has no rule {rule} with a target of that kind"
            )));
        }
        let order = Order::Retarget {
            rule: rule.to_owned(),
            endpoint: endpoint.to_owned(),
            region: region.to_owned(),
            target,
        };
        let running = {
            let mut state = self.shared.state.lock();
            state.targets.insert(rule.to_owned(), order.clone());
            state.broker.clone().filter(Broker::is_alive)
        };
        match running {
            Some(broker) => broker.order(order).await,
            None => Ok(()),
        }
    }

    /// Ends the broker for good, after it has uploaded what it has; nothing starts it again.
    ///
    /// # Errors
    /// How it ended, if not in order. That it does not run is none.
    pub async fn stop(&self) -> Result<(), BrokerError> {
        {
            let mut state = self.shared.state.lock();
            state.closed = true;
            state.wanted = false;
        }
        let _turn = self.shared.turn.lock().await;
        let ended = match self.newest().filter(Broker::is_running) {
            Some(broker) => broker.stop(false).await,
            None => Ok(()),
        };
        self.gone().await;
        ended
    }

    pub(super) fn newest(&self) -> Option<Broker> {
        self.shared.state.lock().broker.clone()
    }
}

impl State {
    /// Whether there should be a process, and can be one.
    pub(super) fn is_due(&self) -> bool {
        self.wanted && !self.closed && self.holds.is_empty()
    }

    /// The newest process, if one may be started.
    fn may_start(&self) -> Result<Option<Broker>, BrokerError> {
        if self.closed {
            return Err(cannot_start(&"it was stopped for good"));
        }
        match self.holds.values().next() {
            Some(why) => Err(cannot_start(why)),
            None => Ok(self.broker.clone()),
        }
    }
}

impl fmt::Debug for BrokerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state.lock();
        f.debug_struct("BrokerHandle")
            .field("address", &self.shared.address.address())
            .field("broker", &state.broker)
            .field("holds", &state.holds)
            .finish_non_exhaustive()
    }
}

/// The file in which life number `life` leaves its marks.
fn marks_of(marks: &Path, life: u32) -> PathBuf {
    let mut name = marks.as_os_str().to_owned();
    name.push(format!(".{life}"));
    PathBuf::from(name)
}

fn check_publish(topic: &str, payload: &[u8]) -> Result<(), String> {
    if payload.len() > PAYLOAD_BYTES {
        let length = payload.len();
        return Err(format!(
            "takes payloads of at most {PAYLOAD_BYTES} bytes, not {length}"
        ));
    }
    match topic::check_name(topic.as_bytes()) {
        Ok(_) => Ok(()),
        Err(wrong) => Err(format!("cannot publish to topic {topic:?}: {wrong}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_would_not_publish_is_refused() {
        assert_eq!(check_publish("cmd/7/program", b""), Ok(()));
        let long = "x".repeat(257);
        for topic in ["", "a/+", "#", "a\0b", "$aws/things", "1/2/3/4/5/6/7/8/9", &long] {
            assert!(check_publish(topic, b"x").is_err(), "{topic}");
        }
        assert!(check_publish("a", &vec![0; PAYLOAD_BYTES]).is_ok());
        assert!(check_publish("a", &vec![0; PAYLOAD_BYTES + 1]).is_err());
    }
}
