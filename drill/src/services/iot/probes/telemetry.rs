//! `path.telemetry`: a message arrives where its rule takes it.

use crate::scenario::Scenario;
use crate::scenario::decode::{Documentation, Fields, Name, Table, share};
use crate::scenario::probes::{ProbeSpec, Reads, Route, Unfilled};
use crate::services::iot::{IOT_NAME, RULES, publish};
use crate::units::Fraction;

/// How many devices must have a session for telemetry to be back, in millionths: a few are always under way.
const MOST_DEVICES: Fraction = match Fraction::from_millionths(990_000) {
    Some(share) => share,
    None => Fraction::ONE,
};

/// Sends a canary's message and waits until it is in the rule's bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTelemetry {
    /// The rule that the canary's message takes; default the only one.
    pub rule: String,
    /// The label of the store that it must reach.
    pub bucket: String,
    /// How many of the fleet's devices must have a session, too; default 99 % where there is a fleet.
    pub devices: Option<Fraction>,
}

impl PathTelemetry {
    /// Its name in a scenario.
    pub const NAME: &'static str = "path.telemetry";
}

impl Table for PathTelemetry {
    const DOC: &'static str = "Sends a canary's message and waits until it is in the rule's bucket.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "A canary device publishes a message over MQTT; it must pass the broker and the rule, \
            and be in the rule's bucket before the timeout. With a fleet, `devices` of its devices \
            must have a session, too. Let its timeout be longer than the rule's batch window.",
        needs: &[("cloud.iot", "a rule")],
        example: r"
probes:
  telemetry-path: {do: path.telemetry, every: 30s, timeout: 110s, devices: 99%}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let rule = f.optional(
            "rule",
            "The rule that the message takes (default: the only one).",
            Name::Of(RULES),
        );
        let devices = f.optional(
            "devices",
            "How many of the fleet's devices must have a session, too (default: 99% where there is a fleet).",
            share(Fraction::ONE),
        );
        Some(PathTelemetry {
            rule: rule.unwrap_or_default(),
            bucket: String::new(),
            devices,
        })
    }
}

impl ProbeSpec for PathTelemetry {
    /// A canary takes the only rule, unless its probe names one.
    fn fill(&mut self, scenario: &Scenario) -> Result<(), Unfilled> {
        if scenario.fleet.is_some() {
            self.devices.get_or_insert(MOST_DEVICES);
        }
        let rules = scenario.cloud.rules();
        let rule = match (rules, self.rule.as_str()) {
            ([only], "") => Some(only),
            (rules, name) => rules.iter().find(|rule| rule.name == *name),
        };
        if let Some(rule) = rule {
            self.rule.clone_from(&rule.name);
            self.bucket.clone_from(&rule.bucket);
            return Ok(());
        }
        if !self.rule.is_empty() {
            // That there is no rule of this name was said where it stands.
            return Ok(());
        }
        let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        let (found, allowed) = match names.as_slice() {
            [] => (
                "no rule that its message could take".to_owned(),
                "a rule in cloud.iot.rules".to_owned(),
            ),
            names => (
                format!("{} rules that its message could take", names.len()),
                format!("`rule:` with one of {}", names.join(", ")),
            ),
        };
        Err(Unfilled {
            found,
            allowed,
            if_whole: names.len() <= 1,
        })
    }

    fn route<'a>(&'a self, route: &mut Route<'a, '_>) {
        let rules = route.cloud.rules();
        let rule = rules.iter().find(|rule| rule.name == self.rule);
        publish(
            route,
            &self.bucket,
            rule.and_then(|rule| rule.function.as_deref()),
        );
    }

    fn names(&self) -> Vec<&str> {
        vec![IOT_NAME, &self.bucket]
    }

    fn reads(&self) -> Reads<'_> {
        Reads::ItsOwn
    }

    fn rule(&self) -> Option<&str> {
        Some(&self.rule)
    }
}
