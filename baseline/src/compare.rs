//! The comparison of drills with a baseline: what became worse, by how much, and how surely.

use drill::units::Span;

use crate::figures::{Difference, Direction, ENOUGH, Figure, Subject, differs};
use crate::format::{Baseline, Range, Recorded, StepFigures};
use crate::settings::Settings;
use crate::timing::{self, Call, Timing};

/// The drills of one scenario beside their baseline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The scenario.
    pub scenario: String,
    /// Why nothing was compared, if so: then nothing is known to be as it was.
    pub not_compared: Option<String>,
    /// What was done or known in every drill of the baseline, and is not now.
    pub gone: Vec<Gone>,
    /// Figures that differ.
    pub differences: Vec<Difference>,
    /// Measured times of each step that both have.
    pub timings: Vec<Timing>,
    /// What a reader should know of the comparison, a sentence each.
    pub notes: Vec<String>,
}

/// Something that was done or known before, and is not now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// What it is about.
    pub subject: Subject,
    /// What became of it.
    pub text: String,
    /// Whether what it is about lies on the critical path of the baseline.
    pub on_critical_path: bool,
}

impl Comparison {
    /// Every regression, a sentence each, those on the critical path first.
    pub fn regressions(&self) -> Vec<String> {
        let worse = |difference: &&Difference| difference.direction == Direction::Worse;
        let figures = self.differences.iter().filter(worse);
        let figures = figures.map(|one| (one.on_critical_path, difference_text(one)));
        let slower = self.timings.iter().filter(|timing| timing.call == Call::Slower);
        let slower = slower.map(|timing| (timing.on_critical_path, timing_text(timing)));
        let gone = self.gone.iter();
        let gone = gone.map(|gone| (gone.on_critical_path, gone_text(gone)));
        let mut all: Vec<(bool, String)> = gone.chain(figures).chain(slower).collect();
        all.sort_by_key(|(critical, _)| !critical);
        all.into_iter().map(|(_, text)| text).collect()
    }

    /// What became better, a sentence each. No test is made of that: it fails nothing.
    pub fn improvements(&self) -> Vec<String> {
        let better = |difference: &&Difference| difference.direction == Direction::Better;
        self.differences
            .iter()
            .filter(better)
            .map(difference_text)
            .collect()
    }

    /// Whether anything is called a regression.
    pub fn is_regression(&self) -> bool {
        let worse = self
            .differences
            .iter()
            .any(|difference| difference.direction == Direction::Worse);
        worse || !self.gone.is_empty() || self.timings.iter().any(|timing| timing.call == Call::Slower)
    }
}

/// Compares the drills of `now` with those of `before`, scenario by scenario. Scenarios that were not drilled now are left out.
pub fn compare(before: &Baseline, now: &Baseline, settings: &Settings) -> Vec<Comparison> {
    let mut all: Vec<Comparison> = now
        .scenarios
        .iter()
        .map(|(name, now)| match before.scenarios.get(name) {
            Some(before) => of_scenario(name, before, now),
            None => not_compared(
                name,
                "Nothing is compared: the baseline does not have this scenario; --update-baseline adds it."
                    .to_owned(),
            ),
        })
        .collect();
    let comparable = |timing: &&mut Timing| !matches!(timing.call, Call::NotCompared(_));
    let timings = all.iter_mut().flat_map(|comparison| &mut comparison.timings);
    timing::test(&mut timings.filter(comparable).collect::<Vec<_>>(), settings);
    for comparison in &mut all {
        let note = too_few(comparison, settings);
        comparison.notes.extend(note);
    }
    all
}

/// How many repeats it takes until a slower step can be called, where those of the baseline are too few, on both sides.
pub fn repeats_needed(baseline: &Baseline, settings: &Settings) -> Option<usize> {
    let same = compare(baseline, baseline, settings);
    let timings = same.iter().flat_map(|comparison| &comparison.timings);
    let needed = timings.filter_map(|timing| match timing.call {
        Call::TooFew(needed) => Some(needed),
        _ => None,
    });
    needed.max()
}

/// The scenarios of a baseline that were not drilled now.
pub fn not_drilled<'a>(before: &'a Baseline, now: &Baseline) -> Vec<&'a str> {
    let names = before
        .scenarios
        .keys()
        .filter(|name| !now.scenarios.contains_key(*name));
    names.map(String::as_str).collect()
}

fn not_compared(scenario: &str, why: String) -> Comparison {
    Comparison {
        scenario: scenario.to_owned(),
        notes: vec![why.clone()],
        not_compared: Some(why),
        ..Comparison::default()
    }
}

fn of_scenario(name: &str, before: &Recorded, now: &Recorded) -> Comparison {
    if (before.seed, &before.cloud) != (now.seed, &now.cloud) {
        return not_compared(
            name,
            format!(
                "Nothing is compared: the baseline is of seed {} on {}, and these drills are of seed {} on {}.",
                before.seed, before.cloud, now.seed, now.cloud
            ),
        );
    }
    let mut comparison = Comparison {
        scenario: name.to_owned(),
        gone: gone(before, now),
        ..Comparison::default()
    };
    if before.sha256 != now.sha256 {
        let note = "The scenario file was changed since the baseline: steps are compared by their ids.";
        comparison.notes.push(note.to_owned());
    }
    if before.repeats.min(now.repeats) < ENOUGH {
        comparison.notes.push(format!(
            "Fewer than {ENOUGH} repeats do not tell which figures vary: they are called from 10 % on, counts from 2 more and times \
             from 1 s more."
        ));
    }
    if before.tool != now.tool {
        comparison.notes.push(format!(
            "The baseline is of Firedrill {}, and these drills of {}: what calls cost, and what is counted, may differ for that \
             alone.",
            before.tool, now.tool
        ));
    }
    let incomparable = incomparable(before, now);
    if let Some(why) = &incomparable {
        comparison
            .notes
            .push(format!("Measured times are shown and fail nothing: {why}."));
    }
    comparison.differences = differences(before, now, incomparable.is_none());
    for difference in &mut comparison.differences {
        difference.on_critical_path = is_critical(&difference.subject, now);
    }
    for step in &now.steps {
        let Some(earlier) = before.step(&step.id) else {
            let what = if before.unfinished.contains(&step.id) {
                "comes to its end in every drill now, and did not before"
            } else {
                "is new"
            };
            comparison.notes.push(format!("Step {} {what}.", step.id));
            continue;
        };
        let mut timing = Timing::new(earlier, step, now.is_critical(&step.id));
        if let Some(why) = &incomparable {
            timing.call = Call::NotCompared(why.clone());
        }
        comparison.timings.push(timing);
    }
    comparison.notes.extend(removed(before, now));
    comparison.notes.extend(other_path(before, now));
    comparison
}

/// What was done or known in every drill of the baseline, and is not now, though the scenario still has it.
fn gone(before: &Recorded, now: &Recorded) -> Vec<Gone> {
    let mut all = Vec::new();
    for earlier in &before.steps {
        let text = if now.unfinished.contains(&earlier.id) {
            "did not come to its end in every drill, as it did".to_owned()
        } else if let Some(step) = now.step(&earlier.id)
            && does_less(earlier.done, before.repeats, step.done, now.repeats)
        {
            format!(
                "did what it should in {} of {} drills, was {} of {}",
                step.done, now.repeats, earlier.done, before.repeats
            )
        } else {
            continue;
        };
        all.push(Gone {
            subject: Subject::Step(earlier.id.clone()),
            text,
            on_critical_path: before.is_critical(&earlier.id),
        });
    }
    let known = before.objectives.keys();
    all.extend(
        known
            .filter(|name| now.without_figure.contains(name))
            .map(|name| Gone {
                subject: Subject::Objective(name.clone()),
                text: "has no figure in every drill, as it had".to_owned(),
                on_critical_path: false,
            }),
    );
    all
}

/// What always did what it should must do so always; what sometimes did, sometimes.
fn does_less(before: u32, of_before: u32, now: u32, of_now: u32) -> bool {
    if before == of_before {
        now < of_now
    } else {
        before > 0 && now == 0
    }
}

/// What the baseline has and the scenario does not have any more: its figures are held against nothing.
fn removed(before: &Recorded, now: &Recorded) -> Vec<String> {
    let is_step = |id: &String| now.step(id).is_some() || now.unfinished.contains(id);
    let steps = before.steps.iter().map(|step| &step.id).filter(|id| !is_step(id));
    let is_objective =
        |name: &&String| now.objectives.contains_key(*name) || now.without_figure.contains(name);
    let objectives = before.objectives.keys().filter(|name| !is_objective(name));
    let data = before
        .losses
        .keys()
        .filter(|name| !now.losses.contains_key(*name));
    let mut said = Vec::new();
    for (thing, name) in steps
        .map(|id| ("Step", id))
        .chain(objectives.map(|name| ("Objective", name)))
        .chain(data.map(|name| ("Data set", name)))
    {
        said.push(format!(
            "{thing} {name} of the baseline is not in the scenario any more."
        ));
    }
    said
}

/// Why measured times cannot be held against each other, if so.
fn incomparable(before: &Recorded, now: &Recorded) -> Option<String> {
    if before.machine != now.machine {
        return Some(format!(
            "the baseline is of another machine ({}, and this one has {})",
            before.machine, now.machine
        ));
    }
    (before.jobs != now.jobs).then(|| {
        format!(
            "the baseline was drilled with {} at once, and these with {}",
            before.jobs, now.jobs
        )
    })
}

/// What does not depend on the machine; `same_machine` adds what partly does.
fn differences(before: &Recorded, now: &Recorded, same_machine: bool) -> Vec<Difference> {
    let repeats = before.repeats.min(now.repeats);
    let mut all = Vec::new();
    for step in &now.steps {
        let Some(earlier) = before.step(&step.id) else {
            continue;
        };
        let figures: [(Figure, Range<f64>, Range<f64>); 5] = [
            (Figure::Calls, earlier.calls.into(), step.calls.into()),
            (Figure::Bytes, earlier.bytes.into(), step.bytes.into()),
            (Figure::Retries, earlier.retries.into(), step.retries.into()),
            (
                Figure::SequentialWaits,
                earlier.sequential_waits.into(),
                step.sequential_waits.into(),
            ),
            (Figure::Modelled, earlier.modelled_s, step.modelled_s),
        ];
        let subject = Subject::Step(step.id.clone());
        let differing = figures.into_iter().filter_map(|(figure, before, now)| {
            differs(subject.clone(), figure, (before, now), repeats, 0.0)
        });
        all.extend(differing);
    }
    // It lasts until the next round of a probe, and so up to an interval longer where the step before it ends a little later.
    let round = largest_error(before).max(largest_error(now));
    for (subject, before, now, further) in [
        (Subject::Detection, before.detection_s, now.detection_s, 0.0),
        (
            Subject::Verification,
            before.verification_s,
            now.verification_s,
            round,
        ),
    ] {
        if let (Some(before), Some(now)) = (before, now) {
            all.extend(differs(subject, Figure::Length, (before, now), repeats, further));
        }
    }
    for (name, losses) in &now.losses {
        let Some(earlier) = before.losses.get(name) else {
            continue;
        };
        let subject = Subject::Data(name.clone());
        for (figure, before, now) in [
            (Figure::Lost, earlier.lost, losses.lost),
            (Figure::Corrupted, earlier.corrupted, losses.corrupted),
            (Figure::Stale, earlier.stale, losses.stale),
            (Figure::Unknown, earlier.unknown, losses.unknown),
        ] {
            all.extend(differs(
                subject.clone(),
                figure,
                (before.into(), now.into()),
                repeats,
                0.0,
            ));
        }
    }
    if before
        .steps
        .iter()
        .map(|step| &step.id)
        .ne(now.steps.iter().map(|step| &step.id))
    {
        all.extend(together(before, now));
    }
    // Measured work is part of these: on another machine, what all of it explains is no difference of the procedure.
    let work: f64 = if same_machine {
        0.0
    } else {
        now.steps.iter().filter_map(longest).sum()
    };
    all.extend(achieved(before, now, work));
    all
}

/// How exactly the objectives were known at worst: to the interval of their probes.
fn largest_error(recorded: &Recorded) -> f64 {
    let errors = recorded.objectives.values().map(|figures| figures.error_s);
    errors.fold(0.0, f64::max)
}

/// The longest that a step's work took.
fn longest(step: &StepFigures) -> Option<f64> {
    step.measured_s.iter().copied().reduce(f64::max)
}

/// What all steps ask for together, where they are not the same steps: a further step is further work. Steps of which one side has
/// no figures, since they did not always come to their end, are left out on both.
fn together(before: &Recorded, now: &Recorded) -> Vec<Difference> {
    let repeats = before.repeats.min(now.repeats);
    type OfStep = fn(&StepFigures) -> Range<f64>;
    let figures: [(Figure, OfStep); 4] = [
        (Figure::Calls, |step| step.calls.into()),
        (Figure::Retries, |step| step.retries.into()),
        (Figure::SequentialWaits, |step| step.sequential_waits.into()),
        (Figure::Modelled, |step| step.modelled_s),
    ];
    let sum = |steps: &[StepFigures], of: OfStep| {
        let counted = steps
            .iter()
            .filter(|step| !before.unfinished.contains(&step.id) && !now.unfinished.contains(&step.id));
        counted.map(of).fold(
            Range {
                least: 0.0,
                most: 0.0,
            },
            |sum, one| Range {
                least: sum.least + one.least,
                most: sum.most + one.most,
            },
        )
    };
    let differing = figures.into_iter().filter_map(|(figure, of)| {
        let both = (sum(&before.steps, of), sum(&now.steps, of));
        differs(Subject::Runbook, figure, both, repeats, 0.0)
    });
    differing.collect()
}

/// What was achieved of the objectives, which is exact to their errors; and the length of the critical path, where a step or
/// phase has come onto it. `work` is how much of the difference measured work may explain, in seconds.
fn achieved(before: &Recorded, now: &Recorded, work: f64) -> Vec<Difference> {
    let repeats = before.repeats.min(now.repeats);
    let mut all = Vec::new();
    let mut most = 0.0_f64;
    for (name, figures) in &now.objectives {
        let Some(earlier) = before.objectives.get(name) else {
            continue;
        };
        let error = earlier.error_s + figures.error_s;
        most = most.max(error);
        let subject = Subject::Objective(name.clone());
        let both = (earlier.actual_s, figures.actual_s);
        all.extend(differs(subject, Figure::Actual, both, repeats, error + work));
    }
    if let (Some(earlier), Some(length), false) = (
        before.critical_path_s,
        now.critical_path_s,
        entered(before, now).is_empty(),
    ) {
        all.extend(differs(
            Subject::CriticalPath,
            Figure::Length,
            (earlier, length),
            repeats,
            most + work,
        ));
    }
    all
}

/// What lies on every critical path of now, and on none of the baseline.
fn entered(before: &Recorded, now: &Recorded) -> Vec<String> {
    let mut entered: Vec<String> = Vec::new();
    for part in now.critical_paths.iter().flatten() {
        let always = now.critical_paths.iter().all(|path| path.contains(part));
        if always && !before.is_critical(part) && !entered.contains(part) {
            entered.push(part.clone());
        }
    }
    entered
}

fn other_path(before: &Recorded, now: &Recorded) -> Option<String> {
    let entered = entered(before, now);
    (!entered.is_empty()).then(|| {
        format!(
            "The critical path has changed: {} lies on it now, and did not.",
            entered.join(", ")
        )
    })
}

fn is_critical(subject: &Subject, now: &Recorded) -> bool {
    match subject {
        Subject::Step(id) => now.is_critical(id),
        Subject::Detection | Subject::Verification | Subject::CriticalPath => true,
        Subject::Runbook | Subject::Objective(_) | Subject::Data(_) => false,
    }
}

/// Whether repeats were too few for anything to be shown.
fn too_few(comparison: &Comparison, settings: &Settings) -> Option<String> {
    let few = comparison.timings.iter().find_map(|timing| match timing.call {
        Call::TooFew(needed) => Some((timing, needed)),
        _ => None,
    })?;
    let (timing, needed) = few;
    Some(format!(
        "{} against {} repeats cannot show with a confidence of {} that a step takes longer: repeat at least {needed} times, for \
         the baseline and now.",
        timing.now.len(),
        timing.before.len(),
        percent(settings.confidence)
    ))
}

/// `99 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", (share * 1_000.0).round() / 10.0)
}

fn range(figure: Figure, range: Range<f64>) -> String {
    let one = |value: f64| {
        if figure.is_time() {
            seconds(value)
        } else {
            format!("{value}")
        }
    };
    if range.least == range.most {
        one(range.most)
    } else {
        format!("{} to {}", one(range.least), one(range.most))
    }
}

/// Below a minute to the hundredth of a second, where differences are small.
fn seconds(value: f64) -> String {
    if value.abs() < 60.0 {
        format!("{value:.2} s")
    } else {
        Span::from_us((value * 1e6).round() as i64).to_string()
    }
}

fn gone_text(gone: &Gone) -> String {
    let path = if gone.on_critical_path {
        "; on the critical path"
    } else {
        ""
    };
    format!("{}: {}{path}", gone.subject, gone.text)
}

fn difference_text(difference: &Difference) -> String {
    let mut text = format!(
        "{}: {}: {}, was {}",
        difference.subject,
        difference.figure.name(),
        range(difference.figure, difference.now),
        range(difference.figure, difference.before)
    );
    if difference.on_critical_path {
        text.push_str("; on the critical path");
    }
    text
}

fn timing_text(timing: &Timing) -> String {
    use crate::statistics::median;
    let share = timing.relative.map_or(String::new(), |share| {
        format!(
            " ({}{})",
            if share < 0.0 { "-" } else { "+" },
            percent(share.abs())
        )
    });
    let mut text = format!(
        "step {}: measured time: median {}, was {}{share}",
        timing.step,
        seconds(median(&timing.now)),
        seconds(median(&timing.before)),
    );
    if let Some(p) = timing.p {
        text.push_str(&format!(", p = {p:.2e} corrected for all steps that were tested"));
    }
    text.push_str(if timing.on_critical_path {
        "; on the critical path"
    } else {
        "; not on the critical path"
    });
    text
}

#[cfg(test)]
mod tests;
