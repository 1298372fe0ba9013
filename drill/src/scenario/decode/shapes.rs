//! A map with one of several shapes, which its keys tell apart.

use serde_json::{Value as Json, json};

use super::describe::{describe_with, document_with};
use super::{Context, Documentation, Fields, Kind, Path, TableDoc};
use crate::scenario::yaml::{Key, Node, Value};

/// One of the shapes that a map may have.
pub(crate) struct Shape<T: 'static> {
    /// What it is, in a sentence, for the JSON Schema.
    pub(crate) doc: &'static str,
    /// The keys that its table names.
    pub(crate) keys: &'static [&'static str],
    /// Its fields.
    pub(crate) table: fn(&mut Fields<'_, '_>) -> Option<T>,
}

impl<T> Shape<T> {
    fn has(&self, key: &str) -> bool {
        self.keys.contains(&key)
    }

    /// As it is written: `{p50, p95}`.
    fn written(&self) -> String {
        format!("{{{}}}", self.keys.join(", "))
    }
}

/// The kind of a map that has one of these shapes.
pub(crate) struct Shaped<T: 'static>(pub(crate) &'static [Shape<T>]);

impl<T> Shaped<T> {
    /// The shape that has all keys that any shape has, and the fewest others; none if no key is known.
    ///
    /// # Errors
    /// The first key that no shape has together with those before it, and the first of these.
    fn shape<'a>(&self, entries: &'a [(Key, Node)]) -> Result<Option<&'static Shape<T>>, (&'a Key, &'a Key)> {
        let mut left: Vec<&'static Shape<T>> = self.0.iter().collect();
        let known = |key: &&Key| self.0.iter().any(|shape| shape.has(&key.text));
        let mut first = None;
        for key in entries.iter().map(|(key, _)| key).filter(known) {
            let first = *first.get_or_insert(key);
            left.retain(|shape| shape.has(&key.text));
            if left.is_empty() {
                return Err((key, first));
            }
        }
        let fewest = left.into_iter().min_by_key(|shape| shape.keys.len());
        Ok(fewest.filter(|_| first.is_some()))
    }
}

impl<T> Kind for Shaped<T> {
    type Out = T;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<T> {
        let entries = match &node.value {
            Value::Map(entries) if !entries.is_empty() => entries,
            Value::Map(_) => {
                let path = at.to_string();
                context.error(node.mark, path, "an empty map".to_owned(), &self.allowed(), None);
                return None;
            }
            _ => {
                let fields: Vec<String> = self.0[0].keys.iter().map(|key| format!("{key}: …")).collect();
                let hint = format!("write it as {{{}}}", fields.join(", "));
                context.unexpected(node, at, &self.allowed(), Some(hint));
                return None;
            }
        };
        let shape = match self.shape(entries) {
            Ok(shape) => shape,
            Err((key, first)) => {
                let path = Path::Key(at, &key.text).to_string();
                let found = format!("`{}` beside `{}`", key.text, first.text);
                let hint = format!("take away `{}`, or `{}`", key.text, first.text);
                context.error(key.mark, path, found, &self.allowed(), Some(hint));
                return None;
            }
        };
        let mut fields = Fields::reading("", node.mark, entries, at, context);
        let read = shape.and_then(|shape| (shape.table)(&mut fields));
        fields.know(self.0.iter().flat_map(|shape| shape.keys));
        fields.finish();
        read
    }

    fn allowed(&self) -> String {
        let written: Vec<String> = self.0.iter().map(Shape::written).collect();
        format!("one of {}", written.join(", "))
    }

    fn schema(&self) -> Json {
        let shapes = self.0.iter().map(|shape| describe_with(shape.doc, shape.table));
        json!({"oneOf": shapes.collect::<Vec<_>>()})
    }

    fn tables(&self) -> Vec<TableDoc> {
        let shapes = self.0.iter();
        shapes
            .map(|shape| document_with(shape.doc, Documentation::NONE, shape.table))
            .collect()
    }
}
