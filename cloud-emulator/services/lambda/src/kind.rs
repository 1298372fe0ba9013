//! Lambda in the registry of services.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_gateway::Principal;
use cloud_service::{CloudError, CloudOptions, EmulatedService, Placement, ReadyCall, ServiceKind};
use drill::scenario::BuiltIn as BuiltInFunction;
use drill::units::ByteSize;
use http::Method;

use super::emulated::LambdaService;
use super::exec::find_python;
use super::lambda::Lambda;
use super::options::{BuiltIn, LambdaOptions};
use super::settings::LambdaSettings;

/// Execution environments that this machine runs at once, of all regions.
const PROCESSES: usize = 50;

/// All packages of a region together, as AWS allows an account.
const CODE_STORAGE: ByteSize = ByteSize(75 << 30);

static READY: ReadyCall = ReadyCall {
    service: "lambda",
    operation: "ListFunctions",
    method: Method::GET,
    path: "/2015-03-31/functions/",
    headers: &[],
    body: "",
    is_answer: |body| {
        serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|json| json["Functions"].is_array())
    },
};

/// Lambda in the registry of services.
pub struct LambdaKind;

#[async_trait]
impl ServiceKind for LambdaKind {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn ready_call(&self) -> Option<&'static ReadyCall> {
        Some(&READY)
    }

    /// Functions run here even where requests are routed elsewhere: rules, faults and probes work on these.
    async fn start(
        &self,
        options: &CloudOptions<'_>,
        _place: Placement,
    ) -> Result<Arc<dyn EmulatedService>, CloudError> {
        let settings = options.settings.get::<LambdaSettings>();
        let settings = settings.ok_or_else(|| CloudError::new("start Lambda", "it was given no folder"))?;
        Ok(Arc::new(LambdaService::new(
            without_functions(options, settings),
            options,
        )))
    }
}

fn without_functions(options: &CloudOptions<'_>, settings: &LambdaSettings) -> Arc<Lambda> {
    let built_in = |function: BuiltInFunction| BuiltIn {
        name: function.name().to_owned(),
        exe: options.exe.to_owned(),
        args: vec!["function".into(), function.name().into()],
    };
    let regions = options.scenario.cloud.regions.iter();
    Lambda::new(LambdaOptions {
        regions: regions.map(|region| region.aws.clone()).collect(),
        seed: options.plan.seed,
        clock: options.clock.clone(),
        supervisor: options.supervisor.clone(),
        folder: settings.code.clone(),
        keys: options.keys.pair(Principal::Function).clone(),
        python: find_python,
        built_ins: BuiltInFunction::ALL.map(built_in).to_vec(),
        isolation: settings.isolation.clone(),
        processes: PROCESSES,
        code_storage: CODE_STORAGE,
        on_event: settings.on_function.clone(),
    })
}
