//! One map's fields, read or described.

use serde_json::json;

use super::description::Description;
use super::documentation::VariantDoc;
use super::{Context, Documentation, Kind, NameKind, Path};
use crate::scenario::diagnostic::{Mark, nearest};
use crate::scenario::yaml::{Key, Node, Value};
use crate::units::Span;

/// What a struct of the model is read from.
pub(crate) trait Table: Sized {
    /// What it is, in a sentence, for the JSON Schema.
    const DOC: &'static str;
    /// What the reference says of it beside its fields.
    const DOCUMENTATION: Documentation = Documentation::NONE;
    /// A part of a scenario that shows it, with the key of its section; services may add to it.
    fn example() -> String {
        Self::DOCUMENTATION.example.to_owned()
    }
    /// What kind of names an item of this table declares with its `id`, beside the common one.
    const DECLARES: Option<NameKind> = None;
    /// Its fields. `None` when a field that it needs is absent or wrong (or when describing).
    fn table(fields: &mut Fields<'_, '_>) -> Option<Self>;
}

/// One of the values of `do:`, with fields of its own.
#[derive(Clone)]
pub(crate) struct Variant<T> {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) documentation: Documentation,
    /// What kind of names its item's `id` is of, beside the common one.
    pub(crate) declares: Option<NameKind>,
    pub(crate) table: fn(&mut Fields<'_, '_>) -> Option<T>,
}

/// The fields of one map.
pub(crate) struct Fields<'a, 'c> {
    mode: Mode<'a, 'c>,
    /// The key under which the map stands, if it is an entry of a map.
    pub(crate) name: String,
    /// The line of the map, or of its key.
    pub(crate) line: u32,
    /// Whether further keys may be right, since it is not known what `do` should say.
    open_ended: bool,
    /// What `do` says, of which the reference has a page.
    chosen: Option<&'static str>,
    /// After how long a fault ends; only the tables of faults that can end read it.
    pub(crate) ends_after: Option<Span>,
}

enum Mode<'a, 'c> {
    Read {
        mark: Mark,
        entries: &'a [(Key, Node)],
        at: &'a Path<'a>,
        context: &'a mut Context<'c>,
        known: Vec<&'static str>,
    },
    Describe(Description),
}

impl<'a, 'c> Fields<'a, 'c> {
    /// The fields of `entries`, to be read.
    pub(crate) fn reading(
        name: &str,
        mark: Mark,
        entries: &'a [(Key, Node)],
        at: &'a Path<'a>,
        context: &'a mut Context<'c>,
    ) -> Self {
        Fields {
            mode: Mode::Read {
                mark,
                entries,
                at,
                context,
                known: Vec::new(),
            },
            name: name.to_owned(),
            line: mark.line,
            open_ended: false,
            chosen: None,
            ends_after: None,
        }
    }

    /// A field that must be there.
    pub(crate) fn required<K: Kind>(&mut self, key: &'static str, doc: &str, kind: K) -> Option<K::Out> {
        self.describe(key, doc, &kind, None, true);
        let found = self.optional_read(key, &kind);
        if let Mode::Read {
            mark,
            entries,
            at,
            context,
            ..
        } = &mut self.mode
            && !entries.iter().any(|(known, _)| known.text == key)
        {
            let path = Path::Key(at, key).to_string();
            let hint = format!("it must be given: {}", first_lower(doc).trim_end_matches('.'));
            context.error(*mark, path, format!("no `{key}`"), &kind.allowed(), Some(hint));
        }
        found
    }

    /// A field that may be absent.
    pub(crate) fn optional<K: Kind>(&mut self, key: &'static str, doc: &str, kind: K) -> Option<K::Out> {
        self.describe(key, doc, &kind, None, false);
        self.optional_read(key, &kind)
    }

    /// A field that may be absent, which then is as if `default` stood in the file.
    pub(crate) fn or<K: Kind>(&mut self, key: &'static str, doc: &str, kind: K, default: &str) -> K::Out {
        self.describe(key, doc, &kind, Some(default), false);
        self.optional_read(key, &kind)
            .unwrap_or_else(|| read_default(&kind, key, default))
    }

    /// A list or map that may be absent, which then is empty.
    pub(crate) fn or_empty<K: Kind>(&mut self, key: &'static str, doc: &str, kind: K) -> K::Out
    where
        K::Out: Default,
    {
        self.optional(key, doc, kind).unwrap_or_default()
    }

    /// The field `do`, whose value decides which further fields there are.
    pub(crate) fn variant<T>(&mut self, doc: &str, variants: &[Variant<T>]) -> Option<T> {
        if let Mode::Describe(description) = &mut self.mode {
            for variant in variants {
                describe_variant(description, doc, variant);
            }
            return None;
        }
        let names: Vec<&'static str> = variants.iter().map(|variant| variant.name).collect();
        let name = self.required("do", doc, super::Choice::names(&names));
        let Some(variant) = variants.iter().find(|variant| name == Some(variant.name)) else {
            self.open_ended = true;
            return None;
        };
        self.chosen = Some(variant.name);
        (variant.table)(self)
    }

    /// Reads `table` from a map without entries, if this is a reading and none is there.
    pub(super) fn or_of_empty<T>(
        &mut self,
        key: &'static str,
        given: Option<T>,
        table: fn(&mut Fields<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        match &mut self.mode {
            Mode::Read { at, context, .. } if given.is_none() => {
                let at = Path::Key(at, key);
                table(&mut Fields::reading("", Mark::default(), &[], &at, context))
            }
            _ => given,
        }
    }

    /// Whether a table has named this key already, or may have, had it been known which one.
    pub(crate) fn taken(&self, key: &str) -> bool {
        match &self.mode {
            Mode::Read { known, .. } => self.open_ended || known.contains(&key),
            Mode::Describe(_) => false,
        }
    }

    /// Takes these keys for known ones, so that they are offered where a key is unknown. Those that are in the file must
    /// have been read.
    pub(super) fn know<'k>(&mut self, keys: impl Iterator<Item = &'k &'static str>) {
        if let Mode::Read { known, .. } = &mut self.mode {
            for key in keys {
                if !known.contains(key) {
                    known.push(key);
                }
            }
        }
    }

    /// The path of the map itself.
    pub(crate) fn path(&self) -> String {
        match &self.mode {
            Mode::Read { at, .. } => at.to_string(),
            Mode::Describe(_) => String::new(),
        }
    }

    /// Whether the field is in the file, be it right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        match &self.mode {
            Mode::Read { entries, .. } => entries.iter().any(|(known, _)| known.text == key),
            Mode::Describe(_) => false,
        }
    }

    /// Whether the field holds just this text, or perhaps was meant to.
    pub(crate) fn may_say(&self, key: &str, text: &str) -> bool {
        match &self.mode {
            Mode::Read { entries, .. } => {
                self.open_ended
                    || entries.iter().any(|(known, node)| {
                        known.text == key
                            && matches!(&node.value, Value::Scalar { text: found, .. } if found == text)
                    })
            }
            Mode::Describe(_) => false,
        }
    }

    /// Notes an error in one of the fields, if this is a reading.
    pub(crate) fn wrong(&mut self, key: &str, found: String, allowed: &str, hint: Option<String>) {
        if let Mode::Read { at, context, .. } = &mut self.mode {
            let path = match key {
                "" => at.to_string(),
                key => Path::Key(at, key).to_string(),
            };
            context.error(context.mark_of(&path), path, found, allowed, hint);
        }
    }

    /// Declares the value of a field as a name; see [`Context::declare`].
    pub(crate) fn declare(&mut self, names: super::NameKind, key: &str, name: &str) {
        if let Mode::Read { at, context, .. } = &mut self.mode {
            let path = Path::Key(at, key).to_string();
            context.declare(names, name, context.mark_of(&path), path);
        }
    }

    /// Every key that the table did not name is an error.
    pub(crate) fn finish(self) {
        let Mode::Read {
            entries,
            at,
            context,
            known,
            ..
        } = self.mode
        else {
            return;
        };
        for (key, _) in entries {
            if context.is_full() {
                return;
            }
            if !self.open_ended && !known.contains(&key.text.as_str()) {
                let path = Path::Key(at, &key.text).to_string();
                let explained = || {
                    self.chosen
                        .map(|name| format!("`firedrill explain {name}` shows its fields"))
                };
                let hint = nearest(&key.text, known.iter().copied()).or_else(explained);
                let allowed = format!("one of {}", known.join(", "));
                context.error(key.mark, path, "an unknown key".to_owned(), &allowed, hint);
            }
        }
    }

    fn optional_read<K: Kind>(&mut self, key: &'static str, kind: &K) -> Option<K::Out> {
        let Mode::Read {
            entries,
            at,
            context,
            known,
            ..
        } = &mut self.mode
        else {
            return None;
        };
        if !known.contains(&key) {
            known.push(key);
        }
        let (_, node) = entries.iter().find(|(known, _)| known.text == key)?;
        let path = Path::Key(at, key);
        context.place(&path, node.mark);
        kind.read(node, &path, context)
    }

    fn describe<K: Kind>(
        &mut self,
        key: &'static str,
        doc: &str,
        kind: &K,
        default: Option<&str>,
        required: bool,
    ) {
        if let Mode::Describe(description) = &mut self.mode {
            description.field(key, kind, doc, default, required);
        }
    }

    /// What a describing table has said.
    pub(super) fn description(self) -> Description {
        match self.mode {
            Mode::Describe(description) => description,
            Mode::Read { .. } => Description::schema(),
        }
    }

    /// The fields of a table that says them, into `description`.
    pub(super) fn describing(description: Description) -> Self {
        Fields {
            mode: Mode::Describe(description),
            name: String::new(),
            line: 0,
            open_ended: false,
            chosen: None,
            ends_after: None,
        }
    }
}

fn read_default<K: Kind>(kind: &K, key: &str, default: &str) -> K::Out {
    let mut context = Context::new("default", Vec::new());
    let read = kind.read(&Node::plain(default), &Path::Key(&Path::Root, key), &mut context);
    read.unwrap_or_else(|| panic!("the table's default {default:?} of {key:?} is not of its own kind"))
}

fn first_lower(doc: &str) -> String {
    let mut chars = doc.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// What `table` says of itself.
pub(super) fn described<T>(empty: Description, table: fn(&mut Fields<'_, '_>) -> Option<T>) -> Description {
    let mut fields = Fields::describing(empty);
    table(&mut fields);
    fields.description()
}

/// Adds one of the values of `do`, which `doc` explains.
fn describe_variant<T>(description: &mut Description, doc: &str, variant: &Variant<T>) {
    match description {
        Description::Schema(properties) => {
            if let Description::Schema(own) = described(Description::schema(), variant.table) {
                let tag = json!({"const": variant.name, "description": format!("{doc} {}", variant.doc)});
                properties.variants.push((tag, own));
            }
        }
        Description::Documentation(_, variants) => {
            let fields = match described(Description::documentation(), variant.table) {
                Description::Documentation(fields, _) => fields,
                Description::Schema(_) => Vec::new(),
            };
            variants.push(VariantDoc {
                name: variant.name,
                doc: variant.doc,
                documentation: variant.documentation,
                fields,
            });
        }
    }
}
