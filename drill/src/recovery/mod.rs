//! What recovery means: when a service was down, and how far back data was lost.
//!
//! ```text
//!   results of a probe ──► health (debounced) ──► reds: from the first red to the first green that holds
//!   damaged writes, and the fault that dates them ──► recovery point
//! ```
//!
//! A recorded drill and a forecast go by the same.

mod health;
mod outage;
mod point;

pub use health::HealthResult;
pub use outage::{Closed, Observed, Red, Stability};
pub use point::{Dated, Rpa};
