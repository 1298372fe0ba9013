//! Versions of functions, and the aliases that stand for them.

use serde_json::json;

use super::lambda::{FUNCTIONS, ask, function, package, publish, text, update, updated};
use super::why::NOT_RUN;
use crate::expectation::{Expectation, expect, lambda_api};

pub(super) fn expectations() -> Vec<Expectation> {
    vec![
        expect(
            "a version is published once for each code",
            lambda_api("PublishVersion"),
            "1, again 1, with new code 2",
            |lab| async move {
                let name = function(&lab).await?;
                let first = publish(&lab, &name).await?;
                let again = publish(&lab, &name).await?;
                update(&lab, &name, &package("2")?).await?.done()?;
                updated(&lab, &name).await?;
                Ok(format!(
                    "{first}, again {again}, with new code {}",
                    publish(&lab, &name).await?
                ))
            },
        )
        .differs(NOT_RUN),
        expect(
            "versions are listed, $LATEST first",
            lambda_api("ListVersionsByFunction"),
            "$LATEST, 1",
            |lab| async move {
                let name = function(&lab).await?;
                publish(&lab, &name).await?;
                let document = ask(&lab, "GET", format!("{FUNCTIONS}/{name}/versions"), None)
                    .done()
                    .await?
                    .json();
                let versions = document["Versions"].as_array().cloned().unwrap_or_default();
                let shown: Vec<String> = versions.iter().map(|version| text(&version["Version"])).collect();
                Ok(shown.join(", "))
            },
        ),
        expect(
            "an alias stands for a version, and is moved",
            lambda_api("UpdateAlias"),
            "1, then 2",
            |lab| async move {
                let name = function(&lab).await?;
                publish(&lab, &name).await?;
                let alias = json!({"Name": "live", "FunctionVersion": "1"});
                ask(&lab, "POST", format!("{FUNCTIONS}/{name}/aliases"), Some(alias))
                    .done()
                    .await?;
                update(&lab, &name, &package("2")?).await?.done()?;
                updated(&lab, &name).await?;
                publish(&lab, &name).await?;
                let path = format!("{FUNCTIONS}/{name}/aliases/live");
                let before = ask(&lab, "GET", path.clone(), None).done().await?.json();
                let moved = ask(&lab, "PUT", path, Some(json!({"FunctionVersion": "2"})))
                    .done()
                    .await?
                    .json();
                Ok(format!(
                    "{}, then {}",
                    text(&before["FunctionVersion"]),
                    text(&moved["FunctionVersion"])
                ))
            },
        )
        .differs(NOT_RUN),
        expect(
            "an alias for a version that is not there",
            lambda_api("CreateAlias"),
            "404 ResourceNotFoundException",
            |lab| async move {
                let name = function(&lab).await?;
                let alias = json!({"Name": "live", "FunctionVersion": "7"});
                ask(&lab, "POST", format!("{FUNCTIONS}/{name}/aliases"), Some(alias))
                    .summary()
                    .await
            },
        ),
        expect(
            "a version that an alias stands for is not deleted",
            lambda_api("DeleteFunction"),
            "409 ResourceConflictException",
            |lab| async move {
                let name = function(&lab).await?;
                publish(&lab, &name).await?;
                let alias = json!({"Name": "live", "FunctionVersion": "1"});
                ask(&lab, "POST", format!("{FUNCTIONS}/{name}/aliases"), Some(alias))
                    .done()
                    .await?;
                ask(&lab, "DELETE", format!("{FUNCTIONS}/{name}?Qualifier=1"), None)
                    .summary()
                    .await
            },
        )
        .differs(NOT_RUN),
    ]
}
