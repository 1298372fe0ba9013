//! Finding a page by what a user types.

use super::{Group, Page, pages};
use crate::scenario::nearest;

/// What was found for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The page of that name, or the part of one at that path.
    Page(Box<Page>),
    /// The pages of that name, where an action and a writer, say, have the same one.
    SameName(Vec<Page>),
    /// The pages of one service.
    Several(Vec<Page>),
    /// No page, and what was probably meant, if a name is near.
    Nothing(Option<String>),
}

/// Finds a page by its name (`s3.sync`, `objectives`), a part of one by its path (`cloud.buckets`), the list of a group
/// (`faults`, `actions`), or all pages of a service (`s3`).
pub fn find(name: &str) -> Found {
    let name = match name.trim() {
        "actions" | "steps" => "runbook",
        name => name,
    };
    let pages = pages();
    let of_name = pages.iter().filter(|page| page.name == name);
    let of_name: Vec<&Page> = of_name.collect();
    match of_name.as_slice() {
        [] => {}
        [page] => return Found::Page(Box::new((*page).clone())),
        pages => return Found::SameName(pages.iter().copied().cloned().collect()),
    }
    if let Some(part) = pages.iter().find_map(|page| part(page, name)) {
        return Found::Page(Box::new(part));
    }
    let of_service = |page: &&Page| {
        page.name
            .split_once('.')
            .is_some_and(|(service, _)| service == name)
    };
    let several: Vec<Page> = pages.iter().filter(of_service).cloned().collect();
    if !several.is_empty() {
        return Found::Several(several);
    }
    let names = pages.iter().map(|page| page.name.as_str());
    Found::Nothing(nearest(name, names.chain(["actions"])))
}

/// The part of a section at this path: its table and those within.
fn part(page: &Page, path: &str) -> Option<Page> {
    let begins = |table: &super::Table| {
        let rest = table.path.strip_prefix(path)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some(())
    };
    let tables: Vec<super::Table> = page
        .tables
        .iter()
        .filter(|table| begins(table).is_some())
        .cloned()
        .collect();
    let first = tables.first().filter(|_| page.group == Group::Section)?;
    Some(Page {
        name: path.to_owned(),
        summary: first.doc.clone(),
        details: String::new(),
        needs: Vec::new(),
        choices: Vec::new(),
        tables,
        ..page.clone()
    })
}
