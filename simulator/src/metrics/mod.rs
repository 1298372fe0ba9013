//! `/metrics`: what a running drill knows of itself, in the text format of Prometheus.
//!
//! ```text
//!   journal ──each line──► JournalCounts ─┐
//!                                         ├─► read ─► Page ─► server ◄── GET /metrics
//!   Drill (clock, fleet, cloud, …) ───────┘  at each scrape
//! ```
//!
//! Metrics are collected on scrape, from what the drill itself goes by, or are counts of the lines of its journal.
//! Unknown values are omitted: no zero stands for "unknown". A scraper only ever reads, and one that is slow or stuck
//! does not delay the drill ([`server`]).

pub(crate) mod counts;
pub(crate) mod page;
mod read;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use runtime::journal::Journal;
use tokio_util::task::AbortOnDropHandle;

use self::counts::JournalCounts;
use self::page::Page;
use crate::conductor::context::Drill;
use crate::exit::Failure;
use crate::output;

/// Where a drill's metrics are served, from before it is stood up until it has ended.
#[derive(Debug)]
pub(crate) struct Metrics {
    listener: TcpListener,
    known: Arc<Known>,
}

/// What is known so far.
#[derive(Debug, Default)]
struct Known {
    counts: Mutex<JournalCounts>,
    /// There from drill 0 until the drill has ended.
    drill: Mutex<Weak<Drill>>,
}

impl Metrics {
    /// Listens on `address`, and says where: port 0 is any that is free.
    ///
    /// # Errors
    /// The port is in use, or cannot be used.
    pub(crate) fn bind(address: SocketAddr) -> Result<Metrics, Failure> {
        let listening = || {
            runtime::preflight::port_free(address).map_err(|error| error.to_string())?;
            let listener = TcpListener::bind(address).map_err(|error| error.to_string())?;
            listener
                .set_nonblocking(true)
                .map_err(|error| error.to_string())?;
            let bound = listener.local_addr().map_err(|error| error.to_string())?;
            Ok((listener, bound))
        };
        let (listener, bound) =
            listening().map_err(|why: String| Failure::environment("cannot serve metrics", why))?;
        if !bound.ip().is_loopback() {
            output::note(format_args!(
                "firedrill: warning: metrics are served on {bound}, which other machines may reach"
            ));
        }
        output::note(format_args!("firedrill: metrics at http://{bound}/metrics"));
        Ok(Metrics {
            listener,
            known: Arc::default(),
        })
    }

    /// Counts what goes into `journal` from here on.
    pub(crate) fn count_lines_of(&self, journal: &Journal) {
        let known = self.known.clone();
        journal.on_line(move |line| known.counts.lock().apply(&line.event));
    }

    /// The drill runs.
    pub(crate) fn follow(&self, drill: &Arc<Drill>) {
        *self.known.drill.lock() = Arc::downgrade(drill);
    }

    /// Serves until what is returned is dropped.
    ///
    /// # Errors
    /// The listener cannot be used by this runtime.
    pub(crate) fn serve(&self) -> Result<AbortOnDropHandle<()>, Failure> {
        let cannot = |error| Failure::environment("cannot serve metrics", error);
        let listener = self.listener.try_clone().map_err(cannot)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(cannot)?;
        let known = self.known.clone();
        let serving = server::serve(listener, move || known.page());
        Ok(AbortOnDropHandle::new(tokio::spawn(serving)))
    }
}

impl Known {
    /// Everything that is known now.
    fn page(&self) -> Page {
        let mut page = Page::default();
        read::build(&mut page);
        // First the counts of the journal: they are then never ahead of what the drill itself knows.
        let counts = self.counts.lock().clone();
        let drill = self.drill.lock().upgrade();
        read::journal(&mut page, &counts);
        if let Some(drill) = drill {
            read::drill(&mut page, &drill, &counts);
        }
        page
    }
}
