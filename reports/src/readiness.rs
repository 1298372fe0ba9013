//! Readiness as data: what `firedrill ready --json` prints, and whether all of it holds.

use drill::journal::ReadinessCheck;
use serde_json::json;

/// The version of the JSON.
const SCHEMA: u32 = 1;

/// What checks of the cloud show, and what not: it was made from the scenario just before.
pub(crate) const BY_CONSTRUCTION: &str = "Buckets, functions, brokers, versioning and replication were made from the scenario just \
     before, so that those checks hold by construction: they show that the scenario fits its runbook, and nothing of your \
     installation.";

/// Whether all of them hold; `None` if some are unknown and none is known to fail.
pub fn holds(checks: &[ReadinessCheck]) -> Option<bool> {
    let any = |holds| checks.iter().any(|check| check.holds == holds);
    match (any(Some(false)), any(None)) {
        (true, _) => Some(false),
        (false, true) => None,
        (false, false) => Some(true),
    }
}

/// The checks of a scenario as JSON.
pub fn json(scenario: &str, checks: &[ReadinessCheck]) -> String {
    let readiness = json!({
        "schema": SCHEMA,
        "scenario": scenario,
        "holds": holds(checks),
        "note": BY_CONSTRUCTION,
        "checks": checks,
    });
    let json = serde_json::to_string_pretty(&readiness).expect("texts and truths are JSON");
    drill::text::plain_json(json) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_checks_outweigh_unknown_ones() {
        let check = |holds| ReadinessCheck {
            what: "x".to_owned(),
            holds,
            found: String::new(),
            remedy: String::new(),
        };
        assert_eq!(holds(&[]), Some(true));
        assert_eq!(holds(&[check(Some(true)), check(None)]), None);
        assert_eq!(holds(&[check(None), check(Some(false))]), Some(false));
    }
}
