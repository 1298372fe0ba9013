//! What must hold of every page.

use super::page::POLICY;
use super::*;
use crate::fixtures::{self, HOSTILE};
use roxmltree::Document;

/// All drawings of a page, as text.
pub(crate) fn drawings(page: &str) -> Vec<&str> {
    page.match_indices("<svg")
        .map(|(from, _)| {
            let end = page[from..].find("</svg>").unwrap() + "</svg>".len();
            &page[from..from + end]
        })
        .collect()
}

/// The page without its head and markup, as a reader sees it.
pub(crate) fn seen(page: &str) -> String {
    let body = &page[page.find("<body>").unwrap()..];
    let mut text = String::new();
    let mut rest = body;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        rest = &rest[open + rest[open..].find('>').unwrap() + 1..];
    }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    entities
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for (name, judged) in fixtures::all() {
        let page = render(&judged);
        for needle in [
            "http:",
            "https:",
            "//",
            "src=",
            "<link",
            "<script",
            "<iframe",
            "@import",
            "@font-face",
        ] {
            assert!(!page.contains(needle), "{name} contains {needle}");
        }
        for (at, _) in page.match_indices("url(") {
            assert!(page[at..].starts_with("url(#p-"), "{name}");
        }
        assert!(
            page.contains(POLICY.replace('\'', "&#39;").as_str()) || page.contains(POLICY),
            "{name}"
        );
    }
}

#[test]
fn hostile_text_stays_text() {
    let page = render(&fixtures::hostile());
    assert!(!page.contains("<script") && !page.contains('\u{1b}') && !page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;"));
    let shown: String = HOSTILE
        .chars()
        .map(|c| {
            if c != '\n' && text::steers(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    let text = seen(&page);
    let places = text.matches(shown.as_str()).count();
    assert!(
        places > 30,
        "the text is seen as it is, in all its places: {places}"
    );
}

#[test]
fn every_drawing_is_well_formed_and_has_a_name() {
    for (name, judged) in fixtures::all() {
        let page = render(&judged);
        for drawing in drawings(&page) {
            let document =
                Document::parse(drawing).unwrap_or_else(|error| panic!("{name}: {error}\n{drawing}"));
            let root = document.root_element();
            let hidden = root.attribute("aria-hidden") == Some("true");
            assert!(
                hidden
                    || root
                        .attribute("aria-label")
                        .is_some_and(|label| !label.is_empty()),
                "{name}"
            );
            for node in document.descendants().filter(|n| n.has_tag_name("rect")) {
                let width: f64 = node.attribute("width").unwrap().parse().unwrap();
                assert!(width.is_finite() && width >= 0.0, "{name}");
            }
        }
        assert!(!page.contains("NaN") && !page.contains("inf\""), "{name}");
    }
}

#[test]
fn every_finding_objective_step_fault_and_flip_is_there() {
    for (name, judged) in fixtures::all() {
        if name == "hostile" {
            continue;
        }
        let report = &judged.report;
        let text = seen(&render(&judged));
        let has = |needle: &str| assert!(text.contains(needle), "{name} lacks {needle}");
        report.findings.iter().for_each(|f| has(&f.text));
        report.reasons.iter().for_each(|r| has(r));
        for objective in &report.objectives {
            has(&text::objective_name(objective));
            has(&text::achieved(objective));
            has(&text::span(objective.target_s));
            has(text::objective_verdict(objective.verdict));
            text::chance(objective).iter().for_each(|chance| has(chance));
            text::other_outcome(objective).iter().for_each(|other| has(other));
        }
        for step in &report.steps {
            has(&step.id);
            step.error.iter().for_each(|error| has(error));
            step.detail.iter().for_each(|detail| has(detail));
        }
        for fault in &report.faults {
            has(&fault.id);
            has(&fault.evidence);
        }
        report
            .flips
            .iter()
            .for_each(|flip| has(&text::flip(report, flip)));
        text::larger_fleet(report)
            .into_iter()
            .for_each(|larger| has(&larger.text));
        has(&report.scenario.sha256);
        has(text::verdict(report.verdict));
    }
}

#[test]
fn ids_are_unique_so_that_patterns_are_found() {
    let page = render(&fixtures::busy());
    let mut ids: Vec<&str> = page
        .match_indices(" id=\"")
        .map(|(at, m)| page[at + m.len()..].split('"').next().unwrap())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for (at, _) in page.match_indices("url(#") {
        let id = page[at + 5..].split(')').next().unwrap();
        assert!(ids.contains(&id), "{id}");
    }
}

#[test]
fn only_partial_reports_are_marked() {
    assert!(seen(&render(&fixtures::interrupted())).contains("Partial: the run ended before the drill did."));
    assert!(!seen(&render(&fixtures::passing())).contains("Partial:"));
}

#[test]
fn unknown_figures_say_so() {
    let text = seen(&render(&fixtures::interrupted()));
    assert!(text.contains("not known") && text.contains("at least 26m 40s"));
    let text = seen(&render(&fixtures::as_written()));
    assert!(text.contains("at least 1h 05m") && text.contains("at least 8d"));
}
