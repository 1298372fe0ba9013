//! IoT Core of a region: rumqttd behind an edge, with rules, in a process of its own.
//!
//! ```text
//!   parent                      child (broker_main)
//!   Broker ── starts ──────────► edge ─► 8 listeners of rumqttd ─► router ─► rules ─► S3
//!     ▲                           │ quota, splice                     local links │
//!     └── address, counts, ◄──────┘ JSON lines on stdout                          ▼
//!         trouble, how it ended              read_marks ◄─────────────────── file of marks
//! ```
//!
//! It is a process so that a drill can really kill or freeze it. It ends with its parent, and a parent
//! learns at once when it ends by itself. What its rules received and delivered stands in a file that
//! survives it, so that a lost message is known to have died before, in or after the rule.

mod child;
mod config;
mod edge;
mod listeners;
mod parent;
mod quota;
mod report;
mod rule;

pub use self::child::{BrokerError, broker_main};
pub use self::config::{BrokerConfig, RuleConfig};
pub use self::parent::{Broker, Program};
pub use self::report::{Counts, RuleCounts, Trouble};
pub use self::rule::{MarksRead, read_marks};
