//! What protects functions from the next disaster: their reserved concurrency, and the code that is in service.

use cloud_emulator::client::lambda;
use cloud_emulator::client::rest::RestClients;
use drill::journal::{ProtectionKind, StepError};
use drill::scenario::{Function, LIVE, Scenario};

use crate::conductor::clients::AuditClients;
use crate::conductor::context::Drill;
use crate::conductor::protection::{self, Found, emit};

/// Reads them where functions are used now, and in every region that declares them.
pub(super) async fn read(drill: &Drill) {
    for function in drill.spec.scenario.cloud.functions() {
        let mut regions = vec![drill.access.active_region(&function.label).to_string()];
        regions.extend(function.regions.iter().cloned());
        regions.sort();
        regions.dedup();
        for region in &regions {
            let found = concurrency(&drill.access.auditor, function, region).await;
            emit(
                &drill.host,
                &function.label,
                region,
                ProtectionKind::Concurrency,
                judged(found),
            );
            let found = version(drill, function, region).await;
            emit(
                &drill.host,
                &function.label,
                region,
                ProtectionKind::Version,
                judged(found),
            );
        }
    }
}

/// Whether it holds, if that can be told, and in words.
pub(super) fn judged(found: Found) -> (Option<bool>, String) {
    protection::judged(found, |error| error.code == "ResourceNotFoundException")
}

pub(super) async fn concurrency(auditor: &AuditClients, function: &Function, region: &str) -> Found {
    let rest = auditor.rest.at(region);
    let found = lambda::concurrency(rest, &function.name).await?;
    let shown = |reserved: Option<u32>| match reserved {
        Some(reserved) => format!("{reserved} environments are reserved"),
        None => "none are reserved".to_owned(),
    };
    let declared = function.reserved_concurrency;
    let text = if found == declared {
        format!("of {} {}, as declared", function.name, shown(found))
    } else {
        format!(
            "of {} {}; declared is that {}",
            function.name,
            shown(found),
            shown(declared)
        )
    };
    Ok((found == declared, text))
}

/// Whether a function answers under its alias with the code that it had at drill 0.
pub(super) async fn version(drill: &Drill, function: &Function, region: &str) -> Found {
    let rest = drill.access.auditor.rest.at(region);
    let found = lambda::code_sha256(rest, &function.name, LIVE).await?;
    let weights = lambda::weights(rest, &function.name, LIVE).await?;
    if let Some(others) = weights.as_object().filter(|others| !others.is_empty()) {
        let others: Vec<&str> = others.keys().map(String::as_str).collect();
        let text = format!(
            "{} also answers with version {}",
            function.name,
            others.join(", ")
        );
        return Ok((false, text));
    }
    let Some(declared) = drill.observed.at_start.get(&function.label) else {
        return Err(StepError {
            operation: "GetFunction".to_owned(),
            code: "Unknown".to_owned(),
            message: format!(
                "with which code {} answered at drill 0 could not be read",
                function.name
            ),
        });
    };
    Ok(if *declared == found {
        (true, format!("{} answers with the declared code", function.name))
    } else {
        (
            false,
            format!("{} answers with other code than is declared", function.name),
        )
    })
}

/// The digest of the code with which each function answers, by its label.
pub(super) async fn codes(scenario: &Scenario, rest: &RestClients) -> Vec<(String, String)> {
    let mut codes = Vec::new();
    for function in scenario.cloud.functions() {
        let home = scenario.home_of(&function.label).unwrap_or_default();
        if let Ok(code) = lambda::code_sha256(rest.at(home), &function.name, LIVE).await {
            codes.push((function.label.clone(), code));
        }
    }
    codes
}
