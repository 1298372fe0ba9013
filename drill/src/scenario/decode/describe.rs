//! The JSON Schema of a table, and its documentation.

use serde_json::Value as Json;

use super::description::Description;
use super::documentation::{Documentation, TableDoc};
use super::fields::{Fields, Table, described};

/// The JSON Schema of a table.
pub(super) fn describe<T: Table>() -> Json {
    describe_with(T::DOC, T::table)
}

/// The JSON Schema of a map with the fields that `table` names.
pub(super) fn describe_with<T>(doc: &str, table: fn(&mut Fields<'_, '_>) -> Option<T>) -> Json {
    let mut schema = match described(Description::schema(), table) {
        Description::Schema(properties) => properties.schema(),
        Description::Documentation(..) => Json::Null,
    };
    schema["description"] = doc.into();
    schema
}

/// The documentation of a table.
pub(super) fn document<T: Table>() -> TableDoc {
    TableDoc {
        example: T::example(),
        ..document_with(T::DOC, T::DOCUMENTATION, T::table)
    }
}

/// The documentation of a map with the fields that `table` names.
pub(super) fn document_with<T>(
    doc: &'static str,
    documentation: Documentation,
    table: fn(&mut Fields<'_, '_>) -> Option<T>,
) -> TableDoc {
    let (fields, variants) = match described(Description::documentation(), table) {
        Description::Documentation(fields, variants) => (fields, variants),
        Description::Schema(_) => (Vec::new(), Vec::new()),
    };
    TableDoc {
        doc,
        suffix: "",
        documentation,
        example: documentation.example.to_owned(),
        fields,
        variants,
    }
}
