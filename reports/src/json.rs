//! `report.json`: the report itself, for programs.
//!
//! Keys stand in the order of the fields of [`drill::report::Report`]. What is not known is `null`; a
//! number that is not finite would be `null`, too, since JSON has none.

use drill::report::Judged;
use drill::text::plain_json;

/// Renders `report.json`, with a newline at its end.
pub(crate) fn render(judged: &Judged) -> String {
    let mut text = serde_json::to_string_pretty(&judged.report)
        .expect("a report has string keys only and serialises without I/O");
    text.push('\n');
    plain_json(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;
    use drill::report::Report;

    #[test]
    fn written_archive_reads_back_unchanged() {
        for (name, judged) in fixtures::all() {
            let text = render(&judged);
            assert!(text.ends_with("}\n"), "{name}");
            let back: Report = serde_json::from_str(&text).unwrap();
            assert_eq!(back, judged.report, "{name}");
            assert_eq!(render(&judged), text, "{name}");
        }
    }

    #[test]
    fn keys_stand_in_the_order_of_the_contract_and_unknown_is_null() {
        let text = render(&fixtures::interrupted());
        let position = |key: &str| text.find(&format!("\n  \"{key}\":")).unwrap();
        let keys = [
            "schema",
            "scenario",
            "seed",
            "cloud",
            "speed",
            "started_at",
            "finished_at",
            "wall_seconds",
            "drill_seconds",
            "complete",
            "verdict",
            "reasons",
            "objectives",
            "incidents",
            "phases",
            "steps",
            "faults",
            "data",
            "fleet",
            "findings",
            "flips",
            "clock",
        ];
        assert!(keys.map(position).is_sorted());
        assert!(text.contains("\"actual_s\": null"));
        assert!(!text.contains("NaN"));
    }
}
