//! Text about a fleet that is larger than the drilled one.

use drill::units::Span;

use super::{LONGEST_CLOSED, Model, Validation};

impl Model {
    /// The figures in a sentence or two, marked as modelled, with the error.
    pub(super) fn text(&self) -> String {
        let devices = plural(self.report.devices);
        if self.storm.is_none() {
            let why = match self.loss.opens_after {
                None => "no broker accepted a device of this fleet while it was observed".to_owned(),
                Some(_) => {
                    format!("the endpoint was closed, or sessions were lost, for more than {LONGEST_CLOSED}")
                }
            };
            return format!("What {devices} would do is not modelled: {why}.");
        }
        let after = |percent: &str| {
            let seconds = self.report.modelled_s.get(percent).copied().flatten();
            seconds.map(|seconds| Span::from_millis((seconds * 1_000.0).round() as i64))
        };
        let back = match (after("99"), after("100")) {
            (Some(most), Some(all)) => {
                format!("{devices} would be back (99 %) after {most}, all of them after {all}")
            }
            (Some(most), None) => {
                format!(
                    "{devices} would be back (99 %) after {most}, {}",
                    self.not_back("all")
                )
            }
            (None, _) => format!("Of {devices} {}", self.not_back("99 %")),
        };
        let here = plural(self.loss.devices);
        let closed = self.loss.opens_after.unwrap_or(Span::ZERO);
        let since = if closed > Span::ZERO {
            format!(" from when the endpoint was open again, {closed} after the fault")
        } else {
            String::new()
        };
        let how = match self.validation {
            Validation::Within(error) if error > 1.0 => format!(
                "modelled, and not to be relied on: the same model of {here} is off by {} of what was measured{since}",
                percent(error)
            ),
            Validation::Within(error) => {
                format!(
                    "modelled, within {} of what {here} measured here{since}",
                    percent(error)
                )
            }
            Validation::NoneBack => format!("modelled, and of {here} none came back here either"),
            Validation::TooShort => format!(
                "modelled, and not validated: the drill was over before half of its {here} were due by the same model"
            ),
            Validation::Contradicted => format!(
                "modelled, and not to be relied on: the same model of {here} does not give what was measured here"
            ),
        };
        format!("{back}: {how}.")
    }

    /// `99 % would not be back within 2d`; of devices that give up, `never`.
    pub(super) fn not_back(&self, share: &str) -> String {
        match &self.storm {
            Some(modelled) if modelled.outcome.waiting > 0 => {
                let until = modelled.storm.give_up + modelled.later;
                format!("{share} would not be back within {until}")
            }
            _ => format!("{share} would never be back, since devices give up"),
        }
    }
}

/// `1 device`, `1,000,000 devices`.
pub(super) fn plural(devices: u64) -> String {
    let digits = devices.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} device{}", if devices == 1 { "" } else { "s" })
}

/// A bound in whole percent: `3 %`, at least `1 %`.
fn percent(share: f64) -> String {
    format!("{} %", (share * 100.0).ceil().max(1.0))
}
