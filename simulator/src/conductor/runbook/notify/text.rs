//! The text of a message: a template, and what the drill knows now, as its operators would.

use drill::units::DrillTime;
use jiff::Timestamp;

use crate::conductor::context::Drill;

/// What stands where a fact is not to be had.
const UNKNOWN: &str = "not yet known";

/// What a template may ask for.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) system: String,
    pub(super) title: String,
    /// Every service, and since when it has been down if it is.
    pub(super) services: Vec<(String, Option<DrillTime>)>,
    /// When the first service went down.
    pub(super) down_since: Option<DrillTime>,
    pub(super) now: DrillTime,
    /// Drill 0 on the calendar, in Unix microseconds.
    pub(super) zero_us: i64,
    /// Other steps that are under way.
    pub(super) under_way: Vec<String>,
}

impl Facts {
    /// What is known while `step` is taken.
    pub(super) fn collect(drill: &Drill, step: &str) -> Facts {
        let drill_phase = drill.observed.phase.lock();
        let mut under_way = drill.observed.steps.under_way();
        under_way.retain(|other| other != step);
        Facts {
            system: drill.spec.scenario.system.clone(),
            title: drill.spec.scenario.title.clone(),
            services: drill_phase.services_down(),
            down_since: drill_phase.down_since(),
            now: drill.host.clock.now(),
            zero_us: drill.host.clock.calendar_us_at(DrillTime::ZERO),
            under_way,
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        Some(match name {
            "system" => self.system.clone(),
            "scenario" => self.title.clone(),
            "impact" => self.impact(),
            "started_at" => self.down_since.map_or(UNKNOWN.to_owned(), |at| self.date(at)),
            "now" => self.date(self.now),
            "elapsed" => self
                .down_since
                .map_or(UNKNOWN.to_owned(), |at| (self.now - at).to_string()),
            "status" => self.status(),
            _ => return None,
        })
    }

    /// `delivery is down since 2026-11-21 14:47:40 UTC (35m 40s into the drill)`.
    fn impact(&self) -> String {
        let down = self.services.iter().filter_map(|(name, since)| {
            let since = self.date((*since)?);
            Some(format!("{name} is down since {since}"))
        });
        let down: Vec<String> = down.collect();
        match down.as_slice() {
            [] => "no service is down".to_owned(),
            down => down.join("; "),
        }
    }

    /// `1 of 2 services is down; step restore is under way`.
    fn status(&self) -> String {
        let down = self.services.iter().filter(|(_, since)| since.is_some()).count();
        let all = self.services.len();
        let is = |count: usize| if count == 1 { "is" } else { "are" };
        let services = match down {
            0 => "all services are up".to_owned(),
            _ => format!("{down} of {all} services {} down", is(down)),
        };
        match self.under_way.as_slice() {
            [] => services,
            [step] => format!("{services}; step {step} is under way"),
            steps => format!("{services}; steps {} are under way", steps.join(", ")),
        }
    }

    /// On the drill's calendar, and from drill 0.
    fn date(&self, at: DrillTime) -> String {
        let date = Timestamp::from_microsecond(self.zero_us.saturating_add(at.as_us())).unwrap_or_default();
        format!("{} ({at} into the drill)", date.strftime("%Y-%m-%d %H:%M:%S UTC"))
    }
}

/// Fills a template in. What it asks for that there is not stays as it stands; the scenario's decoder has
/// refused that.
pub(super) fn render(template: &str, facts: &Facts) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        let found = after
            .split_once("}}")
            .and_then(|(name, tail)| Some((facts.get(name.trim())?, tail)));
        match found {
            Some((fact, tail)) => {
                text.push_str(&fact);
                rest = tail;
            }
            None => {
                text.push_str("{{");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use drill::scenario::Notify;

    use super::*;

    fn facts() -> Facts {
        Facts {
            system: "iot-steel".to_owned(),
            title: "A region is lost".to_owned(),
            services: vec![
                ("delivery".to_owned(), Some(DrillTime::from_secs(2140))),
                ("telemetry".to_owned(), None),
            ],
            down_since: Some(DrillTime::from_secs(2140)),
            now: DrillTime::from_secs(2400),
            // 2026-11-21 14:12:00 UTC.
            zero_us: 1_795_270_320_000_000,
            under_way: vec!["restore".to_owned()],
        }
    }

    #[test]
    fn a_template_is_filled_in_with_what_is_known() {
        let text = render(
            "{{system}}: {{ impact }}\nFor {{elapsed}}. {{status}}. It is {{now}}.",
            &facts(),
        );
        assert_eq!(
            text,
            "iot-steel: delivery is down since 2026-11-21 14:47:40 UTC (35m 40s into the drill)\n\
             For 4m 20s. 1 of 2 services is down; step restore is under way. \
             It is 2026-11-21 14:52:00 UTC (40m into the drill)."
        );
    }

    #[test]
    fn what_is_over_or_unknown_is_said_so() {
        let mut facts = facts();
        facts.services[0].1 = None;
        facts.under_way.clear();
        assert_eq!(
            render("{{impact}}; {{status}}", &facts),
            "no service is down; all services are up"
        );
        facts.down_since = None;
        assert_eq!(
            render("{{started_at}}, {{elapsed}}", &facts),
            "not yet known, not yet known"
        );
    }

    #[test]
    fn every_placeholder_has_a_value_and_nothing_else_has() {
        for name in Notify::PLACEHOLDERS {
            assert!(facts().get(name).is_some(), "{name}");
        }
        for odd in ["{{nonsense}}", "{{", "a }} b", "{{system", "{{{{"] {
            assert_eq!(render(odd, &facts()), odd);
        }
        // What a fact says is no template.
        let mut facts = facts();
        facts.system = "{{now}}".to_owned();
        assert_eq!(render("{{system}}", &facts), "{{now}}");
    }
}
