//! The JSON Schema of a table.

use serde_json::{Map, Value as Json, json};

use super::fields::{Fields, Table};

/// What a JSON Schema says of a map.
#[derive(Default)]
pub(super) struct Description {
    properties: Map<String, Json>,
    required: Vec<&'static str>,
    /// What `do` may say, and the fields that come with it.
    variants: Vec<(Json, Description)>,
}

/// The JSON Schema of a table.
pub(super) fn describe<T: Table>() -> Json {
    describe_with(T::DOC, T::table)
}

/// The JSON Schema of a map with the fields that `table` names.
pub(super) fn describe_with<T>(doc: &str, table: fn(&mut Fields<'_, '_>) -> Option<T>) -> Json {
    let mut fields = Fields::describing();
    table(&mut fields);
    let mut schema = fields.description().schema();
    schema["description"] = doc.into();
    schema
}

impl Description {
    /// Adds a field.
    pub(super) fn field(
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

    /// Adds one of the values of `do`.
    pub(super) fn variant(&mut self, name: &str, doc: String, fields: Description) {
        self.variants
            .push((json!({"const": name, "description": doc}), fields));
    }

    fn schema(&self) -> Json {
        if self.variants.is_empty() {
            return self.object(&Description::default(), None);
        }
        let variants = self.variants.iter();
        let objects: Vec<Json> = variants.map(|(tag, own)| self.object(own, Some(tag))).collect();
        json!({ "oneOf": objects })
    }

    /// The schema of a map with these fields and those of a variant, which go first.
    fn object(&self, own: &Description, tag: Option<&Json>) -> Json {
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
