//! What a Lambda is made with, and what it tells.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use drill::units::{ByteSize, DrillTime};
use runtime::{Clock, Supervisor};

use super::exec::{Isolation, Python};
use cloud_client::KeyPair;

/// A function of our own: an executable that speaks the Runtime API.
#[derive(Clone, Debug)]
pub struct BuiltIn {
    /// What packages call it.
    pub name: String,
    /// The executable.
    pub exe: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// What a [`Lambda`](super::Lambda) is made with.
#[derive(Clone)]
pub struct LambdaOptions {
    /// AWS's names of the regions.
    pub regions: Vec<String>,
    /// The run's seed: request ids, weights of aliases, shares of faults are drawn from it.
    pub seed: u64,
    /// Drill time, and the calendar of `LastModified`.
    pub clock: Clock,
    /// Starts the execution environments.
    pub supervisor: Arc<Supervisor>,
    /// A folder of its own, in which code is unpacked; the user of the functions must be able to enter it.
    pub folder: PathBuf,
    /// What functions sign with.
    pub keys: KeyPair,
    /// Finds what runs the Python handlers of a runtime; see [`find_python`](super::find_python). It may block.
    pub python: fn(&str) -> Option<Python>,
    /// The functions of our own that packages may stand for.
    pub built_ins: Vec<BuiltIn>,
    /// How users' code is kept apart from this machine.
    pub isolation: Isolation,
    /// Execution environments of all regions at once; further invocations wait for one.
    pub processes: usize,
    /// All packages of a region together (AWS: 75 GB).
    pub code_storage: ByteSize,
    /// Is told what happens to asynchronous events and environments. It must not block.
    pub on_event: Arc<dyn Fn(LambdaEvent) + Send + Sync>,
}

/// Something that happened in a Lambda.
#[derive(Clone, Debug, PartialEq)]
pub struct LambdaEvent {
    /// In which region.
    pub region: Arc<str>,
    /// To which function.
    pub function: Arc<str>,
    /// When.
    pub at: DrillTime,
    /// What.
    pub kind: LambdaEventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum LambdaEventKind {
    /// An asynchronous event was acknowledged and queued.
    Accepted {
        /// The request's id, which all its attempts share.
        request: Arc<str>,
    },
    /// A function has taken an asynchronous event and answered without an error.
    Delivered {
        /// The request's id.
        request: Arc<str>,
        /// The event.
        payload: Bytes,
    },
    /// An attempt failed, another follows.
    Retried {
        /// The request's id.
        request: Arc<str>,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Why it failed.
        why: String,
        /// When the next follows.
        due: DrillTime,
    },
    /// No attempt is left, and the event was handed to its on-failure destination.
    SentToDestination {
        /// The request's id.
        request: Arc<str>,
        /// The destination's ARN.
        destination: String,
        /// The event.
        payload: Bytes,
    },
    /// The event is gone.
    Dropped {
        /// The request's id.
        request: Arc<str>,
        /// Why.
        why: DropReason,
        /// The event.
        payload: Bytes,
    },
    /// A function worked on an asynchronous event, whatever came of it.
    Ran {
        /// For how long, in wall time, without what of its environment's start held the clock.
        wall: Duration,
    },
    /// An execution environment was killed.
    EnvironmentKilled {
        /// Why.
        why: &'static str,
    },
    /// An invocation had to wait since this machine runs no more environments at once: what it measured
    /// is this machine, not AWS.
    Saturated {
        /// How long it waited, in wall time.
        waited: Duration,
    },
}

/// Why an asynchronous event is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// Its function failed each time, and nothing is there to take it.
    RetriesExhausted,
    /// It became too old in the queue, and nothing is there to take it.
    EventAgeExceeded,
    /// Its function may not run at all (reserved concurrency of 0), and nothing is there to take it.
    ZeroReservedConcurrency,
    /// Its function is gone.
    FunctionGone,
    /// Its destination did not take it.
    DestinationFailed,
}
