//! The kinds that hold others: records, lists, maps by name, and one of two shapes.

use serde_json::{Value as Json, json};

use super::describe::{describe, document};
use super::scalars::{is_name, name_allowed};
use super::{Context, Fields, Kind, NameKind, Path, Table, TableDoc};
use crate::scenario::yaml::{Node, Value};

/// A map with the fields of a table.
pub(crate) struct Record<T>(std::marker::PhantomData<T>);

impl<T> Record<T> {
    pub(crate) fn new() -> Self {
        Record(std::marker::PhantomData)
    }
}

impl<T: Table> Record<T> {
    fn entry(
        &self,
        name: &str,
        mark: crate::scenario::Mark,
        node: &Node,
        at: &Path<'_>,
        context: &mut Context<'_>,
    ) -> Option<T> {
        let Value::Map(entries) = &node.value else {
            context.unexpected(node, at, &self.allowed(), None);
            return None;
        };
        let mut fields = Fields::reading(name, mark, entries, at, context);
        let record = T::table(&mut fields);
        fields.finish();
        record
    }
}

impl<T: Table> Kind for Record<T> {
    type Out = T;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<T> {
        self.entry("", node.mark, node, at, context)
    }

    fn allowed(&self) -> String {
        "a map of fields, as {key: value}".to_owned()
    }

    fn schema(&self) -> Json {
        describe::<T>()
    }

    fn tables(&self) -> Vec<TableDoc> {
        vec![document::<T>()]
    }
}

/// A list of records, of at most some length; nothing at all is an empty one.
pub(crate) struct ListOf<T> {
    max: usize,
    item: Record<T>,
}

impl<T> ListOf<T> {
    pub(crate) fn new(max: usize) -> Self {
        ListOf {
            max,
            item: Record::new(),
        }
    }
}

impl<T: Table> Kind for ListOf<T> {
    type Out = Vec<T>;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Vec<T>> {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ if node.is_null() => &[],
            _ => {
                context.unexpected(
                    node,
                    at,
                    &self.allowed(),
                    Some("begin each item with `- `".to_owned()),
                );
                return None;
            }
        };
        if items.len() > self.max {
            let found = format!("a list of {}", items.len());
            context.error(node.mark, at.to_string(), found, &self.allowed(), None);
        }
        let (mut kept, mut read) = (Vec::new(), Vec::new());
        for (n, item) in items.iter().take(self.max).enumerate() {
            let at = Path::Item(at, n);
            context.place(&at, item.mark);
            if let Some(item) = self.item.read(item, &at, context) {
                kept.push(n);
                read.push(item);
            }
        }
        context.keep(at, kept);
        Some(read)
    }

    fn allowed(&self) -> String {
        format!("a list of at most {} items", self.max)
    }

    fn schema(&self) -> Json {
        json!({"type": ["array", "null"], "items": self.item.schema(), "maxItems": self.max})
    }

    fn tables(&self) -> Vec<TableDoc> {
        each("[]", self.item.tables())
    }
}

/// A list of single values, of at most some length; nothing at all is an empty one.
pub(crate) struct Listed<K> {
    pub(crate) max: usize,
    pub(crate) item: K,
}

impl<K: Kind> Kind for Listed<K> {
    type Out = Vec<K::Out>;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Self::Out> {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ if node.is_null() => &[],
            _ => {
                let hint = Some("write it in brackets: [a, b]".to_owned());
                context.unexpected(node, at, &self.allowed(), hint);
                return None;
            }
        };
        if items.len() > self.max {
            let found = format!("a list of {}", items.len());
            context.error(node.mark, at.to_string(), found, &self.allowed(), None);
        }
        let (mut kept, mut read) = (Vec::new(), Vec::new());
        for (n, item) in items.iter().take(self.max).enumerate() {
            let at = Path::Item(at, n);
            context.place(&at, item.mark);
            if let Some(item) = self.item.read(item, &at, context) {
                kept.push(n);
                read.push(item);
            }
        }
        context.keep(at, kept);
        Some(read)
    }

    fn allowed(&self) -> String {
        format!("a list of at most {} items", self.max)
    }

    fn schema(&self) -> Json {
        json!({"type": ["array", "null"], "items": self.item.schema(), "maxItems": self.max})
    }

    fn explained(&self) -> String {
        format!("{}, each {}", self.allowed(), self.item.explained())
    }
}

/// A list of single values that has at least one.
pub(crate) struct NotEmpty<K>(pub(crate) Listed<K>);

impl<K: Kind> Kind for NotEmpty<K> {
    type Out = Vec<K::Out>;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Self::Out> {
        let is_empty = matches!(&node.value, Value::List(items) if items.is_empty());
        if is_empty || node.is_null() {
            let found = if is_empty {
                "an empty list".to_owned()
            } else {
                node.shown()
            };
            let hint = Some(format!("each of them is {}", self.0.item.allowed()));
            context.error(node.mark, at.to_string(), found, &self.allowed(), hint);
            return None;
        }
        self.0.read(node, at, context)
    }

    fn allowed(&self) -> String {
        format!("a list of 1 to {} items", self.0.max)
    }

    fn schema(&self) -> Json {
        json!({"type": "array", "items": self.0.item.schema(), "minItems": 1, "maxItems": self.0.max})
    }

    fn explained(&self) -> String {
        format!("{}, each {}", self.allowed(), self.0.item.explained())
    }
}

/// A list of single values, of which a lone one may stand without brackets.
pub(crate) struct OneOrMore<K>(pub(crate) Listed<K>);

impl<K: Kind> Kind for OneOrMore<K> {
    type Out = Vec<K::Out>;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Self::Out> {
        match &node.value {
            Value::Scalar { .. } if !node.is_null() => {
                self.0.item.read(node, at, context).map(|item| vec![item])
            }
            _ => self.0.read(node, at, context),
        }
    }

    fn allowed(&self) -> String {
        format!("{}, or {}", self.0.item.allowed(), self.0.allowed())
    }

    fn schema(&self) -> Json {
        json!({"anyOf": [self.0.item.schema(), self.0.schema()]})
    }
}

/// A map from names to records, in the order of the file; nothing at all is an empty one.
pub(crate) struct MapOf<T> {
    names: NameKind,
    max: usize,
    item: Record<T>,
}

impl<T> MapOf<T> {
    pub(crate) fn new(names: NameKind, max: usize) -> Self {
        MapOf {
            names,
            max,
            item: Record::new(),
        }
    }
}

impl<T: Table> Kind for MapOf<T> {
    type Out = Vec<T>;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Vec<T>> {
        let mut read = Vec::new();
        for_each_entry(
            node,
            at,
            context,
            (self.names, self.max),
            |name, mark, node, at, context| {
                read.extend(self.item.entry(name, mark, node, at, context));
            },
        )?;
        Some(read)
    }

    fn allowed(&self) -> String {
        map_allowed(self.max)
    }

    fn schema(&self) -> Json {
        map_schema(self.max, self.item.schema())
    }

    fn tables(&self) -> Vec<TableDoc> {
        each(".NAME", self.item.tables())
    }
}

/// A map from names to single values, in the order of the file, with the lines of the names.
pub(crate) struct ScalarMap<K> {
    pub(crate) names: NameKind,
    pub(crate) max: usize,
    pub(crate) item: K,
}

impl<K: Kind> Kind for ScalarMap<K> {
    type Out = Vec<(String, u32, K::Out)>;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Self::Out> {
        let mut read = Vec::new();
        for_each_entry(
            node,
            at,
            context,
            (self.names, self.max),
            |name, mark, node, at, context| {
                let value = self.item.read(node, at, context);
                read.extend(value.map(|value| (name.to_owned(), mark.line, value)));
            },
        )?;
        Some(read)
    }

    fn allowed(&self) -> String {
        map_allowed(self.max)
    }

    fn schema(&self) -> Json {
        map_schema(self.max, self.item.schema())
    }

    fn explained(&self) -> String {
        format!("{}, each {}", self.allowed(), self.item.explained())
    }
}

/// The tables of the items of a list or map.
fn each(suffix: &'static str, tables: Vec<TableDoc>) -> Vec<TableDoc> {
    let item = |table| TableDoc { suffix, ..table };
    tables.into_iter().map(item).collect()
}

fn for_each_entry(
    node: &Node,
    at: &Path<'_>,
    context: &mut Context<'_>,
    (names, max): (NameKind, usize),
    mut read: impl FnMut(&str, crate::scenario::Mark, &Node, &Path<'_>, &mut Context<'_>),
) -> Option<()> {
    let entries = match &node.value {
        Value::Map(entries) => entries.as_slice(),
        _ if node.is_null() => &[],
        _ => {
            context.unexpected(node, at, &map_allowed(max), None);
            return None;
        }
    };
    if entries.len() > max {
        let found = format!("{} entries", entries.len());
        context.error(node.mark, at.to_string(), found, &map_allowed(max), None);
    }
    for (key, node) in entries.iter().take(max) {
        let at = Path::Key(at, &key.text);
        context.place(&at, key.mark);
        if !is_name(&key.text) {
            let found = format!("{:?}", crate::scenario::yaml::shortened(&key.text));
            let merge = (key.text == "<<").then(|| "merge keys are refused; write the fields out".to_owned());
            context.error(key.mark, at.to_string(), found, &name_allowed(), merge);
            continue;
        }
        context.declare(names, &key.text, key.mark, at.to_string());
        read(&key.text, key.mark, node, &at, context);
    }
    Some(())
}

fn map_allowed(max: usize) -> String {
    format!("a map of at most {max} names, as {{name: …}}")
}

fn map_schema(max: usize, item: Json) -> Json {
    json!({
        "type": ["object", "null"],
        "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"},
        "additionalProperties": item,
        "maxProperties": max,
    })
}

/// One kind for maps, another for everything else.
pub(crate) struct Either<M, S> {
    map: M,
    other: S,
}

/// One kind for maps, another for everything else, both giving the same.
pub(crate) fn either<M: Kind, S: Kind<Out = M::Out>>(map: M, other: S) -> Either<M, S> {
    Either { map, other }
}

impl<M: Kind, S: Kind<Out = M::Out>> Kind for Either<M, S> {
    type Out = M::Out;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<M::Out> {
        match &node.value {
            Value::Map(_) => self.map.read(node, at, context),
            _ => self.other.read(node, at, context),
        }
    }

    fn allowed(&self) -> String {
        format!("{}, or {}", self.other.allowed(), self.map.allowed())
    }

    fn schema(&self) -> Json {
        json!({"anyOf": [self.other.schema(), self.map.schema()]})
    }

    fn tables(&self) -> Vec<TableDoc> {
        let mut tables = self.other.tables();
        tables.extend(self.map.tables());
        tables
    }
}

impl Fields<'_, '_> {
    /// A map that may be absent, which then is as if it were there and empty.
    pub(crate) fn record<T: Table>(&mut self, key: &'static str, doc: &str) -> Option<T> {
        let given = self.optional(key, doc, Record::<T>::new());
        self.or_of_empty(key, given, T::table)
    }
}
