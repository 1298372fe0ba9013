//! `GetAccountSettings`: limits of the account in a region, and what is used of them.

use http::StatusCode;
use serde_json::json;

use super::create::stored;
use super::{Answer, Call, answer};
use crate::lambda::package::{LARGEST_UNPACKED, LARGEST_ZIP};
use crate::lambda::region::{ACCOUNT_CONCURRENCY, Region};

/// All packages of a region, in bytes, as AWS has it (75 GB).
const CODE_STORAGE: u64 = 80_530_636_800;

pub(super) fn settings(call: &Call) -> Answer {
    let used = stored(&call.region);
    let functions = call.region.functions.lock();
    let document = json!({
        "AccountLimit": {
            "TotalCodeSize": CODE_STORAGE,
            "CodeSizeUnzipped": LARGEST_UNPACKED,
            "CodeSizeZipped": LARGEST_ZIP,
            "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
            "UnreservedConcurrentExecutions": Region::unreserved(&functions),
        },
        "AccountUsage": { "TotalCodeSize": used, "FunctionCount": functions.len() },
    });
    answer(StatusCode::OK, &document)
}
