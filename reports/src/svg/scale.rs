//! From values to pixels, and the ticks between.

use crate::text;

/// A linear map from values to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    domain: (f64, f64),
    range: (f64, f64),
}

impl Scale {
    /// Maps `domain` to `range`.
    pub(crate) fn new(domain: (f64, f64), range: (f64, f64)) -> Scale {
        Scale { domain, range }
    }

    /// The pixel of a value, held within the range.
    pub(crate) fn at(self, value: f64) -> f64 {
        let (low, high) = self.domain;
        if high <= low {
            return self.range.0;
        }
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        self.range.0 + share * (self.range.1 - self.range.0)
    }

    /// Whether a value is within the domain.
    pub(crate) fn shows(self, value: f64) -> bool {
        (self.domain.0..=self.domain.1).contains(&value)
    }

    /// The first and last pixel.
    pub(crate) fn range(self) -> (f64, f64) {
        self.range
    }

    /// At most `most` ticks at times as people count them: 15m, 30m, 45m, 1h.
    pub(crate) fn time_ticks(self, most: usize) -> Vec<(f64, String)> {
        /// How many of the steps are shorter than a second.
        const SUB_SECOND: usize = 9;
        const STEPS: [f64; 31] = [
            0.001,
            0.002,
            0.005,
            0.01,
            0.02,
            0.05,
            0.1,
            0.2,
            0.5,
            1.0,
            2.0,
            5.0,
            10.0,
            15.0,
            30.0,
            60.0,
            120.0,
            300.0,
            600.0,
            900.0,
            1800.0,
            3600.0,
            7200.0,
            10_800.0,
            21_600.0,
            43_200.0,
            86_400.0,
            172_800.0,
            604_800.0,
            2_592_000.0,
            31_536_000.0,
        ];
        // Parts of a second only where there are no whole ones to count.
        let (low, high) = self.domain;
        let first = if high - low < 2.0 { 0 } else { SUB_SECOND };
        self.ticks(&STEPS[first..], most)
            .into_iter()
            .map(|tick| (tick, time_label(tick)))
            .collect()
    }

    /// At most `most` ticks at whole, round numbers.
    pub(crate) fn count_ticks(self, most: usize) -> Vec<(f64, String)> {
        let steps: Vec<f64> = (0..18)
            .flat_map(|n| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(n)))
            .collect();
        self.ticks(&steps, most)
            .into_iter()
            .map(|tick| (tick, text::count(tick as u64)))
            .collect()
    }

    /// At most `most` ticks at round shares; the domain is in percent.
    pub(crate) fn percent_ticks(self, most: usize) -> Vec<(f64, String)> {
        const STEPS: [f64; 14] = [
            0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 25.0, 50.0,
        ];
        let ticks = self.ticks(&STEPS, most);
        let step = if let [first, second, ..] = ticks[..] {
            second - first
        } else {
            1.0
        };
        let decimals = if step >= 0.95 {
            0
        } else {
            (-step.log10()).ceil() as usize
        };
        ticks
            .into_iter()
            .map(|tick| {
                if tick == 0.0 {
                    (tick, "0 %".to_owned())
                } else {
                    (tick, format!("{tick:.decimals$} %"))
                }
            })
            .collect()
    }

    /// Multiples of the finest step that gives at most `most` ticks.
    fn ticks(self, steps: &[f64], most: usize) -> Vec<f64> {
        let (low, high) = self.domain;
        let multiples = |step: f64| ((low / step).ceil(), (high / step).floor());
        let fits = |step: &&f64| {
            let (first, last) = multiples(**step);
            last - first + 1.0 <= most as f64
        };
        let Some(step) = steps
            .iter()
            .find(fits)
            .filter(|_| low.is_finite() && high.is_finite())
        else {
            return Vec::new();
        };
        let (first, last) = multiples(*step);
        (first as i64..=last as i64).map(|n| n as f64 * step).collect()
    }
}

/// `15m`, `1h 30m`, `−5m`: a span with a real minus sign.
fn time_label(seconds: f64) -> String {
    text::span(seconds).replacen('-', "−", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, most: usize) -> Vec<String> {
        Scale::new((low, high), (0.0, 100.0))
            .time_ticks(most)
            .into_iter()
            .map(|t| t.1)
            .collect()
    }

    #[test]
    fn ticks_stand_at_human_times() {
        assert_eq!(labels(0.0, 3900.0, 6), ["0s", "15m", "30m", "45m", "1h"]);
        assert_eq!(
            labels(-2100.0, 3600.0, 8),
            ["−30m", "−15m", "0s", "15m", "30m", "45m", "1h"]
        );
        assert_eq!(labels(0.0, 28_800.0, 6), ["0s", "2h", "4h", "6h", "8h"]);
        assert_eq!(labels(0.0, 2.0, 5), ["0s", "1s", "2s"]);
        assert_eq!(labels(0.0, 691_200.0, 6), ["0s", "2d", "4d", "6d", "8d"]);
    }

    #[test]
    fn shares_have_as_many_decimals_as_they_need() {
        let shown = |high: f64| {
            let ticks = Scale::new((0.0, high), (0.0, 1.0)).percent_ticks(5);
            ticks.into_iter().map(|tick| tick.1).collect::<Vec<_>>()
        };
        assert_eq!(shown(100.0), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
        assert_eq!(shown(4.4), ["0 %", "1 %", "2 %", "3 %", "4 %"]);
        assert_eq!(shown(0.9), ["0 %", "0.2 %", "0.4 %", "0.6 %", "0.8 %"]);
        assert_eq!(shown(0.03), ["0 %", "0.01 %", "0.02 %", "0.03 %"]);
    }

    #[test]
    fn odd_domains_give_no_ticks_and_no_panic() {
        assert_eq!(labels(0.0, 0.0, 5), ["0s"]);
        assert!(labels(f64::NEG_INFINITY, f64::INFINITY, 5).is_empty());
        assert!(labels(0.0, 1e12, 5).is_empty());
        let scale = Scale::new((5.0, 5.0), (10.0, 20.0));
        assert_eq!(scale.at(5.0), 10.0);
    }

    #[test]
    fn values_outside_are_held_at_the_edge() {
        let scale = Scale::new((0.0, 10.0), (100.0, 200.0));
        assert_eq!(
            [scale.at(-5.0), scale.at(5.0), scale.at(50.0)],
            [100.0, 150.0, 200.0]
        );
        assert!(scale.shows(10.0) && !scale.shows(10.1));
    }
}
