//! `forecast.html`: the recommendation, the charts, and every figure in tables.

use forecast::plan::study::{Study, Target};
use maud::{Markup, html};

use super::{advice, charts, tables, text};
use crate::html::{badge, document, section};

/// From so large a chance on a target is shown as good; a live drill takes durations at their 95th percentile, too.
const GOOD: f64 = 0.95;
/// Below this the plan misses more often than it meets.
const BAD: f64 = 0.5;

/// Renders the page.
pub fn render(study: &Study) -> String {
    document(
        &format!("Forecast: {}", study.scenario),
        html! {
            (banner(study))
            @if !study.targets.is_empty() {
                (section("recommendation", "Recommendation", html! {
                    ul class="findings" { @for target in &study.targets { (recommendation(study, target)) } }
                }))
            }
            @if !study.findings.is_empty() {
                (section("findings", "What goes wrong beside the targets", tables::findings(study)))
            }
            @for chart in charts::all(study) { (chart.section()) }
            (tables::all(study))
            (section("method", "How this was found", method(study)))
        },
    )
}

/// The target that is met least often.
fn weakest(study: &Study) -> Option<&Target> {
    study.targets.iter().min_by(|a, b| a.chance.total_cmp(&b.chance))
}

/// Class and sign for a chance.
fn tone(study: &Study, target: &Target) -> (&'static str, &'static str) {
    match target.chance {
        _ if study.runs == 0 => ("open", "?"),
        chance if chance >= GOOD => ("good", "✔"),
        chance if chance < BAD => ("bad", "✘"),
        _ => ("open", "!"),
    }
}

fn banner(study: &Study) -> Markup {
    let heading = if study.title.is_empty() {
        &study.scenario
    } else {
        &study.title
    };
    let weakest = weakest(study);
    let (tone, sign) = weakest.map_or(("open", "?"), |target| tone(study, target));
    // Targets that are met are not all: a drill fails on protections as well.
    let worst = study
        .findings
        .iter()
        .map(|finding| finding.runs)
        .max()
        .unwrap_or(0);
    let (tone, sign) = match tone {
        "good" if worst as f64 > study.runs as f64 * (1.0 - GOOD) => ("open", "!"),
        tone => (tone, sign),
    };
    let word = weakest.map_or_else(
        || "not known".to_owned(),
        |target| text::of_hundred(target.met, study.runs),
    );
    html! {
        header {
            p class="brand" { "Firedrill " span { "forecast of a plan: modelled, not measured" } }
            h1 { (heading) }
            p class="subject" { span class="mono" { (study.scenario) } " · " (text::runs(study)) }
            div class={ "verdict " (tone) } {
                p class="word" { span class="sign" aria-hidden="true" { (sign) } (word.to_uppercase()) }
                div {
                    @match weakest {
                        Some(target) => {
                            p class="why" { (advice::verdict(study, target)) }
                            p class="basis" {
                                @if study.targets.len() > 1 { "This is the target that it meets least often. " }
                                @if worst > 0 {
                                    "Beside the targets something goes wrong in " (text::part(worst, study.runs)) " of disasters. "
                                }
                                "Every figure here is modelled."
                            }
                        }
                        None => p class="why" { "The scenario has no target. Every figure here is modelled." }
                    }
                }
            }
            @if let Some(stopped) = text::stopped(study) { p class="partial" { (stopped) } }
        }
    }
}

fn recommendation(study: &Study, target: &Target) -> Markup {
    let (tone, sign) = tone(study, target);
    let further = advice::decides(study, target)
        .into_iter()
        .chain(advice::levers(study, target));
    html! {
        li class=(tone) {
            (badge(tone, sign, &text::of_hundred(target.met, study.runs)))
            div {
                p { b { (advice::verdict(study, target)) } @for sentence in further { " " (sentence) } }
                @if study.runs > 0 { p class="small" {
                    "Modelled: " (text::chance(target)) ", "
                    (text::spread(&target.figure, study.runs, Some(target.target_s), text::beyond(target.metric))) ". "
                    @for caveat in advice::caveats(study, target) { (caveat) " " }
                    span class="source" { (target.source) }
                } }
            }
        }
    }
}

fn method(study: &Study) -> Markup {
    let rows = [
        ("scenario", study.scenario.clone()),
        ("file", study.file.clone()),
        ("SHA-256 of the file", study.sha256.clone()),
        ("seed of the first disaster", study.seed.to_string()),
        ("disasters simulated", crate::text::count(study.runs)),
        ("disasters asked for", crate::text::count(study.asked)),
        ("forecast schema", study.schema.to_string()),
        ("page made by", format!("Firedrill {}", env!("CARGO_PKG_VERSION"))),
    ];
    html! {
        p {
            "The plan is played on virtual time, once for each seed: durations are drawn from what the file says of them, "
            "faults, probes, monitoring and the runbook take their course, and the times come out as a live drill would judge "
            "them. Nothing was measured. " (text::phase(study.phase)) " " (text::calibration(study))
        }
        p {
            "An interval of 95 % says how exactly so many disasters tell a chance (Wilson's score). It does not say how well the "
            "file's durations are those of your people and systems. A target is marked ✔ from 95 in 100 disasters on, and ✘ "
            "below 50. The same file and the same seed give the same figures."
        }
        div class="wide" {
            table class="evidence" { tbody {
                @for (name, value) in rows { tr { th scope="row" { (name) } td class="mono" { (value) } } }
            } }
        }
    }
}
