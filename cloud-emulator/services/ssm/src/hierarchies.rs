//! Which of the declared hierarchies a parameter is of.

use drill::scenario::Scenario;
use drill::services::ssm::Hierarchy;

/// The hierarchies that a scenario declares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared(Vec<Hierarchy>);

impl Declared {
    pub(crate) fn by(scenario: &Scenario) -> Declared {
        Declared(scenario.cloud.hierarchies().to_vec())
    }

    pub(crate) fn all(&self) -> &[Hierarchy] {
        &self.0
    }

    /// The path of the hierarchy that a parameter, or a path, is of.
    pub(crate) fn path_of(&self, name: &str) -> Option<&str> {
        let mut hierarchies = self.0.iter();
        let within = |path: &str| name.starts_with(path) || name == path.trim_end_matches('/');
        let hierarchy = hierarchies.find(|hierarchy| within(&hierarchy.path))?;
        Some(&hierarchy.path)
    }

    /// The key of a parameter in its hierarchy: what its name has behind the path.
    pub(crate) fn key_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(self.path_of(name)?)
    }
}
