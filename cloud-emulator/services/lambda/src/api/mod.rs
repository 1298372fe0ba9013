//! The operations of Lambda's API, a file for each group of them.

mod aliases;
mod call;
mod concurrency;
pub(crate) mod create;
mod document;
mod event_config;
pub(crate) mod functions;
mod invoke;
mod limits;
pub(crate) mod route;
pub(crate) mod update;
pub(crate) mod versions;

use super::Lambda;
pub(crate) use call::{ApiResult, Call, Query};
use route::Operation;

/// Hands a request to its operation.
pub(crate) async fn dispatch(lambda: &Lambda, operation: Operation, call: Call) -> ApiResult {
    use Operation::*;
    match operation {
        CreateFunction => create::call(lambda, &call).await,
        UpdateFunctionCode => update::code(lambda, &call).await,
        UpdateFunctionConfiguration => update::configuration(lambda, &call),
        GetFunction => functions::get(lambda, &call),
        GetFunctionConfiguration => functions::configuration(lambda, &call),
        ListFunctions => functions::list(lambda, &call),
        DeleteFunction => functions::delete(lambda, &call),
        Invoke => invoke::call(lambda, call).await,
        InvokeAsync => invoke::call_async(lambda, call),
        PublishVersion => versions::call(lambda, &call),
        ListVersionsByFunction => versions::list(lambda, &call),
        CreateAlias => aliases::create(lambda, &call),
        UpdateAlias => aliases::update(lambda, &call),
        GetAlias => aliases::get(&call),
        ListAliases => aliases::list(&call),
        DeleteAlias => aliases::delete(&call),
        PutFunctionConcurrency => concurrency::put(&call),
        GetFunctionConcurrency => concurrency::get(&call),
        DeleteFunctionConcurrency => concurrency::delete(&call),
        PutFunctionEventInvokeConfig => event_config::put(lambda, &call),
        UpdateFunctionEventInvokeConfig => event_config::update(lambda, &call),
        GetFunctionEventInvokeConfig => event_config::get(&call),
        DeleteFunctionEventInvokeConfig => event_config::delete(&call),
        ListFunctionEventInvokeConfigs => event_config::list(&call),
    }
}
