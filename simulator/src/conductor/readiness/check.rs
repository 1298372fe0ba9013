//! One check.

use drill::journal::ReadinessCheck;

/// A check whose outcome is known, with what to do where it does not hold.
pub(crate) fn check(
    what: impl Into<String>,
    holds: Option<bool>,
    found: String,
    remedy: &str,
) -> ReadinessCheck {
    ReadinessCheck {
        what: what.into(),
        holds,
        found,
        remedy: match holds {
            Some(true) => String::new(),
            _ => remedy.to_owned(),
        },
    }
}
