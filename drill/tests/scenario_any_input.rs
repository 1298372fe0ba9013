//! No input makes the decoder panic, and what it takes makes no plan panic.

use drill::plan::Plan;
use drill::scenario::Scenario;
use proptest::prelude::*;

const DESIGN: &str = include_str!("scenario/design.yaml");

/// Words that mean something somewhere, so that mutants get deeper than noise would.
const WORDS: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "null",
    "~",
    "*a",
    "&a ",
    "!!int ",
    "0",
    "-1",
    "1e9",
    "99999999999999999999",
    "0..0",
    "20 of 20",
    "0.5",
    "true",
    "8d",
    "..",
    "primary",
    "s3.sync",
    "\u{feff}",
    "é",
    "\"",
];

/// Parses, and plans what can be planned in a test's time.
fn survives(text: &[u8]) {
    if let Ok((scenario, _)) = Scenario::parse_bytes("any.yaml", text) {
        let objects: u64 = scenario
            .cloud
            .buckets()
            .iter()
            .filter_map(|b| b.objects.as_ref())
            .map(|o| o.count)
            .sum();
        if objects < 2000
            && scenario
                .first_fault()
                .is_none_or(|at| at.as_us() < 86_400_000_000)
        {
            Plan::new(&scenario, 1).digest();
        }
    }
}

#[test]
fn errors_stand_in_the_order_of_the_file_though_it_cannot_be_read_to_its_end() {
    let errors = Scenario::parse("any.yaml", "version: &b 1\nversion:\n  a: *b\n}").unwrap_err();
    let lines: Vec<u32> = errors.iter().map(|error| error.mark.line).collect();
    assert!(lines.len() >= 3 && lines.is_sorted(), "{errors:?}");
}

#[test]
fn an_error_is_one_line_whatever_a_key_is() {
    let errors = Scenario::parse("any.yaml", "version: 1\n\"a\\nb\": {c: }\nd: [}").unwrap_err();
    let known = Scenario::parse("any.yaml", "version: 1\n\"a\\nb.yaml:1:1\": 1\n").unwrap_err();
    let message = "message: \"{{a\\nb}}\"";
    let shown = DESIGN.replacen(
        "runbook:\n",
        &format!("runbook:\n  - {{id: tell, do: notify, to: ops, {message}}}\n"),
        1,
    );
    let placeholder = Scenario::parse("any.yaml", &shown).unwrap_err();
    assert!(
        placeholder.iter().any(|error| error.path.ends_with("message")),
        "{placeholder:?}"
    );
    let long = shown.replacen("{{a", &format!("{{{{{}", "a".repeat(5000)), 1);
    let long = Scenario::parse("any.yaml", &long).unwrap_err();
    assert!(
        long.iter().all(|error| error.to_string().len() < 500),
        "what was found is shortened"
    );
    for error in errors.iter().chain(&known).chain(&placeholder) {
        let text = error.to_string();
        assert!(!text.contains('\n'), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC*") {
        survives(text.as_bytes());
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
    }

    #[test]
    fn words_in_any_order(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..60)) {
        survives(words.concat().as_bytes());
    }

    #[test]
    fn the_example_with_words_put_in_or_bytes_cut_out(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&WORDS[..]), 0usize..12), 1..4)
    ) {
        let mut text = DESIGN.as_bytes().to_vec();
        for (place, word, cut) in changes {
            let at = place.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, word.bytes());
        }
        survives(&text);
    }

    #[test]
    fn the_example_with_a_value_replaced(line in 0usize..60, word in prop::sample::select(&WORDS[..])) {
        let lines = DESIGN.lines().enumerate().map(|(n, text)| match text.split_once(": ") {
            Some((key, _)) if n == line => format!("{key}: {word}"),
            _ => text.to_owned(),
        });
        survives(lines.collect::<Vec<_>>().join("\n").as_bytes());
    }
}
