//! DNS as a service of a cloud: it has no API there, steps move its names.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_service::faults::InjectableFault;
use cloud_service::{CloudError, CloudOptions, EmulatedService, Placement, ServiceKind};
use drill::scenario::{DnsStale, FaultAction};

use super::resolver::DnsResolver;
use super::stale::StaleFault;

/// DNS in the registry of services.
pub struct DnsKind;

#[async_trait]
impl ServiceKind for DnsKind {
    fn name(&self) -> &'static str {
        "dns"
    }

    fn signing_name(&self) -> Option<&'static str> {
        None
    }

    async fn start(
        &self,
        options: &CloudOptions<'_>,
        _place: Placement,
    ) -> Result<Arc<dyn EmulatedService>, CloudError> {
        Ok(Arc::new(DnsService(DnsResolver::new(options.scenario))))
    }
}

/// DNS as a service of a cloud.
pub struct DnsService(DnsResolver);

impl DnsService {
    /// Where things are.
    pub fn resolver(&self) -> &DnsResolver {
        &self.0
    }
}

impl EmulatedService for DnsService {
    fn fault<'a>(&'a self, action: &'a FaultAction) -> Option<Box<dyn InjectableFault + 'a>> {
        action.get::<DnsStale>()?;
        Some(Box::new(StaleFault(&self.0)))
    }
}
