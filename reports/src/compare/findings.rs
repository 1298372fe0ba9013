//! Which findings of two runs are the same.
//!
//! Findings are matched by the key by which the register follows them. Reports of versions that gave findings no kind have
//! none: there a finding is the same if it is about the same step, service and fault, and says the same but for its figures.

use drill::register;
use drill::report::Finding;

use super::comparison::FindingChanges;

/// Matches the findings of two runs.
pub(super) fn changes(a: &[Finding], b: &[Finding]) -> FindingChanges {
    let has_kinds = a.iter().chain(b).all(|finding| !finding.kind.is_empty());
    let key = |finding: &Finding| {
        if has_kinds {
            // The scenarios may differ in name and be compared all the same.
            register::key("", finding)
        } else {
            key_by_text(finding)
        }
    };
    let keys = |all: &[Finding]| all.iter().map(key).collect::<Vec<_>>();
    let (in_a, in_b) = (keys(a), keys(b));
    let not_in = |all: &[Finding], keys: &[String]| {
        let differs = |finding: &&Finding| !keys.contains(&key(finding));
        all.iter().filter(differs).cloned().collect::<Vec<_>>()
    };
    FindingChanges {
        came: not_in(b, &in_a),
        went: not_in(a, &in_b),
        stayed: b
            .iter()
            .filter(|finding| in_a.contains(&key(finding)))
            .cloned()
            .collect(),
    }
}

/// What makes a finding the same in another run, where it has no kind.
fn key_by_text(finding: &Finding) -> String {
    let about = (&finding.step, &finding.service, &finding.fault);
    format!("{about:?} {}", without_figures(&finding.text))
}

/// The text with `#` for every figure; several in a row, as in `1h 23m 15s`, are one.
pub(super) fn without_figures(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let plain = if core.starts_with(|c: char| c.is_ascii_digit()) {
            word.replacen(core, "#", 1)
        } else {
            figures_replaced(word)
        };
        match words.last_mut() {
            // What ends the figure, a comma say, stays.
            Some(last) if *last == "#" && plain.starts_with('#') => *last = plain,
            _ => words.push(plain),
        }
    }
    words.join(" ")
}

/// `objects/#` for `objects/000012`.
fn figures_replaced(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}
