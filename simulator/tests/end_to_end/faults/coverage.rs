//! No fault is left out: what the schema can name is what the cases have.

use std::collections::BTreeSet;

use serde_json::Value;
use test_harness::trial;

use super::{objects, requests, steps};
use crate::support::Sandbox;

/// The kinds of faults, as `firedrill schema` has them; those that have forms, once for each.
fn named_by_the_schema() -> BTreeSet<String> {
    let ended = Sandbox::new().firedrill(["schema"]).output();
    ended.assert_code(0);
    let schema: Value = serde_json::from_str(&ended.stdout).expect("the schema is JSON");
    let faults = schema["properties"]["faults"]["items"]["oneOf"].as_array();
    let mut named = BTreeSet::new();
    for fault in faults.expect("a list of faults") {
        let fields = &fault["properties"];
        let kind = fields["do"]["const"].as_str().expect("a fault does something");
        named.insert(kind.to_owned());
        for field in ["mode", "form", "manner"] {
            let choices = fields[field]["enum"].as_array().into_iter().flatten();
            let choice = |choice: &Value| format!("{kind} {field}: {}", choice.as_str().unwrap_or_default());
            named.extend(choices.map(choice));
        }
    }
    named
}

/// What the cases have, in the same words.
fn cased() -> BTreeSet<String> {
    let mut cased = BTreeSet::new();
    let cases = [requests::CASES, requests::OUTAGES, steps::CASES, objects::CASES];
    for case in cases.into_iter().flatten() {
        let mut fields = case.fault.split(", ").filter_map(|field| field.split_once(": "));
        let kind = fields.next().map_or("", |(_, kind)| kind);
        cased.insert(kind.to_owned());
        let choice = fields.filter(|(field, _)| ["mode", "form", "manner"].contains(field));
        cased.extend(choice.map(|(field, choice)| format!("{kind} {field}: {choice}")));
    }
    cased
}

trial!(every_kind_of_fault_has_a_case);
fn every_kind_of_fault_has_a_case() {
    let (named, cased) = (named_by_the_schema(), cased());
    assert!(named.len() > 20, "{named:?}");
    let missing: Vec<&String> = named.difference(&cased).collect();
    assert!(missing.is_empty(), "no case turns a probe red with {missing:?}");
    let unknown: Vec<&String> = cased.difference(&named).collect();
    assert!(unknown.is_empty(), "the schema does not know {unknown:?}");
}
