//! The fields of a function in the scenario, and what is said of files of its package.

use std::path::Path;

use super::looked::names_in;

/// The paths of a function's fields in the file.
pub(super) struct Fields {
    pub(super) package: String,
    pub(super) runtime: String,
    pub(super) handler: String,
}

impl Fields {
    pub(super) fn new(label: &str) -> Fields {
        let field = |name: &str| format!("cloud.functions.{label}.{name}");
        Fields {
            package: field("package"),
            runtime: field("runtime"),
            handler: field("handler"),
        }
    }
}

/// A hint at a folder of the package in which a file is that should be at its top.
pub(super) fn misplaced(root: &Path, file: &str) -> Option<String> {
    let folders = names_in(root);
    let folder = folders.iter().find(|name| root.join(name).join(file).is_file())?;
    Some(format!("it lies in {folder}/: pack the content of that folder"))
}
