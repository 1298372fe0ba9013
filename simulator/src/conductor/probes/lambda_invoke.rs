//! `lambda.invoke`: invokes a function as its users do, and looks at the answer.

use cloud_emulator::client::lambda;
use drill::scenario::{LIVE, LambdaInvoke};

use super::{Look, Via};
use crate::conductor::context::Drill;

pub(crate) async fn look(drill: &Drill, probe: &str, spec: &LambdaInvoke) -> Look {
    let region = drill.resolve(probe, &spec.function);
    let name = drill
        .scenario
        .cloud
        .function(&spec.function)
        .map_or("", |function| &function.name);
    let client = drill.functions.at(&region);
    let via = || Via::from([(spec.function.clone(), region.to_string())]);
    let red = |detail: String| Look {
        sampled: 1,
        ..Look::red(detail).by(via())
    };
    match lambda::invoke(client, name, Some(LIVE), spec.payload.clone().into()).await {
        Err(error) => red(format!("{}: {}", error.code, error.message)),
        Ok(answer) if answer.failed => red(format!("{name} failed: {}", shown(&answer.payload))),
        Ok(answer) => match &spec.expect {
            Some(expected) if !answer.contains(expected) => red(format!(
                "{name} answered {}, without {expected:?}",
                shown(&answer.payload)
            )),
            _ => Look {
                passed: 1,
                sampled: 1,
                green: true,
                detail: None,
                via: via(),
            },
        },
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
