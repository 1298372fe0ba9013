//! The reference of the scenario format: a page for each section, fault, action, probe and writer.
//!
//! ```text
//!   tables (scenario/) ──► documentation() ──► pages ──► docs/reference/*.md   (markdown)
//!   variables.rs ─────────────────────────────┘    └───► firedrill explain     (reports::reference)
//! ```
//!
//! The pages come from the tables that decode scenarios, so that they cannot say anything else. What a table does not
//! have (what it does, what it needs, an example) stands beside its fields, in `DOCUMENTATION`.

mod example;
mod impact;
mod lookup;
pub mod markdown;
mod page;
mod pages;
mod variables;

pub use example::in_scenario;
pub use lookup::{Found, find};
pub use page::{FieldDefault, Group, Page, Row, Table};
pub use pages::{TOP_LEVEL, pages};
