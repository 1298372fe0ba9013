//! `dns.failover`: logical names point to another region from now on.

use async_trait::async_trait;
use drill::journal::{Event, StepError};
use drill::scenario::DnsFailover;

use crate::conductor::runbook::{RunbookAction, StepContext};

#[async_trait]
impl RunbookAction for DnsFailover {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let drill = step.drill;
        let mut moved = Vec::new();
        for name in self.moved(&drill.spec.scenario) {
            if let Some(change) = drill.access.cloud.names().move_to(name, &self.to) {
                drill.host.emit(Event::NameMoved {
                    name: change.name.clone(),
                    from: change.from.to_string(),
                    to: change.to.to_string(),
                    by: step.step.id.clone(),
                });
                moved.push(change.name);
            }
        }
        let (to, ttl) = (&self.to, drill.spec.scenario.cloud.dns_ttl);
        Ok(if moved.is_empty() {
            format!("every name pointed to {to} already")
        } else {
            format!("{} point to {to}; answers live for {ttl}", moved.join(", "))
        })
    }
}
