//! What a table says of itself, as its fields are named: for the JSON Schema, or for the reference.

use serde_json::{Map, Value as Json, json};

use super::Kind;
use super::documentation::{FieldDoc, VariantDoc};

/// What a JSON Schema says of a map, or the reference.
pub(super) enum Description {
    /// For the JSON Schema.
    Schema(Properties),
    /// For the reference: the fields, and what `do` may say.
    Documentation(Vec<FieldDoc>, Vec<VariantDoc>),
}

/// What a JSON Schema says of a map.
#[derive(Default)]
pub(super) struct Properties {
    properties: Map<String, Json>,
    required: Vec<&'static str>,
    /// What `do` may say, and the fields that come with it.
    pub(super) variants: Vec<(Json, Properties)>,
}

impl Description {
    /// Nothing yet, for the JSON Schema.
    pub(super) fn schema() -> Self {
        Description::Schema(Properties::default())
    }

    /// Nothing yet, for the reference.
    pub(super) fn documentation() -> Self {
        Description::Documentation(Vec::new(), Vec::new())
    }

    /// Adds a field.
    pub(super) fn field<K: Kind>(
        &mut self,
        key: &'static str,
        kind: &K,
        doc: &str,
        default: Option<&str>,
        required: bool,
    ) {
        match self {
            Description::Schema(properties) => properties.field(key, kind.schema(), doc, default, required),
            Description::Documentation(fields, _) => {
                fields.push(FieldDoc {
                    key,
                    doc: doc.to_owned(),
                    allowed: kind.explained(),
                    default: default.map(str::to_owned),
                    required,
                    tables: kind.tables(),
                });
            }
        }
    }
}

impl Properties {
    fn field(
        &mut self,
        key: &'static str,
        mut schema: Json,
        doc: &str,
        default: Option<&str>,
        required: bool,
    ) {
        schema["description"] = doc.into();
        if let Some(default) = default {
            schema["default"] = serde_json::from_str(default).unwrap_or_else(|_| default.into());
        }
        self.properties.insert(key.to_owned(), schema);
        if required {
            self.required.push(key);
        }
    }

    pub(super) fn schema(&self) -> Json {
        if self.variants.is_empty() {
            return self.object(&Properties::default(), None);
        }
        let variants = self.variants.iter();
        let objects: Vec<Json> = variants.map(|(tag, own)| self.object(own, Some(tag))).collect();
        json!({ "oneOf": objects })
    }

    /// The schema of a map with these fields and those of a variant, which go first.
    fn object(&self, own: &Properties, tag: Option<&Json>) -> Json {
        let mut properties = self.properties.clone();
        properties.extend(own.properties.clone());
        let mut required: Vec<&str> = self.required.iter().chain(&own.required).copied().collect();
        if let Some(tag) = tag {
            properties.insert("do".to_owned(), tag.clone());
            required.push("do");
        }
        required.sort_unstable();
        required.dedup();
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }
}
