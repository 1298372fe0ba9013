//! Paths of what lies beside a scenario: a scenario may refer to files of its folder, and of no other.
//!
//! This looks at the text alone. Whether a link on the way leads out is for those to see who open the file.

/// Whether a path from the scenario's folder leads out of it.
pub(crate) fn leads_out(path: &str) -> bool {
    path.starts_with('/') || path.split('/').any(|part| part == "..")
}

/// What is allowed instead.
pub(crate) const INSIDE: &str = "a path that stays in the scenario's folder";
