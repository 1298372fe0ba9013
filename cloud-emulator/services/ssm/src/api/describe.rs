//! `DescribeParameters`.

use cloud_gateway::AwsError;
use serde::Deserialize;
use serde_json::Value as Json;

use super::document;
use super::page::page;
use super::request::ParameterRequest;
use crate::error::refused;
use crate::store::{ParameterStore, Version};

/// How many parameters are described at once, by default and at most.
const DESCRIBED: (usize, usize) = (50, 50);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Describe {
    parameter_filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    option: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

pub(super) fn describe(store: &ParameterStore, asked: &ParameterRequest<'_>) -> Result<Json, AwsError> {
    let describe: Describe = asked.read()?;
    let mut found = store.below(asked.region, "");
    for filter in &describe.parameter_filters {
        let matches = filter.matcher()?;
        found.retain(|(name, version)| matches(name, version));
    }
    let documents = found.iter();
    let documents = documents.map(|(name, version)| document::metadata(asked.region, name, version));
    page(
        "Parameters",
        documents.collect(),
        describe.max_results,
        DESCRIBED,
        describe.next_token.as_deref(),
    )
}

/// Whether a parameter of this name is described, by its newest version.
type Matcher<'a> = Box<dyn Fn(&str, &Version) -> bool + 'a>;

impl Filter {
    /// What it lets through.
    fn matcher(&self) -> Result<Matcher<'_>, AwsError> {
        let option = self.option.as_deref().unwrap_or(match self.key.as_str() {
            "Path" => "OneLevel",
            _ => "Equals",
        });
        let any = |fits: fn(&str, &str) -> bool| {
            Box::new(move |name: &str, _: &Version| self.values.iter().any(|value| fits(name, value)))
        };
        Ok(match (self.key.as_str(), option) {
            ("Name", "Equals") => any(|name, value| name == value),
            ("Name", "BeginsWith") => any(|name, value| name.starts_with(value)),
            ("Name", "Contains") => any(|name, value| name.contains(value)),
            ("Path", "Recursive") => any(|name, path| below(name, path).is_some()),
            ("Path", "OneLevel") => {
                any(|name, path| below(name, path).is_some_and(|rest| !rest.contains('/')))
            }
            ("Type", "Equals") => Box::new(|_, version| self.values.contains(&version.kind)),
            ("Name" | "Path" | "Type", option) => {
                return Err(refused(
                    "InvalidFilterOption",
                    format!("The following filter option is not valid: {option}."),
                ));
            }
            (key, _) => {
                return Err(refused(
                    "InvalidFilterKey",
                    format!("The following filter key is not valid: {key}."),
                ));
            }
        })
    }
}

/// What a name has below a path.
fn below<'n>(name: &'n str, path: &str) -> Option<&'n str> {
    name.strip_prefix(path.trim_end_matches('/'))?.strip_prefix('/')
}
