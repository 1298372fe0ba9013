//! What a function is like, as its clients find it.

use cloud_emulator::client::lambda;
use cloud_emulator::client::rest::Rest;
use drill::scenario::LIVE;

use crate::conductor::settings::shown;

/// The name of a function in what calls name: a name, or an ARN.
pub(super) fn function_name(named: &str) -> &str {
    let name = named.rsplit("function:").next().unwrap_or(named);
    name.split(':').next().unwrap_or(name)
}

/// What clients of a function get: its code and settings under the alias that they use, and how much of it there may be.
pub(super) async fn function(rest: &Rest, name: &str) -> String {
    [
        shown(lambda::settings(rest, name, LIVE).await),
        shown(lambda::concurrency(rest, name).await),
        shown(lambda::weights(rest, name, LIVE).await),
    ]
    .join("\n")
}
