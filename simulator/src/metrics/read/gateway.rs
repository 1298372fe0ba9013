//! Requests through the gateway.

use cloud_emulator::gateway::Principal;

use super::super::page::Page;
use crate::conductor::access::CloudAccess;

/// The classes of statuses, as the gateway tells them apart.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

pub(super) fn gateway(page: &mut Page, access: &CloudAccess) {
    let counts = access.cloud.gateway().counts();
    let mut requests = page.counter(
        "firedrill_gateway_requests_total",
        "Requests to the gateway, by principal (none: unsigned, or with an unknown key).",
    );
    for principal in Principal::ALL {
        requests.count(
            &[("principal", word(principal))],
            counts.requests.by_principal(principal),
        );
    }
    requests.count(&[("principal", "none")], counts.requests.unsigned());
    let mut answers = page.counter(
        "firedrill_gateway_answers_total",
        "Answers of the gateway by who had asked, and by the class of their status.",
    );
    for (class, of) in CLASSES.iter().zip(&counts.answers) {
        for principal in Principal::ALL {
            let labels = [("principal", word(principal)), ("class", class)];
            answers.count(&labels, of.by_principal(principal));
        }
        answers.count(&[("principal", "none"), ("class", class)], of.unsigned());
    }
    page.counter(
        "firedrill_gateway_received_bytes_total",
        "Bytes that the gateway read, heads of requests included.",
    )
    .count(&[], counts.bytes_in);
    page.counter(
        "firedrill_gateway_sent_bytes_total",
        "Bytes that the gateway wrote, heads of answers included.",
    )
    .count(&[], counts.bytes_out);
}

fn word(principal: Principal) -> &'static str {
    match principal {
        Principal::User => "user",
        Principal::Probe => "probe",
        Principal::Replicator => "replicator",
        Principal::Rule => "rule",
        Principal::Function => "function",
        Principal::Audit => "audit",
    }
}
