//! Asynchronous invocations: queued, attempted, repeated in drill time, handed on, and all of it counted.
//!
//! ```text
//!   accepted ─► queued ─► attempt ─┬─ success ──────────────► delivered (on-success destination)
//!                 ▲                ├─ function's error ─ 1 min, 2 min ─► attempt
//!                 └── backoff ◄────┤─ throttled, system's error: 1 s to 5 min, up to the event's age
//!                                  └─ given up ─► on-failure destination, or dropped
//! ```
//!
//! As AWS documents it: two retries and six hours unless configured otherwise; reserved concurrency of 0
//! sends events to the destination at once. What AWS does not say, and how it is here: the events of a
//! function that was deleted are dropped; a destination that refuses gets what the client's own retries
//! give it, and then the event is dropped.

mod accept;
mod counts;
mod deliver;
mod destination;
mod queued;

pub use counts::AsyncCounts;
pub(crate) use destination::check;
