//! YAML as a tree in which every value knows its place.
//!
//! A scenario is written by hand and read by people, so that what hides or multiplies content is refused
//! with an error instead of being supported: anchors and aliases, tags, several documents, keys that are
//! not text, and more than a sane size or depth.

mod read;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use read::{MAX_BYTES, read, read_document};
pub(crate) use tree::{Key, MAX_ERRORS, Node, Value, is_number, shortened};
