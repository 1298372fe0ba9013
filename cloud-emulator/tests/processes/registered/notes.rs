//! Notes: a service with a keyed store in each region, which speaks JSON 1.1. Nothing but its entry in a registry is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cloud_emulator::gateway::{
    AwsError, AwsService, ErrorFormat, Protocol, RequestInfo, Service, ServiceRequest, Stands,
};
use cloud_emulator::service::faults::{ActiveFault, FaultContext, FaultError, FaultEvidence, FaultGuard};
use cloud_emulator::service::{CloudError, CloudOptions, EmulatedService, Handler, Placement, ServiceKind};
use drill::scenario::RegionOutage;
use futures::future::{BoxFuture, FutureExt, ready};
use http::{Method, Response, StatusCode, request};
use parking_lot::Mutex;
use s3s::Body;

pub(crate) struct NotesKind;

#[async_trait]
impl ServiceKind for NotesKind {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn belongs_to_cloud(&self) -> bool {
        true
    }

    async fn start(
        &self,
        _options: &CloudOptions<'_>,
        placement: Placement,
    ) -> Result<Arc<dyn EmulatedService>, CloudError> {
        assert_eq!(placement, Placement::Here);
        Ok(Arc::new(Notes::default()))
    }
}

/// Notes by their regions and keys.
type Pages = BTreeMap<(String, String), Bytes>;

#[derive(Default)]
pub(crate) struct Notes {
    pages: Arc<Mutex<Pages>>,
    torn: Arc<Mutex<BTreeSet<String>>>,
}

impl Notes {
    pub(crate) fn is_torn(&self, region: &str) -> bool {
        self.torn.lock().contains(region)
    }

    fn answer(&self, request: &ServiceRequest) -> Result<Bytes, AwsError> {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let place = |key: &str| (request.region.to_string(), key.to_owned());
        let mut pages = self.pages.lock();
        match (operation(&request.headers), text.split_once('=')) {
            (Some("Put"), Some((key, value))) => {
                pages.insert(place(key), Bytes::copy_from_slice(value.as_bytes()));
                Ok(Bytes::new())
            }
            (Some("Delete"), None) => {
                pages.remove(&place(&text));
                Ok(Bytes::new())
            }
            _ => pages.get(&place(&text)).cloned().ok_or_else(|| {
                AwsError::new(StatusCode::BAD_REQUEST, "NoteNotFound", "There is no such note")
            }),
        }
    }
}

fn operation(headers: &http::HeaderMap) -> Option<&'static str> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    let known = ["Get", "Put", "Delete"];
    known
        .into_iter()
        .find(|name| target.strip_prefix("NotesService.") == Some(name))
}

impl Service for Notes {
    fn signing_name(&self) -> &'static str {
        "notes"
    }

    fn target(&self) -> Option<&'static str> {
        Some("NotesService")
    }

    fn changes(&self, _: &Method, seen: &RequestInfo) -> bool {
        matches!(seen.operation.as_deref(), Some("Put" | "Delete"))
    }

    fn keys(&self, _: &RequestInfo, body: &Bytes) -> Vec<String> {
        let text = String::from_utf8_lossy(body);
        text.split('=').next().map(str::to_owned).into_iter().collect()
    }

    fn current(&self, seen: &RequestInfo, key: &str) -> Stands {
        let found = self
            .pages
            .lock()
            .get(&(seen.region.to_string(), key.to_owned()))
            .cloned();
        found.map_or(Stands::Nothing, Stands::Body)
    }
}

impl AwsService for Notes {
    fn operation(&self, head: &request::Parts, _: &Bytes) -> Option<&'static str> {
        operation(&head.headers)
    }

    fn resource(&self, _: &request::Parts, _: &Bytes) -> Option<String> {
        None
    }

    fn call(&self, request: ServiceRequest) -> BoxFuture<'_, Response<Body>> {
        let asked = ErrorFormat::from_request(&request.method, &request.headers);
        let answer = match self.answer(&request) {
            Ok(body) => Response::new(Body::from(body)),
            Err(error) => Protocol::Json11.error(&error, &asked, ""),
        };
        ready(answer).boxed()
    }
}

/// The pages of a region are torn as long as this is there.
struct Torn {
    torn: Arc<Mutex<BTreeSet<String>>>,
    region: String,
}

impl FaultGuard for Torn {}

impl Drop for Torn {
    fn drop(&mut self) {
        self.torn.lock().remove(&self.region);
    }
}

#[async_trait]
impl EmulatedService for Notes {
    fn handler(self: Arc<Self>) -> Option<Handler> {
        Some(Handler::Whole(self))
    }

    async fn prepare(&self, options: &CloudOptions<'_>) -> Result<(), CloudError> {
        for region in &options.scenario.cloud.regions {
            let title = Bytes::copy_from_slice(options.scenario.title.as_bytes());
            let place = (region.aws.clone(), "title".to_owned());
            self.pages.lock().insert(place, title);
        }
        Ok(())
    }

    fn start_outage(
        &self,
        outage: &RegionOutage,
        context: &FaultContext<'_>,
        broken: &mut ActiveFault,
    ) -> Result<(), FaultError> {
        let region = context.aws_region(&outage.region).to_owned();
        self.torn.lock().insert(region.clone());
        broken.touched.push(format!("the pages of {}", outage.region));
        broken.hold(Torn {
            torn: self.torn.clone(),
            region,
        });
        Ok(())
    }

    async fn verify_outage(
        &self,
        outage: &RegionOutage,
        context: &FaultContext<'_>,
    ) -> Option<FaultEvidence> {
        Some(FaultEvidence {
            proven: self.is_torn(context.aws_region(&outage.region)),
            observed: format!("the pages of {} are torn", outage.region),
        })
    }
}
