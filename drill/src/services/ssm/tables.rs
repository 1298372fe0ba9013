//! What a scenario says of parameter hierarchies.

use super::Hierarchy;
use crate::scenario::decode::{Fields, Name, NameKind, Record, Table, Whole, Written, duration, written};
use crate::scenario::limits::{INSTANT, LONGEST_HISTORY, OBJECTS};
use crate::scenario::{Inventory, PRIMARY};

impl Table for Hierarchy {
    const DOC: &'static str = "Parameters whose names begin with one path.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let path = f.required("path", "What their names begin with, in every region.", path());
        let region = f.or(
            "region",
            "The label of its home region.",
            Name::Of(NameKind::REGION),
            PRIMARY,
        );
        let values = f.optional::<Record<Values>>("values", "What it holds at drill 0.", Record::new());
        let copied_to = f.optional(
            "copied_to",
            "The label of the region that has what it holds at drill 0, too; nothing copies later changes but steps.",
            Name::Of(NameKind::REGION),
        );
        Some(Hierarchy {
            label: f.name.clone(),
            path: path?,
            region,
            values: values.map(|values| values.0),
            copied_to,
            line: f.line,
        })
    }
}

struct Values(Inventory);

impl Table for Values {
    const DOC: &'static str = "Parameters that are there before the drill begins.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let count = f.required("count", "How many.", Whole(1, OBJECTS));
        let size = f.or(
            "size",
            "How many bytes each value holds, at most 2KiB; a value is their hexadecimal digits.",
            written(),
            "16B..256B",
        );
        let history = f.or(
            "history",
            "Over what time before drill 0 they were written.",
            duration(INSTANT, LONGEST_HISTORY),
            "8d",
        );
        Some(Values(Inventory {
            count: count?,
            size,
            history,
            prefix: String::new(),
        }))
    }
}

/// The path of a hierarchy, by the rules of Parameter Store for names: at most 15 levels, and 1011 characters with the
/// drill's keys; none that AWS reserves.
fn path() -> Written<String> {
    Written {
        allowed: "a path of at most 12 levels of letters, digits, `.`, `-` and `_`, as /factory/config/"
            .to_owned(),
        pattern: "^(/[A-Za-z0-9._-]+){1,12}/?$",
        number: false,
        parse: Box::new(|text| {
            let levels: Vec<&str> = text.trim_matches('/').split('/').collect();
            let is_name = |level: &&str| {
                let mut bytes = level.bytes();
                !level.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            };
            if !text.starts_with('/') {
                return Err(Some("names of a hierarchy begin with `/`".to_owned()));
            }
            let first = levels[0].to_ascii_lowercase();
            if first.starts_with("aws") || first.starts_with("ssm") {
                return Err(Some("AWS reserves names that begin with aws or ssm".to_owned()));
            }
            if levels.len() > 12 || text.len() > 900 || !levels.iter().all(is_name) {
                return Err(None);
            }
            Ok(format!("/{}/", levels.join("/")))
        }),
    }
}
