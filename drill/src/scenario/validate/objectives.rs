//! The targets: whether they contradict each other.

use super::Checks;
use crate::scenario::ServiceObjective;

pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    let objectives = &checks.scenario.objectives;
    if objectives.services.is_empty() && checks.whole() {
        let found = "no service".to_owned();
        checks.error(
            "objectives.services",
            found,
            "at least one service with an rto or an rpo",
        );
    }
    for service in &objectives.services {
        let path = format!("objectives.services.{}", service.name);
        complete(checks, &path);
        contradictions(checks, service, &path);
    }
}

fn complete(checks: &mut Checks<'_, '_, '_>, path: &str) {
    let given = |field: &str| checks.given(&format!("{path}.{field}"));
    if !given("rto") && !given("rpo") {
        checks.error(path, "neither rto nor rpo".to_owned(), "at least one of them");
    } else if given("rpo") && !given("data") {
        checks.error(
            path,
            "an rpo without data".to_owned(),
            "`data:` with what its writes are",
        );
    }
}

/// A plan's own targets may contradict each other, which the drill says and measures all the same.
fn contradictions(checks: &mut Checks<'_, '_, '_>, service: &ServiceObjective, path: &str) {
    let objectives = &checks.scenario.objectives;
    let (Some(rto), wrt) = (service.rto, objectives.wrt) else {
        return;
    };
    let mtd = service.mtd.unwrap_or(objectives.mtd);
    if mtd < rto + wrt {
        let text = format!("the MTD ({mtd}) is below RTO + WRT ({rto} + {wrt}): both cannot be planned for");
        let field = if service.mtd.is_some() { "mtd" } else { "rto" };
        checks.warn(&format!("{path}.{field}"), text);
    }
}
