//! `notify`: people are told, by the plan's own words.
//!
//! ```text
//!   template + what the drill knows now ──words──► text ──► webhook, or messages.jsonl of the run
//! ```
//!
//! A message that was delivered stands in the journal. One that was not fails the step: nobody was told.

mod words;

use std::fs::OpenOptions;
use std::io::Write;

use drill::journal::{Event, StepError};
use drill::scenario::Notify;
use serde::Serialize;

use self::words::Facts;
use super::StepContext;
use crate::run_folder::MESSAGES;
use crate::webhook::{self, Webhook};

/// What is posted.
#[derive(Debug, Serialize)]
struct Message<'a> {
    to: &'a str,
    text: &'a str,
    scenario: &'a str,
    step: &'a str,
    /// Seconds since drill 0.
    drill_time: f64,
}

pub(super) async fn run(action: &Notify, step: &StepContext<'_>) -> Result<String, StepError> {
    let drill = step.drill;
    let facts = Facts::of(drill, &step.step.id);
    let text = words::render(&action.message, &facts);
    let message = Message {
        to: &action.to,
        text: &text,
        scenario: &drill.scenario.name,
        step: &step.step.id,
        drill_time: facts.now.as_secs_f64(),
    };
    let json = serde_json::to_string(&message).map_err(|error| failed("NotJson", error.to_string()))?;
    let detail = match &action.webhook {
        Some(url) => {
            // The scenario has it in the open.
            let webhook = Webhook { url, name: url };
            let status = webhook::post(&drill.scenario.safety, webhook, json)
                .await
                .map_err(|why| failed(why.code, why.message))?;
            format!("{} was told: {url} answered {status}", action.to)
        }
        None => {
            keep(step, &json).map_err(|error| failed("NotWritten", error.to_string()))?;
            format!("{} was told", action.to)
        }
    };
    drill.emit(Event::Message {
        step: step.step.id.clone(),
        to: action.to.clone(),
        text,
    });
    Ok(detail)
}

/// The drill's own receiver: a line in the run's folder.
fn keep(step: &StepContext<'_>, json: &str) -> std::io::Result<()> {
    let path = step.drill.places.run.join(MESSAGES);
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{json}\n").as_bytes())
}

fn failed(code: &str, message: String) -> StepError {
    StepError {
        operation: "notify".to_owned(),
        code: code.to_owned(),
        message,
    }
}
