//! Parameters with their versions, by region and name.

use std::collections::{BTreeMap, VecDeque};

use cloud_gateway::AwsError;
use parking_lot::Mutex;

use crate::error::{not_found, refused};

/// The versions of a parameter that are kept; the oldest goes with the next one
/// (docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html).
const VERSIONS: usize = 100;

/// What is stored of a version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) value: String,
    /// `String`, `StringList` or `SecureString`.
    pub(crate) kind: String,
    pub(crate) description: Option<String>,
    /// By the drill's calendar, in Unix microseconds.
    pub(crate) modified_us: i64,
    /// The ARN of the user.
    pub(crate) by: String,
}

/// What a version is made of.
pub(crate) struct NewVersion {
    pub(crate) value: String,
    /// As it was, if that is not said.
    pub(crate) kind: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) modified_us: i64,
    pub(crate) by: String,
}

/// The parameters of one region, by name.
type Parameters = BTreeMap<String, VecDeque<Version>>;

/// The parameters of all regions.
#[derive(Default)]
pub(crate) struct ParameterStore(Mutex<BTreeMap<String, Parameters>>);

impl ParameterStore {
    /// Writes a version and returns its number.
    ///
    /// # Errors
    /// The parameter is there and is not to be overwritten or has another type, or it is new and has no type.
    pub(crate) fn put(
        &self,
        region: &str,
        name: &str,
        new: NewVersion,
        overwrite: bool,
    ) -> Result<u64, AwsError> {
        let mut regions = self.0.lock();
        let parameters = regions.entry(region.to_owned()).or_default();
        let last = parameters.get(name).and_then(VecDeque::back);
        if last.is_some() && !overwrite {
            return Err(refused(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            ));
        }
        let kind = new.kind.or_else(|| last.map(|last| last.kind.clone()));
        let kind = kind.ok_or_else(|| {
            refused(
                "ValidationException",
                "A parameter type is required when you create a parameter.",
            )
        })?;
        if last.is_some_and(|last| last.kind != kind) {
            return Err(refused(
                "HierarchyTypeMismatchException",
                "Parameter Store does not support changing a parameter type in a hierarchy: create a new, unique parameter.",
            ));
        }
        let number = last.map_or(1, |last| last.number + 1);
        let versions = parameters.entry(name.to_owned()).or_default();
        versions.push_back(Version {
            number,
            value: new.value,
            kind,
            description: new.description,
            modified_us: new.modified_us,
            by: new.by,
        });
        if versions.len() > VERSIONS {
            versions.pop_front();
        }
        Ok(number)
    }

    /// The newest version of a parameter.
    pub(crate) fn newest(&self, region: &str, name: &str) -> Option<Version> {
        let regions = self.0.lock();
        regions.get(region)?.get(name)?.back().cloned()
    }

    /// One version of a parameter, or the newest.
    ///
    /// # Errors
    /// There is no such parameter, or it has no such version.
    pub(crate) fn version(&self, region: &str, name: &str, number: Option<u64>) -> Result<Version, AwsError> {
        let regions = self.0.lock();
        let versions = regions.get(region).and_then(|parameters| parameters.get(name));
        let versions = versions.ok_or_else(not_found)?;
        let found = match number {
            None => versions.back(),
            Some(number) => versions.iter().find(|version| version.number == number),
        };
        found.cloned().ok_or_else(|| {
            refused(
                "ParameterVersionNotFound",
                format!(
                    "Systems Manager could not find version {} of {name}.",
                    number.unwrap_or(0)
                ),
            )
        })
    }

    /// Every version that is kept of a parameter, the oldest first.
    ///
    /// # Errors
    /// There is no such parameter.
    pub(crate) fn history(&self, region: &str, name: &str) -> Result<Vec<Version>, AwsError> {
        let regions = self.0.lock();
        let versions = regions.get(region).and_then(|parameters| parameters.get(name));
        Ok(versions.ok_or_else(not_found)?.iter().cloned().collect())
    }

    /// The newest version of each parameter whose name begins so, by name.
    pub(crate) fn below(&self, region: &str, prefix: &str) -> Vec<(String, Version)> {
        let regions = self.0.lock();
        let parameters = regions.get(region).into_iter().flatten();
        let below = parameters.filter(|(name, _)| name.starts_with(prefix));
        let newest = below.filter_map(|(name, versions)| Some((name.clone(), versions.back()?.clone())));
        newest.collect()
    }

    /// Removes a parameter with its history; whether it was there.
    pub(crate) fn delete(&self, region: &str, name: &str) -> bool {
        let mut regions = self.0.lock();
        let parameters = regions.get_mut(region);
        parameters.is_some_and(|parameters| parameters.remove(name).is_some())
    }

    /// Removes everything of a region.
    pub(crate) fn forget(&self, region: &str) {
        self.0.lock().remove(region);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(value: &str) -> NewVersion {
        NewVersion {
            value: value.to_owned(),
            kind: Some("String".to_owned()),
            description: None,
            modified_us: 0,
            by: String::new(),
        }
    }

    #[test]
    fn each_write_makes_a_version_and_a_hundred_are_kept() {
        let store = ParameterStore::default();
        for n in 1..=103 {
            assert_eq!(store.put("r", "/a", new(&n.to_string()), true).unwrap(), n);
        }
        let history = store.history("r", "/a").unwrap();
        assert_eq!((history.len(), history[0].number), (100, 4));
        assert_eq!(store.version("r", "/a", Some(50)).unwrap().value, "50");
        let gone = store.version("r", "/a", Some(3)).unwrap_err();
        assert_eq!(gone.code, "ParameterVersionNotFound");
    }

    #[test]
    fn what_is_there_is_overwritten_only_if_that_is_said() {
        let store = ParameterStore::default();
        let untyped = NewVersion {
            kind: None,
            ..new("1")
        };
        assert_eq!(
            store.put("r", "/a", untyped, false).unwrap_err().code,
            "ValidationException"
        );
        store.put("r", "/a", new("1"), false).unwrap();
        let again = store.put("r", "/a", new("2"), false).unwrap_err();
        assert_eq!(again.code, "ParameterAlreadyExists");
        let secret = NewVersion {
            kind: Some("SecureString".to_owned()),
            ..new("2")
        };
        let other = store.put("r", "/a", secret, true).unwrap_err();
        assert_eq!(other.code, "HierarchyTypeMismatchException");
        assert_eq!(store.newest("r", "/a").unwrap().value, "1");
        assert_eq!(store.newest("other", "/a"), None);
        assert!(store.delete("r", "/a") && !store.delete("r", "/a"));
        assert_eq!(store.put("r", "/a", new("3"), true).unwrap(), 1, "a new history");
    }
}
