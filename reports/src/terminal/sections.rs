//! The parts of the summary, each a few lines.

use std::path::Path;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use drill::journal::{FunctionCounters, ProgramCounters, ReadinessCheck};
use drill::report::{DataSet, Objective, ObjectiveVerdict, Report, Severity, Verdict};

use super::paint::{Line, Tone, cut, wrap};
use crate::{FORMATS, text};

/// The verdict, why, and what was drilled.
pub(super) fn verdict(report: &Report, width: usize) -> Vec<Line> {
    let tone = match report.verdict {
        Verdict::Pass => Tone::GoodBanner,
        Verdict::Fail => Tone::BadBanner,
        Verdict::Inconclusive => Tone::OpenBanner,
    };
    let sign = text::verdict_sign(report.verdict);
    let banner = format!(" {sign} {} ", text::headline(report));
    // A long headline has its line for itself.
    let room = match report.exercise {
        None => width.saturating_sub(banner.chars().count() + 2),
        Some(_) => width,
    };
    let name = cut(&text::one_line(&report.scenario.name), room);
    let mut lines = match report.exercise {
        None => vec![Line::new(tone, banner).and(Tone::Strong, format!("  {name}"))],
        Some(_) => vec![Line::new(tone, banner), Line::new(Tone::Strong, name)],
    };
    lines.extend(paragraph(&text::why(report), width, Tone::Strong));
    for reason in report.reasons.iter().skip(1) {
        lines.extend(bullet("·", Tone::Plain, reason, width));
    }
    if !report.basis.text.is_empty() {
        lines.extend(bullet("≈", Tone::Open, &report.basis.text, width));
    }
    if !report.complete {
        lines.extend(paragraph(&text::partial(report), width, Tone::Open));
    }
    lines.extend(paragraph(&subject(report), width, Tone::Quiet));
    lines
}

/// `Title · seed 1 · cloud embedded · 1h 34m of drill time in 1m 18s · seal e5b1f0c27d9a`.
fn subject(report: &Report) -> String {
    let title = if report.scenario.title.is_empty() {
        String::new()
    } else {
        format!("{} · ", report.scenario.title)
    };
    format!(
        "{title}seed {} · cloud {} · {} of drill time in {} · {}",
        report.seed,
        text::cloud(report),
        text::span(report.drill_seconds),
        text::span(report.wall_seconds),
        text::seal(report)
    )
}

fn paragraph(text: &str, width: usize, tone: Tone) -> Vec<Line> {
    wrap(text, width)
        .into_iter()
        .map(|line| Line::new(tone, line))
        .collect()
}

/// A sign in its tone, and a text that hangs beside it.
fn bullet(sign: &str, tone: Tone, text: &str, width: usize) -> Vec<Line> {
    hanging(&format!(" {sign}"), tone, text, Tone::Plain, width)
}

/// A sign and a text, each in its tone; the text hangs beside the sign.
fn hanging(sign: &str, sign_tone: Tone, text: &str, tone: Tone, width: usize) -> Vec<Line> {
    let indent = sign.chars().count() + 1;
    let lines = wrap(text, width.saturating_sub(indent + 1));
    let piece = |(index, line): (usize, String)| match index {
        0 => Line::new(sign_tone, sign).and(tone, format!(" {line}")),
        _ => Line::new(tone, format!("{}{line}", " ".repeat(indent))),
    };
    lines.into_iter().enumerate().map(piece).collect()
}

fn heading(text: &str) -> Line {
    Line::new(Tone::Strong, text)
}

/// An empty table in the style of all tables here, at most `width` wide.
fn table(width: usize, header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(header.iter().copied());
    table
}

/// The objectives: a coloured verdict, a table beside it, and below each row how often its target would be met.
pub(super) fn objectives(report: &Report, width: usize) -> Vec<Line> {
    if report.objectives.is_empty() {
        return vec![heading("Objectives"), Line::new(Tone::Plain, " none were judged")];
    }
    let mut table = table(width, &["Verdict", "Objective", "Target", "Achieved", "Made of"]);
    for objective in &report.objectives {
        table.add_row([
            verdict_cell(objective.verdict),
            text::one_line(&text::objective_name(objective)),
            text::target(objective),
            text::achieved_with_error(objective),
            text::provenance(objective).unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    if let Some(verdicts) = table.column_mut(0) {
        verdicts.set_constraint(ColumnConstraint::ContentWidth);
    }
    for column in [2, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut lines = vec![heading("Objectives")];
    lines.extend(objective_rows(&table, &report.objectives, width));
    lines
}

/// How often a target would be met in many such disasters, and whether that puts this outcome in doubt.
fn chance(objective: &Objective, width: usize) -> Vec<Line> {
    let chance = text::chance(objective).into_iter();
    let other = text::other_outcome(objective).into_iter();
    chance
        .flat_map(|text| hanging("   ≈", Tone::Open, &text, Tone::Plain, width))
        .chain(other.flat_map(|text| hanging("   !", Tone::Open, &text, Tone::Strong, width)))
        .collect()
}

fn verdict_cell(verdict: ObjectiveVerdict) -> String {
    // A no-break space keeps the sign beside its word.
    format!(
        "{}\u{a0}{}",
        text::objective_sign(verdict),
        text::objective_verdict(verdict).replace(' ', "\u{a0}")
    )
}

fn objective_tone(verdict: ObjectiveVerdict) -> Tone {
    match verdict {
        ObjectiveVerdict::Pass | ObjectiveVerdict::Unaffected => Tone::Good,
        ObjectiveVerdict::Fail => Tone::Bad,
        ObjectiveVerdict::Inconclusive | ObjectiveVerdict::NotExercised => Tone::Open,
    }
}

/// The table's lines, its first column in the tone of its row, and below each row its chance; rows may take several lines.
fn objective_rows(table: &Table, objectives: &[Objective], width: usize) -> Vec<Line> {
    let mut rest = objectives.iter();
    let mut current: Option<&Objective> = None;
    let mut lines = Vec::new();
    for (index, text) in table.lines().enumerate() {
        let text = text.replace('\u{a0}', " ").trim_end().to_owned();
        let begins = index > 0 && text.starts_with(" ✔") || text.starts_with(" ✘") || text.starts_with(" ?");
        if !begins {
            let tone = if index == 0 { Tone::Quiet } else { Tone::Plain };
            lines.push(Line::new(tone, text));
            continue;
        }
        lines.extend(current.into_iter().flat_map(|above| chance(above, width)));
        current = rest.next();
        let tone = current.map_or(Tone::Plain, |objective| objective_tone(objective.verdict));
        let split = text
            .char_indices()
            .skip(2)
            .skip_while(|(at, _)| !text[*at..].starts_with("  "));
        let end = split.map(|(at, _)| at).next().unwrap_or(text.len());
        lines.push(Line::new(tone, &text[..end]).and(Tone::Plain, &text[end..]));
    }
    lines.extend(current.into_iter().flat_map(|last| chance(last, width)));
    lines
}

/// What became of the writes.
pub(super) fn data(report: &Report, width: usize) -> Vec<Line> {
    if report.exercise.is_some() {
        return Vec::new();
    }
    if report.data.is_empty() {
        return vec![heading("Data"), Line::new(Tone::Plain, " not judged")];
    }
    let mut table = table(
        width,
        &[
            "Data",
            "Counted",
            "Stable",
            "Delayed",
            "Lost",
            "Corrupted",
            "Stale",
            "Lost data spans",
        ],
    );
    for set in &report.data {
        let found = [set.stable, set.delayed, set.lost, set.corrupted, set.stale];
        let mut row = vec![text::one_line(&set.name), text::count(set.counted)];
        row.extend(found.map(|n| text::found(set, n)));
        row.push(text::rpa(set));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut lines = vec![heading("Data")];
    for (index, text) in table.lines().enumerate() {
        lines.push(Line::new(
            if index == 0 { Tone::Quiet } else { Tone::Plain },
            text.trim_end(),
        ));
    }
    for set in report.data.iter().filter(|set| !set.lost_by_hop.is_empty()) {
        lines.extend(paragraph_indented(&hops(set), width));
    }
    for set in report.data.iter().filter(|set| set.unknown > 0) {
        let text = format!(
            "{}: {} were not read back",
            set.name,
            text::plural(set.unknown, "write")
        );
        lines.extend(paragraph_indented(&text, width));
    }
    lines
}

/// `programs: 3 lost in replica`.
fn hops(set: &DataSet) -> String {
    let hops: Vec<String> = set
        .lost_by_hop
        .iter()
        .map(|(hop, n)| format!("{} lost in {hop}", text::count(*n)))
        .collect();
    format!("{}: {}", set.name, hops.join(", "))
}

fn paragraph_indented(text: &str, width: usize) -> Vec<Line> {
    wrap(text, width - 1)
        .into_iter()
        .map(|line| Line::new(Tone::Plain, format!(" {line}")))
        .collect()
}

/// DNS changes and notifications.
pub(super) fn course(report: &Report, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if !report.incidents.is_empty() {
        lines.push(heading("Incidents"));
    }
    for incident in &report.incidents {
        lines.extend(bullet("·", Tone::Plain, &text::incident(incident), width));
    }
    let missing = report
        .protections
        .iter()
        .filter(|protection| protection.holds != Some(true));
    let missing: Vec<Line> = missing
        .flat_map(|protection| {
            let (sign, word) = text::protection(protection);
            let by = protection.removed_by.as_ref();
            let by = by.map_or(String::new(), |by| format!(", removed by {by}"));
            let excused = protection.excused.as_ref();
            let excused = excused.map_or(String::new(), |why| format!(" ({why})"));
            let text = format!(
                "{} of {} {word}{by}: {}{excused}",
                text::protection_kind(protection.kind),
                protection.of,
                protection.found
            );
            bullet(sign, Tone::Bad, &text, width)
        })
        .collect();
    if !missing.is_empty() {
        lines.push(heading("Protections missing at the end"));
        lines.extend(missing);
    }
    let moves = text::moves(report);
    if !moves.is_empty() {
        lines.push(heading("Names"));
        let told = moves
            .iter()
            .flat_map(|moved| bullet("·", Tone::Plain, &moved.sentence(), width));
        lines.extend(told);
    }
    if !report.messages.is_empty() {
        lines.push(heading("Messages"));
    }
    for message in &report.messages {
        let tone = match message.in_time {
            Some(true) => Tone::Good,
            Some(false) => Tone::Bad,
            None => Tone::Open,
        };
        let text = format!(
            "{}: {} (step {})",
            message.to,
            text::notified(message),
            message.step
        );
        lines.extend(bullet(text::notification_sign(message), tone, &text, width));
    }
    lines
}

/// Human steps, notes and injects.
pub(super) fn people(report: &Report, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let performed = report.steps.iter().filter(|step| step.performed.is_some());
    let performed: Vec<Line> = performed
        .flat_map(|step| {
            let what = step.performed.as_ref().map(text::performed).unwrap_or_default();
            bullet("·", Tone::Plain, &format!("step {}: {what}", step.id), width)
        })
        .collect();
    if !performed.is_empty() {
        lines.push(heading("Steps that people performed"));
        lines.extend(performed);
    }
    if !report.injects.is_empty() {
        lines.push(heading("Injects"));
    }
    for inject in &report.injects {
        lines.extend(bullet("·", Tone::Plain, &text::inject(inject), width));
    }
    lines
}

/// Everything that a plan relies on, what does not hold first.
pub(super) fn ready(scenario: &str, checks: &[ReadinessCheck], width: usize) -> Vec<Line> {
    let holding = checks.iter().filter(|check| check.holds == Some(true)).count();
    let (tone, sign, word) = match crate::readiness::holds(checks) {
        Some(true) => (Tone::GoodBanner, "✔", "READY"),
        Some(false) => (Tone::BadBanner, "✘", "NOT READY"),
        None => (Tone::OpenBanner, "?", "CANNOT BE TOLD"),
    };
    let name = text::one_line(scenario);
    let said = format!("  {name}: {holding} of {} hold", checks.len());
    let mut lines = vec![Line::new(tone, format!(" {sign} {word} ")).and(Tone::Strong, cut(&said, width))];
    let mut checks: Vec<&ReadinessCheck> = checks.iter().collect();
    checks.sort_by_key(|check| match check.holds {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    });
    for check in checks {
        let (sign, _) = text::readiness(check);
        let tone = match check.holds {
            Some(true) => Tone::Good,
            Some(false) => Tone::Bad,
            None => Tone::Open,
        };
        lines.extend(bullet(
            sign,
            tone,
            &format!("{}: {}", check.what, check.found),
            width,
        ));
        if !check.remedy.is_empty() {
            lines.extend(hanging("   →", Tone::Open, &check.remedy, Tone::Strong, width));
        }
    }
    lines.extend(paragraph(crate::readiness::BY_CONSTRUCTION, width, Tone::Quiet));
    lines
}

/// What the plan relies on and was not there before the drill; nothing if all of it was.
pub(super) fn readiness(report: &Report, width: usize) -> Vec<Line> {
    let open = report.readiness.iter().filter(|check| check.holds != Some(true));
    let open: Vec<Line> = open
        .flat_map(|check| {
            let (sign, word) = text::readiness(check);
            let tone = if check.holds.is_none() {
                Tone::Open
            } else {
                Tone::Bad
            };
            let text = format!("{} {word}: {} {}", check.what, check.found, check.remedy);
            bullet(sign, tone, text.trim_end(), width)
        })
        .collect();
    if open.is_empty() {
        return Vec::new();
    }
    let holding = report
        .readiness
        .iter()
        .filter(|check| check.holds == Some(true))
        .count();
    let title = format!(
        "Before the drill: {holding} of {} prerequisites of the plan held",
        report.readiness.len()
    );
    std::iter::once(heading(&title)).chain(open).collect()
}

/// What became of the functions' events.
pub(super) fn functions(report: &Report, width: usize) -> Vec<Line> {
    let row = |function: &FunctionCounters| {
        let name = text::one_line(&format!("{} ({})", function.function, function.region));
        std::iter::once(name).chain(text::events(function)).collect()
    };
    let rows = report.functions.iter().map(row).collect();
    counted("Functions", "Function", &text::EVENTS, rows, width)
}

/// What became of programs on devices.
pub(super) fn programs(report: &Report, width: usize) -> Vec<Line> {
    let row = |program: &ProgramCounters| {
        let name = text::one_line(&program.program);
        std::iter::once(name).chain(text::program(program)).collect()
    };
    let rows = report.programs.iter().map(row).collect();
    counted("Programs on devices", "Program", &text::PROGRAM, rows, width)
}

/// What a fleet would do that is larger than the drilled one; modelled, as its text says.
pub(super) fn fleet(report: &Report, width: usize) -> Vec<Line> {
    let Some(larger) = text::larger_fleet(report) else {
        return Vec::new();
    };
    let mut lines = vec![heading("Fleet")];
    lines.extend(bullet("≈", Tone::Open, &larger.text, width));
    lines
}

/// A table of names and counts; nothing where there are no rows.
fn counted(title: &str, what: &str, columns: &[&str], rows: Vec<Vec<String>>, width: usize) -> Vec<Line> {
    if rows.is_empty() {
        return Vec::new();
    }
    let header: Vec<&str> = std::iter::once(what).chain(columns.iter().copied()).collect();
    let mut table = table(width, &header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut lines = vec![heading(title)];
    let tone = |index| if index == 0 { Tone::Quiet } else { Tone::Plain };
    let rows = table.lines().enumerate();
    lines.extend(rows.map(|(index, text)| Line::new(tone(index), text.trim_end())));
    lines
}

/// What the drill found.
pub(super) fn findings(report: &Report, width: usize) -> Vec<Line> {
    if report.findings.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![heading("Findings")];
    for finding in &report.findings {
        let tone = match finding.severity {
            Severity::Critical => Tone::Bad,
            Severity::Warning => Tone::Open,
            Severity::Note => Tone::Quiet,
        };
        let sign = format!(
            "{} {}",
            text::severity_sign(finding.severity),
            text::severity(finding.severity)
        );
        let about: Vec<String> = [
            ("step ", &finding.step),
            ("service ", &finding.service),
            ("fault ", &finding.fault),
            ("", &finding.source),
        ]
        .into_iter()
        .filter_map(|(what, name)| Some(format!("{what}{}", name.as_deref()?)))
        .collect();
        let about = if about.is_empty() {
            String::new()
        } else {
            format!(" ({})", about.join(", "))
        };
        lines.extend(bullet(
            &format!("{sign:<10}"),
            tone,
            &format!("{}{about}", finding.text),
            width,
        ));
    }
    lines
}

/// Which modelled durations decide.
pub(super) fn flips(report: &Report, width: usize) -> Vec<Line> {
    if report.flips.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![heading("What would flip it")];
    for flip in &report.flips {
        lines.extend(bullet("·", Tone::Plain, &text::flip(report, flip), width));
    }
    lines
}

/// Where the files are. Paths are never wrapped: they are to be copied.
pub(super) fn files(folder: Option<&Path>) -> Vec<Line> {
    let Some(folder) = folder else { return Vec::new() };
    let page = folder.join("report.html").display().to_string();
    let others: Vec<&str> = FORMATS
        .iter()
        .map(|f| f.file)
        .filter(|file| *file != "report.html")
        .collect();
    vec![
        heading("Files"),
        Line::new(Tone::Plain, format!(" {page}")),
        Line::new(Tone::Quiet, format!(" beside it: {}", others.join(", "))),
    ]
}
