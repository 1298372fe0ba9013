//! What a region does not have yet is built there, from the same declaration.

use drill::journal::StepError;

use super::Cloud;
use crate::client::ask;

impl Cloud {
    /// Builds what `cloud:` declares in the region of this label: buckets, functions, the broker with its rules.
    /// What is there already stays as it is. `s3` is the operator's, by whose meter it counts. What was built, in
    /// words.
    ///
    /// # Errors
    /// The first that could not be built.
    pub async fn deploy(&self, label: &str, s3: &aws_sdk_s3::Client) -> Result<String, StepError> {
        let refused = |operation: &str, code: &str, message: String| StepError {
            operation: operation.to_owned(),
            code: code.to_owned(),
            message,
        };
        let Some(region) = self.region(label) else {
            return Err(refused(
                "CreateStack",
                "ValidationError",
                format!("there is no region {label}"),
            ));
        };
        let mut built = Vec::new();
        for bucket in &self.scenario.cloud.buckets {
            let name = bucket.name_in(label);
            if ask::create_bucket(s3, &name, &region.region, bucket.versioned).await? {
                built.push(format!("bucket {name}"));
            }
        }
        for function in &self.scenario.cloud.functions {
            if self.lambda.exists(&region.region, &function.name) {
                continue;
            }
            let declared = self.declare(function, label).await;
            declared.map_err(|error| refused("CreateFunction", "CreateFailed", error.to_string()))?;
            built.push(format!("function {}", function.name));
        }
        if let Some(broker) = self.broker(label).filter(|broker| !broker.is_running()) {
            let started = broker.restart().await;
            started.map_err(|error| {
                refused(
                    "CreateTopicRule",
                    "ServiceUnavailableException",
                    error.to_string(),
                )
            })?;
            built.push("the broker with its rules".to_owned());
        }
        Ok(match built.is_empty() {
            true => "everything was there already".to_owned(),
            false => format!("built {}", built.join(", ")),
        })
    }
}
