//! Measured times of steps, compared as distributions.
//!
//! A step is called slower where three things hold: the exact one-sided test says so at the stated confidence, after Holm's
//! correction over all steps that are tested; the shift is at least the minimal effect, as a share of the earlier median; and
//! it is at least an absolute amount. The last two keep a build from failing because of a negligible change.

use drill::report::Seconds;

use crate::format::StepFigures;
use crate::settings::Settings;
use crate::statistics::{greater, holm, least_p, median, repeats_needed, shift};

/// The result of comparing a step's times.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// It is slower: a regression.
    Slower,
    /// It cannot be said to be slower, or not by enough to matter.
    NotSlower,
    /// There are too few repeats for this to be shown, whatever they took; so many on each side could show it.
    TooFew(usize),
    /// It takes too little for a difference to matter.
    Short,
    /// The times are not comparable, and why.
    NotCompared(String),
}

/// The measured times of a step, then and now.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// The step.
    pub step: String,
    /// The times of the baseline.
    pub before: Vec<Seconds>,
    /// The times of now.
    pub now: Vec<Seconds>,
    /// By how much it takes longer now.
    pub shift_s: Seconds,
    /// The same as a share of the earlier median; none where that is 0.
    pub relative: Option<f64>,
    /// The probability of a difference like this, or a larger one, by chance, corrected for the number of steps that were
    /// tested; none where it was not tested.
    pub p: Option<f64>,
    /// The result.
    pub call: Call,
    /// Whether the step lies on the critical path.
    pub on_critical_path: bool,
}

impl Timing {
    /// The times of a step, not yet tested.
    pub(crate) fn new(before: &StepFigures, now: &StepFigures, on_critical_path: bool) -> Timing {
        let earlier = median(&before.measured_s);
        let shift_s = shift(&now.measured_s, &before.measured_s);
        Timing {
            step: now.id.clone(),
            before: before.measured_s.clone(),
            now: now.measured_s.clone(),
            shift_s,
            relative: (earlier > 0.0).then(|| shift_s / earlier),
            p: None,
            call: Call::NotSlower,
            on_critical_path,
        }
    }

    /// Whether the longest of all its times would be noticed. Which side it is on makes no difference, so that the test
    /// stays exact.
    fn matters(&self, settings: &Settings) -> bool {
        let all = self.before.iter().chain(&self.now);
        all.fold(0.0, |most: f64, seconds| most.max(*seconds)) >= settings.floor_s
    }
}

/// Tests all times that are comparable, of all scenarios together.
pub(crate) fn test(timings: &mut [&mut Timing], settings: &Settings) {
    let mut tested: Vec<&mut Timing> = Vec::new();
    for timing in timings {
        if timing.matters(settings) {
            tested.push(timing);
        } else {
            timing.call = Call::Short;
        }
    }
    let p: Vec<f64> = tested
        .iter()
        .map(|timing| greater(&timing.now, &timing.before))
        .collect();
    let (corrected, tests) = (holm(&p), tested.len());
    let alpha = 1.0 - settings.confidence;
    for (timing, p) in tested.into_iter().zip(corrected) {
        timing.p = Some(p);
        let least = least_p(timing.now.len(), timing.before.len()) * tests as f64;
        let is_large = timing.shift_s >= settings.floor_s
            && timing.relative.is_none_or(|share| share >= settings.effect);
        timing.call = match () {
            // Beside rounding: a confidence of 99 % leaves 0.010000000000000009.
            () if p <= alpha + 1e-12 && is_large => Call::Slower,
            () if least > alpha + 1e-12 => Call::TooFew(repeats_needed(tests, alpha)),
            () => Call::NotSlower,
        };
    }
}
