//! Why results of probes were red, in words.

use crate::measures::incidents::Reason;

/// How many reasons a sentence names.
const REASONS_SHOWN: usize = 3;

/// `: objects/000001: NoSuchKey (57 times), no answer within 5s (twice)`.
pub(crate) fn why_red(reasons: &[Reason<'_>]) -> String {
    let shown: Vec<String> = reasons
        .iter()
        .filter(|reason| reason.is_told())
        .take(REASONS_SHOWN)
        .map(|reason| match reason.count {
            1 => format!("{} (once)", reason.text),
            n => format!("{} ({n} times)", reason.text),
        })
        .collect();
    if shown.is_empty() {
        String::new()
    } else {
        format!(": {}", shown.join(", "))
    }
}
