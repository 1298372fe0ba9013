//! Decoding by a table of fields, which is also what the JSON Schema is made from.
//!
//! A table is a function over [`Fields`] that names each field of a map once: its key, its kind, what it
//! means. The same function runs in two modes:
//!
//! ```text
//!   reading: a map of the tree ──► table ──► a struct, or errors in the context
//!   describing:                    table ──► properties of the JSON Schema, or fields of the reference
//! ```
//!
//! A field that cannot be read gives an error and `None`, and its siblings are read all the same: that
//! is how a file gets every error at once. Whatever comes of a file with errors is thrown away in the
//! end; until then it serves the checks of the parts that could be read.

mod collections;
mod context;
mod describe;
mod description;
mod documentation;
mod fields;
mod kind;
mod name_kind;
mod ordered;
mod scalars;
mod shapes;
mod written;

pub(crate) use collections::{ListOf, Listed, MapOf, NotEmpty, OneOrMore, Record, ScalarMap, either};
pub(crate) use context::{Context, Path};
pub use documentation::{Documentation, FieldDoc, TableDoc, VariantDoc};
pub(crate) use fields::{Fields, Table, Variant};
pub(crate) use kind::Kind;
pub(crate) use name_kind::{INSTANTS, NameKind};
pub(crate) use ordered::ordered;
pub(crate) use scalars::{AnyText, Choice, LongText, Name, Switch, Text, Whole, small};
pub(crate) use shapes::{Shape, Shaped};
pub(crate) use written::{InWords, Written, duration, share, size, written};
