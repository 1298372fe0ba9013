//! `ssm.copy_parameters`: what one region has is written to another, where it is absent or differs.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud_emulator::client::ask::side_by_side;
use drill::journal::StepError;
use drill::services::ssm::SsmCopyParameters;
use futures::StreamExt;

use super::api::{self, Parameter};
use super::hierarchy;
use crate::conductor::runbook::{KeyOutcomes, RunbookAction, StepContext};

/// What has to be done at the destination.
enum Change {
    Put(Parameter),
    Delete { name: String },
}

#[async_trait]
impl RunbookAction for SsmCopyParameters {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let path = &hierarchy(&step.drill.spec.scenario, &self.parameters).path;
        let to = step.rest.at(&self.to);
        let source = by_name(api::below(step.rest.at(&self.from), path).await?);
        let destination = by_name(api::below(to, path).await?);
        let changes = changes(&source, &destination, self.delete);
        let puts = changes.iter().filter(|change| matches!(change, Change::Put(_)));
        let (copied, all) = (puts.count(), changes.len());
        let done = side_by_side(changes, async |change| match change {
            Change::Put(Parameter {
                name, value, r#type, ..
            }) => {
                let put = api::put(to, &name, &value, &r#type).await;
                put.map(drop).map_err(|error| (name, error))
            }
            Change::Delete { name } => {
                let deleted = api::delete(to, &name).await;
                deleted.map_err(|error| (name, error))
            }
        });
        let outcomes = done.collect::<KeyOutcomes>().await;
        outcomes.into_result("copied", "could not be copied")?;
        Ok(format!(
            "{copied} copied to {}, {} deleted, {} left as they are: the same value",
            self.to,
            all - copied,
            source.len() - copied
        ))
    }
}

fn by_name(parameters: Vec<Parameter>) -> BTreeMap<String, Parameter> {
    let pair = |parameter: Parameter| (parameter.name.clone(), parameter);
    parameters.into_iter().map(pair).collect()
}

fn changes(
    source: &BTreeMap<String, Parameter>,
    destination: &BTreeMap<String, Parameter>,
    delete: bool,
) -> Vec<Change> {
    let differs = |parameter: &&Parameter| {
        let other = destination.get(&parameter.name);
        other.is_none_or(|other| other.value != parameter.value || other.r#type != parameter.r#type)
    };
    let puts = source.values().filter(differs).cloned().map(Change::Put);
    let gone = destination
        .keys()
        .filter(|name| delete && !source.contains_key(*name));
    puts.chain(gone.map(|name| Change::Delete { name: name.clone() }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_or_differs_is_copied_and_the_rest_stays() {
        let map = |pairs: &[(&str, &str)]| {
            let parameter = |(name, value): &(&str, &str)| Parameter {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
                r#type: api::STRING.to_owned(),
                last_modified_date: 0.0,
            };
            by_name(pairs.iter().map(parameter).collect())
        };
        let source = map(&[("/a", "1"), ("/b", "2"), ("/c", "3")]);
        let destination = map(&[("/b", "9"), ("/c", "3"), ("/d", "4")]);
        let describe = |delete| {
            let all = changes(&source, &destination, delete).into_iter();
            let word = |change| match change {
                Change::Put(Parameter { name, value, .. }) => format!("{name}={value}"),
                Change::Delete { name } => format!("no {name}"),
            };
            all.map(word).collect::<Vec<String>>()
        };
        assert_eq!(describe(false), ["/a=1", "/b=2"]);
        assert_eq!(describe(true), ["/a=1", "/b=2", "no /d"]);
    }
}
