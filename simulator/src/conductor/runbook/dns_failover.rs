//! `dns.failover`: logical names point to another region from now on.

use drill::journal::{Event, StepError};
use drill::scenario::DnsFailover;

use super::StepContext;

pub(crate) fn run(action: &DnsFailover, step: &StepContext<'_>) -> Result<String, StepError> {
    let drill = step.drill;
    let mut moved = Vec::new();
    for name in action.moved(&drill.scenario) {
        if let Some(change) = drill.cloud.names().move_to(name, &action.to) {
            drill.emit(Event::NameMoved {
                name: change.name.clone(),
                from: change.from.to_string(),
                to: change.to.to_string(),
                by: step.step.id.clone(),
            });
            moved.push(change.name);
        }
    }
    let (to, ttl) = (&action.to, drill.scenario.cloud.dns_ttl);
    Ok(match moved.is_empty() {
        true => format!("every name pointed to {to} already"),
        false => format!("{} point to {to}; answers live for {ttl}", moved.join(", ")),
    })
}
