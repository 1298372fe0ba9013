//! Functions of a scenario that cannot run where they are to.

use crate::scenario::checks::Checks;
use crate::scenario::{Platform, RouteTo};

/// Declared functions run in Firedrill's own executor, and faults and steps act on that one.
pub(super) fn check(checks: &mut Checks<'_, '_, '_>, platform: Option<Platform>) {
    let Some(platform) = platform else { return };
    let away = match checks.scenario.cloud.route("lambda") {
        Some(RouteTo::Url(url)) => url.clone(),
        Some(RouteTo::Cloud) if platform != Platform::Embedded => "the cloud".to_owned(),
        _ => return,
    };
    for function in checks.scenario.cloud.functions() {
        let found = format!(
            "function {}, with `cloud.routes.lambda` to {away}",
            function.label
        );
        let allowed = "no functions where Lambda is routed away: they, and the faults and steps on them, are those of \
                       Firedrill's own Lambda";
        checks.error(&format!("cloud.functions.{}", function.label), found, allowed);
    }
}
