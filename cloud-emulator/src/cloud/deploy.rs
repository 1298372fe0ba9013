//! What a region does not have yet is built there, from the same declaration.

use cloud_service::Deployment;
use drill::journal::StepError;

use super::cloud::Cloud;

impl Cloud {
    /// Builds what `cloud:` declares in the region of this label: buckets, functions, the broker with its rules.
    /// What is there already stays as it is. `s3` is the operator's, by whose meter it counts. What was built, in
    /// words.
    ///
    /// # Errors
    /// The first that could not be built.
    pub async fn deploy(&self, label: &str, s3: &aws_sdk_s3::Client) -> Result<String, StepError> {
        let Some(region) = self.region(label) else {
            return Err(StepError {
                operation: "CreateStack".to_owned(),
                code: "ValidationError".to_owned(),
                message: format!("there is no region {label}"),
            });
        };
        let mut built = Vec::new();
        for registered in self.services() {
            built.extend(registered.service.deploy(Deployment { region, s3 }).await?);
        }
        Ok(if built.is_empty() {
            "everything was there already".to_owned()
        } else {
            format!("built {}", built.join(", "))
        })
    }
}
