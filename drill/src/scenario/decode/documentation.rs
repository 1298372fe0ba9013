//! What the tables say of themselves for the reference: the same fields as in the JSON Schema, in words.

/// What the reference says of a table beside its fields. It stands with them, so that both change together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Documentation {
    /// What it does beyond its summary, in sentences.
    pub details: &'static str,
    /// What else the scenario must have: the path of a section, and what is needed of it.
    pub needs: &'static [(&'static str, &'static str)],
    /// A part of a scenario that uses it, with the key of its section.
    pub example: &'static str,
}

impl Documentation {
    /// Of a table that has no page of its own.
    pub(crate) const NONE: Documentation = Documentation {
        details: "",
        needs: &[],
        example: "",
    };
}

/// A table of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDoc {
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// What its path has behind that of the field: nothing, `.NAME` for each entry of a map, `[]` for each item of a list.
    pub suffix: &'static str,
    /// What the reference says of it.
    pub documentation: Documentation,
    /// A part of a scenario that shows it, with the key of its section.
    pub example: String,
    /// Its fields, in the order of the table.
    pub fields: Vec<FieldDoc>,
    /// What `do` may say, if the table has that field.
    pub variants: Vec<VariantDoc>,
}

/// One of the values of `do`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantDoc {
    /// The value.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// What the reference says of it.
    pub documentation: Documentation,
    /// The fields that come with it.
    pub fields: Vec<FieldDoc>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDoc {
    /// Its key.
    pub key: &'static str,
    /// What it means.
    pub doc: String,
    /// What may stand there, with its unit and its bounds.
    pub allowed: String,
    /// What holds without it, if the table says that.
    pub default: Option<String>,
    /// Whether it must be there.
    pub required: bool,
    /// The tables of the maps that may stand there.
    pub tables: Vec<TableDoc>,
}
