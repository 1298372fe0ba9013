//! A comparison as JSON: every figure of both.

use serde::Serialize;

use super::comparison::Comparison;

/// The comparison as JSON.
pub fn json(comparison: &Comparison) -> String {
    to_json(comparison)
}

pub(super) fn to_json(comparison: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(comparison).expect("a comparison has only texts and figures");
    drill::text::plain_json(json) + "\n"
}
