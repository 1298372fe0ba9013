//! What protects from the next disaster, as services read it at the end through the public API.

use drill::journal::{Event, Protection, ProtectionKind, StepError};

use super::host::Host;

/// What was found of one protection: whether it is there, and in words.
pub(crate) type Found = Result<(bool, String), StepError>;

/// Whether it holds, if that can be told, and in words. A resource that is gone, as `is_gone` says of an error, protects
/// nothing.
pub(crate) fn judged(found: Found, is_gone: fn(&StepError) -> bool) -> (Option<bool>, String) {
    match found {
        Ok((holds, found)) => (Some(holds), found),
        Err(error) if is_gone(&error) => (Some(false), format!("it is gone ({})", error.code)),
        Err(error) => (None, format!("{}: {}", error.code, error.message)),
    }
}

/// Journals what was found of a protection `of` a resource.
pub(crate) fn emit(
    host: &Host,
    of: &str,
    region: &str,
    kind: ProtectionKind,
    (holds, found): (Option<bool>, String),
) {
    host.emit(Event::Protection(Protection {
        of: of.to_owned(),
        region: region.to_owned(),
        kind,
        holds,
        found,
    }));
}
