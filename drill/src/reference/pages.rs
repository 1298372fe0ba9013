//! All pages, made from the tables.

use super::example::in_scenario;
use super::page::{FieldDefault, Group, Page, Row, Table};
use super::{impact, variables};
use crate::scenario::{Documentation, FieldDoc, Scenario, TableDoc, VariantDoc, documentation};

/// The page of a scenario's top level.
pub const TOP_LEVEL: &str = "scenario";

/// All pages, by group and in the order of the tables.
pub fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    for root in documentation() {
        pages.push(top_level(&root));
        for field in root.fields.iter().filter(|field| !field.tables.is_empty()) {
            pages.extend(section(field));
        }
    }
    pages.push(variables::page());
    // Stable: within a group the order of the tables stays.
    pages.sort_by_key(|page| page.group);
    pages
}

fn top_level(root: &TableDoc) -> Page {
    let own = Table {
        path: String::new(),
        doc: root.doc.to_owned(),
        rows: root.fields.iter().map(row).collect(),
    };
    Page {
        tables: vec![own],
        ..empty(Group::Section, TOP_LEVEL, root.doc, &root.documentation)
    }
}

/// The page of a section, and those of what `do` chooses in it.
fn section(field: &FieldDoc) -> Vec<Page> {
    let mut pages = Vec::new();
    for table in &field.tables {
        let choices = table.variants.iter();
        pages.push(Page {
            tables: tables(
                &format!("{}{}", field.key, table.suffix),
                table.doc,
                &table.fields,
            ),
            choices: choices
                .map(|variant| (variant.name.to_owned(), variant.doc.to_owned()))
                .collect(),
            example: table.example.trim().to_owned(),
            ..empty(Group::Section, field.key, table.doc, &table.documentation)
        });
        let group = Group::ALL
            .into_iter()
            .find(|group| group.section() == Some(field.key));
        if let Some(group) = group {
            pages.extend(table.variants.iter().map(|variant| choice(group, variant)));
        }
    }
    pages
}

fn choice(group: Group, variant: &VariantDoc) -> Page {
    let page = empty(group, variant.name, variant.doc, &variant.documentation);
    let scenario = Scenario::parse("example", &in_scenario(&page.example));
    let impacts = scenario.map(|(scenario, _)| impact::impacts(group, variant.name, &scenario));
    Page {
        tables: tables("", variant.doc, &variant.fields),
        impacts: impacts.unwrap_or_default(),
        ..page
    }
}

fn empty(group: Group, name: &str, summary: &str, documentation: &Documentation) -> Page {
    let need = |(path, what): &(&str, &str)| ((*path).to_owned(), (*what).to_owned());
    Page {
        group,
        name: name.to_owned(),
        summary: summary.to_owned(),
        details: documentation.details.to_owned(),
        needs: documentation.needs.iter().map(need).collect(),
        impacts: Vec::new(),
        tables: Vec::new(),
        choices: Vec::new(),
        example: documentation.example.trim().to_owned(),
    }
}

/// A table at this path and those of the maps in it. Those in which `do` chooses have pages of their own.
fn tables(path: &str, doc: &str, fields: &[FieldDoc]) -> Vec<Table> {
    let mut all = vec![Table {
        path: path.to_owned(),
        doc: doc.to_owned(),
        rows: fields.iter().map(row).collect(),
    }];
    for field in fields {
        for table in field.tables.iter().filter(|table| table.variants.is_empty()) {
            let separator = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{separator}{}{}", field.key, table.suffix);
            all.extend(tables(&path, table.doc, &table.fields));
        }
    }
    all
}

fn row(field: &FieldDoc) -> Row {
    let default = match &field.default {
        _ if field.required => FieldDefault::Required,
        Some(default) => FieldDefault::Value(default.clone()),
        None => FieldDefault::Optional,
    };
    Row {
        name: field.key.to_owned(),
        value: field.allowed.clone(),
        default,
        doc: field.doc.clone(),
    }
}
