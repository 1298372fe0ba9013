//! The message that a drill was judged: JSON as Slack and what understands its incoming webhooks take it.
//!
//! Texts are plain, never markup: what a scenario or a service says cannot mention a user or hide behind a link. The limits are
//! those of Slack's Block Kit: 150 characters in a header, 3,000 in a section.

use drill::report::{Objective, Report};
use serde_json::{Value, json};

use crate::text;

/// The longest header.
const HEADER: usize = 150;
/// The longest section.
const SECTION: usize = 3_000;
/// More objectives than this are counted.
const OBJECTIVES: usize = 20;

/// The message of a judged drill whose report is at `place`.
pub fn render(report: &Report, place: &str) -> String {
    let verdict = format!(
        "{} {}: {}",
        text::verdict_sign(report.verdict),
        text::headline(report),
        report.scenario.name
    );
    let why = format!("{}\n{}", report.scenario.title, text::why(report));
    let mut blocks = vec![
        json!({"type": "header", "text": plain(&verdict, HEADER)}),
        json!({"type": "section", "text": plain(&why, SECTION)}),
    ];
    if !report.objectives.is_empty() {
        blocks.push(json!({"type": "section", "text": plain(&objectives(&report.objectives), SECTION)}));
    }
    if !report.complete {
        blocks.push(json!({"type": "section", "text": plain(&text::partial(report), SECTION)}));
    }
    blocks.push(json!({"type": "context", "elements": [plain(&context(report, place), SECTION)]}));
    let text = format!("{verdict} ({}). {}", emulated(report), text::why(report));
    let message = json!({"text": escaped(&cut(&text, SECTION)), "blocks": blocks});
    drill::text::plain_json(message.to_string()) + "\n"
}

/// A line for each.
fn objectives(objectives: &[Objective]) -> String {
    let line = |objective: &Objective| {
        format!(
            "{} {}: {}, target {}, achieved {}",
            text::objective_sign(objective.verdict),
            text::objective_name(objective),
            text::objective_verdict(objective.verdict),
            text::target(objective),
            text::achieved_with_error(objective)
        )
    };
    let mut lines: Vec<String> = objectives.iter().take(OBJECTIVES).map(line).collect();
    if objectives.len() > OBJECTIVES {
        lines.push(format!("… and {} more", objectives.len() - OBJECTIVES));
    }
    lines.join("\n")
}

/// What it rests on, and where the rest is.
fn context(report: &Report, place: &str) -> String {
    format!(
        "{}. Seed {}, {}, {}. Report: {place}",
        emulated(report),
        report.seed,
        report.started_at,
        text::seal(report)
    )
}

fn emulated(report: &Report) -> String {
    if text::is_tabletop(report) {
        return "No system took part, and not your account".to_owned();
    }
    format!("Emulated AWS ({}), not your account", text::cloud(report))
}

fn plain(text: &str, most: usize) -> Value {
    json!({"type": "plain_text", "text": escaped(&cut(text, most)), "emoji": false})
}

/// At most so many characters, when they are escaped.
fn cut(text: &str, most: usize) -> String {
    let cleaned = drill::text::clean(text);
    let mut left = most;
    let mut out = String::new();
    for c in cleaned.chars() {
        let takes = escaped(c.encode_utf8(&mut [0; 4])).chars().count();
        if takes + 1 > left {
            out.push('…');
            return out;
        }
        left -= takes;
        out.push(c);
    }
    out
}

/// The three characters that mean something to Slack.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    /// Every text of a message.
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
            _ => {}
        }
    }

    #[test]
    fn every_drill_has_a_message_that_slack_takes() {
        for (name, judged) in fixtures::all() {
            let text = render(&judged.report, "runs/x/report.html");
            let value: Value = serde_json::from_str(&text).unwrap();
            let blocks = value["blocks"].as_array().unwrap();
            assert!(blocks.len() <= 50, "{name}");
            assert!(!value["text"].as_str().unwrap().is_empty(), "{name}");
            for block in blocks {
                let most = if block["type"] == "header" {
                    HEADER
                } else {
                    SECTION
                };
                let mut found = Vec::new();
                texts(block, &mut found);
                for text in found {
                    assert!((1..=most).contains(&text.chars().count()), "{name}: {text}");
                    assert!(!text.contains('<') && !text.contains('>'), "{name}: {text}");
                }
            }
            let said = value.to_string();
            for part in [
                "not your account",
                "runs/x/report.html",
                text::verdict(judged.report.verdict),
            ] {
                assert!(said.contains(part), "{name} lacks {part}");
            }
        }
    }

    #[test]
    fn texts_that_are_too_long_are_cut_after_they_were_escaped() {
        let mut report = fixtures::passing().report;
        report.scenario.name = "<&>".repeat(100);
        report.scenario.title = "&".repeat(10_000);
        let value: Value = serde_json::from_str(&render(&report, "x")).unwrap();
        let header = value["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(
            header.chars().count() <= HEADER && header.ends_with('…'),
            "{header}"
        );
        let section = value["blocks"][1]["text"]["text"].as_str().unwrap();
        assert!(
            section.chars().count() <= SECTION && section.ends_with("&amp;…"),
            "{section}"
        );
    }

    #[test]
    fn an_exercise_without_faults_is_headed_by_what_it_was() {
        let mut report = fixtures::empty().report;
        report.exercise = Some(drill::report::ExerciseSummary {
            kind: drill::scenario::Exercise::Tabletop,
            complete: false,
            people: vec![],
            text: "Tabletop exercise.".into(),
        });
        let value: Value = serde_json::from_str(&render(&report, "x")).unwrap();
        let header = value["blocks"][0]["text"]["text"].as_str().unwrap();
        assert!(
            header.contains("TABLETOP EXERCISE: no person took part"),
            "{header}"
        );
        assert!(!header.contains("INCONCLUSIVE"), "{header}");
    }

    #[test]
    fn a_message_says_what_was_missed() {
        insta::assert_snapshot!(render(
            &fixtures::as_written().report,
            "runs/x/latest/report.html"
        ));
    }
}
