//! `notify`: people are told, by the plan's own template.

use crate::scenario::Step;
use crate::scenario::actions::ActionSpec;
use crate::scenario::checks::StepCheck;
use crate::scenario::decode::{Documentation, Fields, LongText, Table, Text};

/// Renders a message and posts it to a webhook. Whether it was in time says the step's `within`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Who is told (`#incidents`, `customers`).
    pub to: String,
    /// The template: `{{name}}` stands for a value of the drill; see [`Notify::PLACEHOLDERS`].
    pub message: String,
    /// Where it is posted; without it to the drill's own receiver.
    pub webhook: Option<String>,
}

impl Notify {
    /// Its name in a scenario.
    pub const NAME: &'static str = "notify";

    /// What a template may ask for between double braces.
    pub const PLACEHOLDERS: [&'static str; 7] = [
        "system",
        "scenario",
        "impact",
        "started_at",
        "now",
        "elapsed",
        "status",
    ];
}

impl Table for Notify {
    const DOC: &'static str = "People are told: a template is rendered and posted to a webhook.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The message may contain {{system}}, {{scenario}}, {{impact}}, {{started_at}}, {{now}}, \
            {{elapsed}} and {{status}}. Whether it was sent in time is judged by the step's \
            `within`. Without a `webhook` it goes to the drill's own receiver and into \
            `messages.jsonl`; a webhook that is not on this machine must be in \
            `safety.allow_hosts`.",
        needs: &[],
        example: r"
runbook:
  - id: status-page
    do: notify
    to: status page
    within: 0m..30m
    from: detection
    message: |
      {{system}}: {{impact}}
      Since {{started_at}} ({{elapsed}}). Status: {{status}}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let to = f.required("to", "Who is told, as \"#incidents\".", Text);
        let message = f.required(
            "message",
            "The template; {{impact}} and others are filled in.",
            LongText,
        );
        let webhook = f.optional(
            "webhook",
            "Where it is posted (default: the drill's own receiver).",
            Text,
        );
        Some(Notify {
            to: to?,
            message: message?,
            webhook,
        })
    }
}

impl Notify {
    /// What stands between double braces, in order.
    pub fn asked(&self) -> impl Iterator<Item = &str> {
        let parts = self.message.split("{{").skip(1);
        parts.map(|part| part.split_once("}}").map_or(part, |(name, _)| name).trim())
    }
}

impl ActionSpec for Notify {
    fn check(&self, step: &mut StepCheck<'_, '_, '_, '_>) {
        for name in self.asked() {
            if !Notify::PLACEHOLDERS.contains(&name) {
                let allowed = format!("one of {}", Notify::PLACEHOLDERS.join(", "));
                step.error(
                    "message",
                    format!("{{{{{}}}}}", crate::scenario::yaml::shortened(name)),
                    &allowed,
                );
            }
        }
        if let Some(webhook) = &self.webhook {
            step.endpoint("webhook", webhook);
        }
    }

    fn not_achieved(&self, _: &Step) -> String {
        format!("{} was not told.", self.to)
    }
}
