//! Webhooks of notifications: whether a drill may send there, and whether something listens. No message is sent.
//!
//! In the course of a drill nothing connects: a receiver would take that for a message that did not come.

use std::time::Duration;

use drill::journal::ReadinessCheck;
use drill::scenario::{Notify, Scenario};
use runtime::wall;
use tokio::net::TcpStream;

use super::check::check;

/// How long a connection may take.
const TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn checks(scenario: &Scenario, quickly: bool) -> Vec<ReadinessCheck> {
    let mut checks = Vec::new();
    for step in &scenario.runbook {
        let Some(notify) = step.action.get::<Notify>() else {
            continue;
        };
        let Some(url) = &notify.webhook else { continue };
        let what = format!("webhook of step {}", step.id);
        if let Err(allowed) = scenario.safety.permits(url) {
            let found = format!("a drill may not send to {url}");
            checks.push(check(
                what,
                Some(false),
                found,
                &format!("it may send to {allowed}"),
            ));
            continue;
        }
        if quickly {
            let found = "a drill may send there; whether something listens was not tried".to_owned();
            checks.push(check(what, None, found, "run firedrill ready, which tries it"));
            continue;
        }
        let Some(address) = address(url) else {
            checks.push(check(
                what,
                None,
                format!("{url} has no host to connect to"),
                "mend the URL",
            ));
            continue;
        };
        let connected = wall::timeout(TIMEOUT, TcpStream::connect(&address)).await;
        let (holds, found) = match connected {
            Some(Ok(_)) => (
                true,
                format!("{address} accepts connections; no message was sent"),
            ),
            Some(Err(error)) => (false, format!("{address} cannot be reached: {error}")),
            None => (
                false,
                format!("{address} did not answer within {} s", TIMEOUT.as_secs()),
            ),
        };
        checks.push(check(
            what,
            Some(holds),
            found,
            "start the receiver, or mend the URL",
        ));
    }
    checks
}

/// `host:port` of an `http://` URL; port 80 without one.
fn address(url: &str) -> Option<String> {
    let rest = url.strip_prefix("http://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    match (authority.is_empty(), has_port) {
        (true, _) => None,
        (false, true) => Some(authority.to_owned()),
        (false, false) => Some(format!("{authority}:80")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_and_port() {
        assert_eq!(
            address("http://127.0.0.1:8080/hook").as_deref(),
            Some("127.0.0.1:8080")
        );
        assert_eq!(address("http://localhost/x").as_deref(), Some("localhost:80"));
        assert_eq!(address("http://[::1]:9").as_deref(), Some("[::1]:9"));
        assert_eq!(address("http://[::1]/").as_deref(), Some("[::1]:80"));
        assert_eq!(address("https://localhost"), None);
    }
}
