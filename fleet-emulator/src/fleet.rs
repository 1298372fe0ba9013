//! The fleet: thousands of devices, one small task each, and its interface to the conductor.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use drill::journal::FleetCounters;
use drill::ledger::LedgerRecord;
use drill::scenario::Telemetry;
use drill::telemetry::MIN_SIZE;
use drill::units::{DrillTime, Span};
use parking_lot::Mutex;
use runtime::clock::Phase;
use runtime::{Clock, wall};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::canary::Canary;
use crate::demand::Timeouts;
use crate::device::{Device, DeviceInput};
use crate::dial::{Dial, TcpDial};
use crate::discovery::{Discover, Finder};
use crate::driver::{Common, Control, Driver};
use crate::epochs::EpochLedger;
use crate::governor::{Governor, OnSaturated, Saturated};
use crate::link::Entrances;
use crate::meters::Meters;
use crate::programs::{ProgramCounts, ProgramInbox, Programs};
use drill::firmware::{Overrides, Profile};

/// How often a fleet that waits for its outboxes checks whether the drill has ended meanwhile.
const HALT_LOOK: Duration = Duration::from_millis(50);

/// What all devices of a fleet have in common.
#[derive(Clone, Debug)]
pub struct FleetConfig {
    /// The seed of their draws.
    pub seed: u64,
    /// Their firmware.
    pub profile: Profile,
    /// What is configured otherwise.
    pub overrides: Overrides,
    /// What they send; without it they only connect.
    pub telemetry: Option<Telemetry>,
    /// What they do about programs; without it they subscribe to nothing.
    pub programs: Option<Programs>,
    /// A device that waits longer for its turn to connect, since this machine is busy, makes the figures doubtful.
    pub turn_limit: Span,
}

impl FleetConfig {
    /// Devices with `profile` as it is, which send nothing.
    pub fn new(seed: u64, profile: Profile) -> FleetConfig {
        FleetConfig {
            seed,
            profile,
            overrides: Overrides::default(),
            telemetry: None,
            programs: None,
            turn_limit: TURN_LIMIT,
        }
    }
}

/// The default turn limit, where no accuracy is required.
pub const TURN_LIMIT: Span = Span::from_secs(5);

/// A running fleet. Dropping it ends its devices at once, without a good-bye.
pub struct Fleet {
    common: Arc<Common>,
    control: watch::Sender<Control>,
    devices: JoinSet<()>,
    count: u64,
    governor: tokio::task::JoinHandle<()>,
}

impl Fleet {
    /// Starts one device per input, numbered from 0, on the brokers at `endpoints`, among which each finds
    /// its own as its profile says; those that go by DNS ask `names`. Nothing happens before the clock's
    /// drill 0. `on_saturated` is called when this machine was saturated by the fleet; it must not block.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O and time.
    pub fn start(
        config: FleetConfig,
        inputs: Vec<DeviceInput>,
        endpoints: Vec<SocketAddr>,
        names: Arc<dyn Discover>,
        clock: &Clock,
        on_saturated: impl Fn(Saturated) + Send + Sync + 'static,
    ) -> Fleet {
        Fleet::start_on(
            config,
            inputs,
            TcpDial { endpoints },
            names,
            clock,
            Box::new(on_saturated),
        )
    }

    /// Like [`Fleet::start`], on any byte streams.
    pub fn start_on<D: Dial>(
        config: FleetConfig,
        inputs: Vec<DeviceInput>,
        dial: D,
        names: Arc<dyn Discover>,
        clock: &Clock,
        on_saturated: OnSaturated,
    ) -> Fleet {
        let count = inputs.len() as u64;
        let every = config.telemetry.map(|telemetry| telemetry.every);
        let profile = Arc::new(config.profile.clone().with(config.overrides));
        let endpoints = dial.endpoints().max(1);
        let shared = Shared {
            profile: &profile,
            endpoints,
            names,
            clock,
        };
        let common = Arc::new(Common::new(&config, &inputs, shared, on_saturated));
        let (control, _) = watch::channel(Control {
            stop_at: DrillTime::MAX,
            stopped: false,
            shutdown: false,
        });
        let dial = Arc::new(dial);
        let finder = Finder::new(profile.discovery, endpoints);
        let mut devices = JoinSet::new();
        for (number, input) in inputs.into_iter().enumerate() {
            let device = Device::new(config.seed, number as u32, Arc::clone(&profile), input, every);
            let device = match config.programs {
                Some(_) => device.subscribing(),
                None => device,
            };
            let schedule = every.map(|every| input.schedule(every));
            let driver = Driver::new(Arc::clone(&common), Arc::clone(&dial), device, finder, schedule);
            devices.spawn(driver.run(control.subscribe()));
        }
        let watched = Arc::clone(&common);
        Fleet {
            governor: tokio::spawn(async move { watched.governor.run().await }),
            common,
            control,
            devices,
            count,
        }
    }

    /// The counters of the moment.
    pub fn counters(&self) -> FleetCounters {
        self.common.meters.counters(self.count)
    }

    /// Devices with a session, by endpoint.
    pub fn connected_by_endpoint(&self) -> Vec<u64> {
        let endpoints = self.common.meters.endpoints.iter();
        endpoints
            .map(|endpoint| endpoint.connected.load(Relaxed))
            .collect()
    }

    /// What became of programs.
    pub fn programs(&self) -> ProgramCounts {
        self.common
            .inbox
            .as_ref()
            .map(ProgramInbox::counts)
            .unwrap_or_default()
    }

    /// The devices that have program `id`, by number, and when each received it first.
    pub fn program_received(&self, id: &str) -> Vec<(u32, DrillTime)> {
        let inbox = self.common.inbox.as_ref();
        inbox.map(|inbox| inbox.received(id)).unwrap_or_default()
    }

    /// Messages that were produced and have neither been acknowledged nor dropped.
    pub fn pending(&self) -> u64 {
        self.common.meters.pending()
    }

    /// A client for the probe of the telemetry path, on one of the brokers.
    pub fn canary(&self, endpoint: SocketAddr) -> Canary {
        Canary::new(Arc::clone(&self.common), endpoint)
    }

    /// Begins a new epoch of the ledger at `at`, when a fault is injected. It may lie ahead.
    pub fn cut_epoch(&self, at: DrillTime) {
        self.common.ledger.lock().cut(at);
    }

    /// Whether a message that was due before `cut`, which has passed, is still on its way to the broker.
    pub fn open_before(&self, cut: DrillTime) -> bool {
        self.common.ledger.lock().open_before(cut)
    }

    /// The epochs that are over and of which every message was acknowledged or dropped; each is given once.
    pub fn take_settled(&self) -> Vec<LedgerRecord> {
        let mut ledger = self.common.ledger.lock();
        let now = self.common.clock.now();
        ledger.take_settled(now)
    }

    /// Nothing due at `at` or later is produced. Devices stay connected. An earlier instant holds.
    pub fn stop_producing_at(&self, at: DrillTime) {
        self.control
            .send_modify(|control| control.stop_at = control.stop_at.min(at));
    }

    /// Stops production now, waits until outboxes are empty, or for `drain` of drill time, or until the
    /// drill clock stops, and switches all devices off. How many messages are left in outboxes.
    pub async fn stop(&mut self, drain: Span) -> u64 {
        let now = self.common.clock.now();
        self.control.send_modify(|control| {
            control.stop_at = control.stop_at.min(now);
            control.stopped = true;
        });
        tokio::select! {
            () = self.drained() => {}
            _ = self.common.clock.sleep_until(now + drain) => {}
            () = self.halted() => {}
        }
        self.control.send_modify(|control| control.shutdown = true);
        while let Some(device) = self.devices.join_next().await {
            if let Err(error) = device {
                tracing::error!(%error, "a device ended before its time");
            }
        }
        self.pending()
    }

    /// Ready when every device has stopped producing and every message has ended.
    async fn drained(&self) {
        loop {
            let mut settled = std::pin::pin!(self.common.settled.notified());
            settled.as_mut().enable();
            if self.common.stopped.load(Relaxed) >= self.count && self.pending() == 0 {
                return;
            }
            settled.await;
        }
    }

    /// Ready when drill time does not pass.
    async fn halted(&self) {
        while self.common.clock.phase() == Phase::Running {
            wall::sleep(HALT_LOOK).await;
        }
    }

    /// The rest of the ledger: epochs with messages that never ended, those included.
    pub fn finish(self) -> Vec<LedgerRecord> {
        self.common.governor.judge_the_rest();
        let mut ledger = self.common.ledger.lock();
        let empty = EpochLedger::new(&[], None);
        std::mem::replace(&mut *ledger, empty).finish(self.common.clock.now())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.governor.abort();
        self.devices.abort_all();
    }
}

/// What a fleet is started with, beside its configuration.
struct Shared<'a> {
    profile: &'a Profile,
    endpoints: usize,
    names: Arc<dyn Discover>,
    clock: &'a Clock,
}

impl Common {
    fn new(
        config: &FleetConfig,
        inputs: &[DeviceInput],
        shared: Shared<'_>,
        on_saturated: OnSaturated,
    ) -> Common {
        let Shared {
            profile,
            endpoints,
            names,
            clock,
        } = shared;
        let every = config.telemetry.map(|telemetry| telemetry.every);
        let steady = every.map_or(0.0, |every| inputs.len() as f64 / every.as_secs_f64().max(1e-3));
        let meters = Arc::new(Meters::new(endpoints));
        Common {
            clock: clock.clone(),
            governor: Governor::new(
                clock,
                Arc::clone(&meters),
                inputs.len() as u64,
                steady,
                Timeouts {
                    connect: profile.connect_timeout,
                    ping: profile.ping_response_timeout(),
                    turn: config.turn_limit,
                    outbox: profile.outbox_expiry,
                },
                on_saturated,
            ),
            meters,
            ledger: Mutex::new(EpochLedger::new(inputs, every)),
            entrances: Entrances::new(endpoints),
            names,
            inbox: config
                .programs
                .as_ref()
                .map(|programs| ProgramInbox::new(config.seed, inputs.len(), programs)),
            payload: config
                .telemetry
                .map_or(MIN_SIZE, |telemetry| telemetry.payload.0 as usize),
            stopped: AtomicU64::new(0),
            settled: Notify::new(),
        }
    }
}
