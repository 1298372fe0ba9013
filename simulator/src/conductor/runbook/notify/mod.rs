//! `notify`: people are told, by the plan's own words.
//!
//! ```text
//!   template + what the drill knows now ──text──► message ──► webhook, or messages.jsonl of the run
//! ```
//!
//! A message that was delivered stands in the journal. One that was not delivered fails the step.

mod text;

use std::fs::OpenOptions;
use std::io::Write;

use async_trait::async_trait;
use drill::journal::{Event, StepError};
use drill::scenario::Notify;
use serde::Serialize;

use self::text::Facts;
use super::action::RunbookAction;
use super::context::StepContext;
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

#[async_trait]
impl RunbookAction for Notify {
    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let drill = step.drill;
        let facts = Facts::collect(drill, &step.step.id);
        let text = text::render(&self.message, &facts);
        let message = Message {
            to: &self.to,
            text: &text,
            scenario: &drill.spec.scenario.name,
            step: &step.step.id,
            drill_time: facts.now.as_secs_f64(),
        };
        let json = serde_json::to_string(&message).map_err(|error| failed("NotJson", error.to_string()))?;
        let detail = match &self.webhook {
            Some(url) => {
                // The scenario has it in the open.
                let webhook = Webhook { url, name: url };
                let status = webhook::post(&drill.spec.scenario.safety, webhook, json)
                    .await
                    .map_err(|why| failed(why.code, why.message))?;
                format!("{} was told: {url} answered {status}", self.to)
            }
            None => {
                keep(step, &json).map_err(|error| failed("NotWritten", error.to_string()))?;
                format!("{} was told", self.to)
            }
        };
        drill.host.emit(Event::Message {
            step: step.step.id.clone(),
            to: self.to.clone(),
            text,
        });
        Ok(detail)
    }
}

/// The drill's own receiver: a line in the run's folder.
fn keep(step: &StepContext<'_>, json: &str) -> std::io::Result<()> {
    let path = step.drill.spec.places.run.join(MESSAGES);
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
