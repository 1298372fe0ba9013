//! A kind of value.

use super::{Context, Path, TableDoc};
use crate::scenario::yaml::Node;
use serde_json::Value as Json;

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

    /// What may stand there, in words that stand alone: also of which kind the items of a list are.
    fn explained(&self) -> String {
        self.allowed()
    }

    /// The tables of the maps that may stand there.
    fn tables(&self) -> Vec<TableDoc> {
        Vec::new()
    }
}
