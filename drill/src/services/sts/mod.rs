//! STS: it says who a caller is, and has no resources that a scenario declares.

use super::Service;
use crate::resource::ResourceId;
use crate::scenario::Cloud;

/// The service.
pub(crate) struct Sts;

impl Service for Sts {
    fn name(&self) -> &'static str {
        "sts"
    }

    fn resources<'a>(&self, _: &'a Cloud, _: &'a str) -> Vec<ResourceId<'a>> {
        Vec::new()
    }

    fn regions_of<'a>(&self, _: &'a Cloud, _: &str) -> Vec<&'a str> {
        Vec::new()
    }
}
