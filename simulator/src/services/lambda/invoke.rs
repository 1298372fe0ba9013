//! `lambda.invoke`: invokes a function as its users do, and looks at the answer.

use async_trait::async_trait;
use cloud_emulator::client::lambda;
use drill::scenario::{LIVE, LambdaInvoke};

use crate::conductor::probes::{ProbeResult, ProbeRound, ServiceProbe, Via};

#[async_trait]
impl ServiceProbe for LambdaInvoke {
    fn names(&self) -> Vec<&str> {
        vec![&self.function]
    }

    fn sequential_calls(&self) -> u32 {
        2
    }

    async fn run_once(&self, round: &ProbeRound<'_>) -> ProbeResult {
        let drill = round.drill;
        let region = drill.access.resolve(round.client, &self.function);
        let name = drill
            .spec
            .scenario
            .cloud
            .function(&self.function)
            .map_or("", |function| &function.name);
        let client = drill.access.prober.rest.at(&region);
        let via = || Via::from([(self.function.clone(), region.to_string())]);
        let red = |detail: String| ProbeResult {
            sampled: 1,
            ..ProbeResult::red(detail).by(via())
        };
        match lambda::invoke(client, name, Some(LIVE), self.payload.clone().into()).await {
            Err(error) => red(format!("{}: {}", error.code, error.message)),
            Ok(answer) if answer.failed => red(format!("{name} failed: {}", shown(&answer.payload))),
            Ok(answer) => match &self.expect {
                Some(expected) if !answer.contains(expected) => red(format!(
                    "{name} answered {}, without {expected:?}",
                    shown(&answer.payload)
                )),
                _ => ProbeResult {
                    passed: 1,
                    sampled: 1,
                    green: true,
                    detail: None,
                    via: via(),
                },
            },
        }
    }
}

/// The beginning of an answer.
fn shown(payload: &[u8]) -> String {
    const LONGEST: usize = 200;
    let text = String::from_utf8_lossy(payload);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
