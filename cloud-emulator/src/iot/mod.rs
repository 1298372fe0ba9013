//! IoT Core of a region: rumqttd behind an edge, with rules, in a process of its own.
//!
//! ```text
//!   parent                      child (broker_main), one life after another
//!   Site ──── starts, orders ──► edge ─► router of rumqttd ─► rules ─► S3
//!     ▲                           │ quota, splice                     local links │
//!     └── counts, trouble, ◄──────┘ JSON lines on stdout                          ▼
//!         how it ended                       read_marks ◄─────────────────── files of marks
//! ```
//!
//! It is a process so that a drill can really kill or freeze it; the [`Site`] is what stays, with the
//! address. It ends with its parent, and a parent learns at once when it ends by itself. What its rules
//! received and delivered stands in files that survive it, so that a lost message is known to have died
//! before, in or after the rule.

mod child;
mod config;
mod control;
mod edge;
#[doc(hidden)]
pub mod fuzzing;
mod handshake;
mod inject;
mod parent;
mod report;
mod router;
mod rule;
mod site;
pub(crate) mod topic;

pub use self::child::{BrokerError, broker_main};
pub use self::config::{BrokerConfig, RuleConfig, Target};
pub use self::parent::{OnTrouble, Program};
pub use self::report::{Counts, RuleCounts, Trouble};
pub use self::rule::MarksRead;
pub use self::site::{FreezeGuard, HoldGuard, KillGuard, RefusalGuard, Site, SiteOptions};
