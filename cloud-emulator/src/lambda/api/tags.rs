//! Tags of functions.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, answer, nothing};
use crate::lambda::error::LambdaError;

/// Tags of one function (AWS: 50).
const MOST_TAGS: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields {
    tags: BTreeMap<String, String>,
}

pub(super) fn tag(call: &Call) -> Answer {
    let Fields { tags } = call.document()?;
    call.region.with(&call.function()?, |function| {
        let mut all = function.tags.clone();
        all.extend(tags);
        if all.len() > MOST_TAGS {
            return Err(LambdaError::invalid(format!(
                "a function can have at most {MOST_TAGS} tags"
            )));
        }
        function.tags = all;
        Ok(())
    })?;
    nothing()
}

pub(super) fn untag(call: &Call) -> Answer {
    call.region.with(&call.function()?, |function| {
        for key in call.query.all("tagKeys") {
            function.tags.remove(key);
        }
        Ok(())
    })?;
    nothing()
}

pub(super) fn list(call: &Call) -> Answer {
    let tags = call
        .region
        .with(&call.function()?, |function| Ok(function.tags.clone()))?;
    answer(StatusCode::OK, &json!({ "Tags": tags }))
}
