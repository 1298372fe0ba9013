//! Names of parameters, by the rules of Parameter Store
//! (docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html).

use cloud_gateway::AwsError;

use crate::error::{invalid, refused};

/// The most levels of a hierarchy.
const LEVELS: usize = 15;
/// The most characters of a name.
const CHARACTERS: usize = 1011;

/// Checks the name of a parameter that is to be made.
///
/// # Errors
/// That which AWS gives.
pub(crate) fn check(name: &str) -> Result<(), AwsError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    if name.is_empty() || name.len() > CHARACTERS || !name.bytes().all(allowed) {
        return Err(invalid(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of \
             sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the \
             following 3 symbols .-_",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(invalid("Parameter name must be a fully qualified name."));
    }
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(refused(
            "AccessDeniedException",
            format!("No access to reserved parameter name: {name}."),
        ));
    }
    if name.split('/').filter(|level| !level.is_empty()).count() > LEVELS {
        return Err(refused(
            "HierarchyLevelLimitExceededException",
            format!("Hierarchy depth of a parameter name can't be more than {LEVELS}."),
        ));
    }
    Ok(())
}

/// A name, and the version that is asked for with it (`/a/b:3`).
pub(crate) fn with_version(text: &str) -> (&str, Option<u64>) {
    match text.rsplit_once(':') {
        Some((name, version)) => match version.parse() {
            Ok(version) => (name, Some(version)),
            Err(_) => (text, None),
        },
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_aws_has_them() {
        let code = |name: &str| check(name).err().map(|error| error.code.into_owned());
        for name in ["a", "/a", "/factory/config/line-1_x.y"] {
            assert_eq!(code(name), None, "{name}");
        }
        for name in ["", "a b", "a/b", "/a/ü"] {
            assert_eq!(code(name).as_deref(), Some("ValidationException"), "{name:?}");
        }
        assert_eq!(code("/AWS/x").as_deref(), Some("AccessDeniedException"));
        assert_eq!(
            code(&"/a".repeat(16)).as_deref(),
            Some("HierarchyLevelLimitExceededException")
        );
        assert_eq!(with_version("/a/b:3"), ("/a/b", Some(3)));
        assert_eq!(with_version("/a/b:live"), ("/a/b:live", None));
    }
}
