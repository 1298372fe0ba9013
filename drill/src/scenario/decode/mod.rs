//! Decoding by a table of fields, which is also what the JSON Schema is made from.
//!
//! A table is a function over [`Fields`] that names each field of a map once: its key, its kind, what it
//! means. The same function runs in two modes:
//!
//! ```text
//!   reading: a map of the tree ──► table ──► a struct, or errors in the context
//!   describing:                    table ──► properties of the JSON Schema
//! ```
//!
//! A field that cannot be read gives an error and `None`, and its siblings are read all the same: that
//! is how a file gets every error at once. Whatever comes of a file with errors is thrown away in the
//! end; until then it serves the checks of the parts that could be read.

mod collections;
mod context;
mod describe;
mod fields;
mod scalars;
mod shapes;
mod written;

pub(crate) use collections::{ListOf, Listed, MapOf, NotEmpty, OneOrMore, Record, ScalarMap, either};
pub(crate) use context::{Context, INSTANTS, Names, Path};
pub(crate) use fields::{Fields, Table, Variant};
pub(crate) use scalars::{AnyText, Choice, LongText, Name, Switch, Text, Whole};
pub(crate) use shapes::{Shape, Shaped};
pub(crate) use written::{InWords, Written, duration, share, size, written};

use serde_json::Value as Json;

use super::yaml::Node;

/// A kind of value: how it is read from the tree, and how a JSON Schema describes it.
pub(crate) trait Kind {
    /// What it becomes.
    type Out;
    /// Reads it; errors go to the context.
    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Self::Out>;
    /// What may stand there, in words.
    fn allowed(&self) -> String;
    /// Its JSON Schema.
    fn schema(&self) -> Json;
}
