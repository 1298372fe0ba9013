//! Hierarchies as keyed stores: a key is what a parameter's name has behind the path, a value its decoded bytes.

use async_trait::async_trait;
use cloud_emulator::client::rest::Rest;
use drill::journal::StepError;
use drill::resource::ResourceKind;
use drill::services::ssm::{HIERARCHY, bytes_of, value_of};
use drill::units::DrillTime;
use sha2::{Digest, Sha256};

use super::api::{self, Parameter};
use crate::conductor::store::{
    KeyedStoreAccess, ListedValue, OpenStore, StoreAccess, StoreDate, StoredValue,
};

/// The access to hierarchies.
pub(super) struct Hierarchies;

impl KeyedStoreAccess for Hierarchies {
    fn kind(&self) -> ResourceKind {
        HIERARCHY
    }

    fn open<'a>(&self, access: StoreAccess<'a>) -> Box<dyn OpenStore + 'a> {
        let rest = match access.clients {
            Some(clients) => &clients.rest,
            None => &access.auditor.rest,
        };
        let rest = rest.at(access.region);
        Box::new(OpenHierarchy { access, rest })
    }
}

/// A hierarchy in one region. AWS's name of it is its path.
struct OpenHierarchy<'a> {
    access: StoreAccess<'a>,
    rest: &'a Rest,
}

impl OpenHierarchy<'_> {
    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.access.name)
    }
}

#[async_trait]
impl OpenStore for OpenHierarchy<'_> {
    async fn list(&self, prefix: &str, after: &str) -> Result<Vec<ListedValue>, StepError> {
        let parameters = api::below(self.rest, &self.access.name).await?;
        let value = |parameter: Parameter| {
            let key = parameter.name.strip_prefix(&self.access.name)?;
            let bytes = bytes_of(&parameter.value);
            (key.starts_with(prefix) && key > after).then(|| ListedValue {
                key: key.to_owned(),
                size: bytes.len() as u64,
                tag: parameter.value.clone(),
                date: date_of(&parameter),
            })
        };
        Ok(parameters.into_iter().filter_map(value).collect())
    }

    async fn read(&self, key: &str) -> Result<StoredValue, StepError> {
        let parameter = api::get(self.rest, &self.name(key)).await?;
        let bytes = bytes_of(&parameter.value);
        Ok(StoredValue {
            digest: Sha256::digest(&bytes).into(),
            bytes: bytes.into(),
            date: date_of(&parameter),
        })
    }

    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), StepError> {
        api::put(self.rest, &self.name(key), &value_of(&value), api::STRING)
            .await
            .map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), StepError> {
        api::delete(self.rest, &self.name(key)).await
    }

    fn is_missing(&self, error: &StepError) -> bool {
        api::is_missing(error)
    }

    /// By the drill's calendar, which dates parameters in milliseconds.
    fn readable_at(&self, _: &str, date: Option<StoreDate>) -> DrillTime {
        let zero_us = self.access.clock.calendar_us_at(DrillTime::ZERO);
        match date {
            Some(date) => DrillTime::from_us(date.0 - zero_us),
            None => self.access.clock.now(),
        }
    }
}

fn date_of(parameter: &Parameter) -> Option<StoreDate> {
    let us = parameter.last_modified_date * 1e6;
    us.is_finite().then_some(StoreDate(us as i64))
}
