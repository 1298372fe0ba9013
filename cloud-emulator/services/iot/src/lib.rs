//! IoT Core of a region: rumqttd behind an edge, with rules, in a process of its own.
//!
//! ```text
//!   parent                      child (broker_main), one life after another
//!   BrokerHandle ──── starts, orders ──► edge ─► router of rumqttd ─► rules ─► S3
//!     ▲                           │ quota, splice                     local links │
//!     └── counts, trouble, ◄──────┘ JSON lines on stdout                          ▼
//!         how it ended                       read_marks ◄─────────────────── files of marks
//! ```
//!
//! It is a process so that a drill can really kill or freeze it; the [`BrokerHandle`] is what stays, with the
//! address. It ends with its parent, and a parent learns at once when it ends by itself. What its rules
//! received and delivered stands in files that survive it, so that a lost message is known to have died
//! before, in or after the rule.

#![forbid(unsafe_code)]

mod broker_handle;
mod brokers;
mod child;
mod config;
mod control;
pub mod data;
mod edge;
mod emulated;
mod error;
mod faults;
#[doc(hidden)]
pub mod fuzzing;
mod handshake;
mod inject;
mod kind;
mod lifecycle;
mod parent;
mod report;
mod router;
mod rule;
mod settings;
mod start_brokers;
mod topic;

pub use self::broker_handle::{BrokerHandle, BrokerOptions, FreezeGuard, HoldGuard, KillGuard, RefusalGuard};
pub use self::brokers::{Brokers, most_devices};
pub use self::child::broker_main;
pub use self::config::{BrokerConfig, RuleConfig, Target};
pub use self::emulated::IotService;
pub use self::error::BrokerError;
pub use self::kind::IotKind;
pub use self::parent::{OnTrouble, Program};
pub use self::report::{Counts, RuleCounts, Trouble};
pub use self::rule::MarksRead;
pub use self::settings::IotSettings;
