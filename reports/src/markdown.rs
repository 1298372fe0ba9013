//! `summary.md`: what fits into a comment on a pull request, the verdict first.
//!
//! Text from scenarios and services is escaped: it can neither end a table's cell nor become markup. A
//! comment has a limit (65,536 characters on the common hosts), so findings and steps beyond a number are
//! counted and left to the page.

use std::fmt::Write as _;

use drill::report::{DataSet, Finding, Judged, Report, Verdict};

use crate::text;

/// More findings than this are only counted.
const FINDINGS: usize = 25;
/// More names, messages and functions than this are left to the page.
const ROWS: usize = 20;
/// A longer text is cut.
const LONGEST: usize = 400;

/// Renders `summary.md`.
pub(crate) fn render(judged: &Judged) -> String {
    let report = &judged.report;
    let sections = [
        heading(report),
        objectives(report),
        chances(report),
        findings(report),
        data(report),
        moves(report),
        messages(report),
        people(report),
        functions(report),
        programs(report),
        fleet(report),
        flips(report),
        footer(report),
    ];
    let mut text = sections.into_iter().flatten().collect::<Vec<_>>().join("\n");
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Any text as one line of plain text.
pub(crate) fn plain(text: &str) -> String {
    let line = text::one_line(text);
    let cut: String = line.chars().take(LONGEST).collect();
    let mut escaped = String::with_capacity(cut.len());
    for c in cut.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            // A zero-width joiner keeps `@name` from notifying a user.
            '@' => escaped.push_str("@\u{200d}"),
            c => escaped.push(c),
        }
    }
    if line.chars().count() > LONGEST {
        escaped.push('…');
    }
    escaped
}

/// What stands at the beginning of a line, and could be read as a list, a rule or a heading there.
pub(crate) fn paragraph(text: &str) -> String {
    let text = plain(text);
    let text = text.trim_start();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    match text[digits..].chars().next() {
        Some('-' | '+' | '=') if digits == 0 => format!("\\{text}"),
        Some('.' | ')') if digits > 0 => format!("{}\\{}", &text[..digits], &text[digits..]),
        _ => text.to_owned(),
    }
}

fn heading(report: &Report) -> Option<String> {
    let sign = match report.verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Inconclusive => "❔",
    };
    let verdict = text::headline(report);
    let partial = if report.complete { "" } else { " (partial)" };
    let mut text = format!(
        "## {sign} {verdict}{partial}: {}\n\n",
        plain(&report.scenario.name)
    );
    if !report.scenario.title.is_empty() {
        writeln!(text, "{}\n", paragraph(&report.scenario.title)).ok()?;
    }
    if !report.complete {
        writeln!(text, "**{}**\n", plain(&text::partial(report))).ok()?;
    }
    writeln!(text, "{}", paragraph(&text::why(report))).ok()?;
    for reason in report.reasons.iter().skip(1) {
        write!(text, "\n- {}", paragraph(reason)).ok()?;
    }
    if !report.basis.text.is_empty() {
        write!(text, "\n\n**{}**", plain(&report.basis.text)).ok()?;
    }
    Some(text.trim_end().to_owned() + "\n")
}

/// Human steps and injects.
fn people(report: &Report) -> Option<String> {
    let steps = report.steps.iter().filter_map(|step| {
        let performed = text::performed(step.performed.as_ref()?);
        Some(format!("- step {}: {}", plain(&step.id), plain(&performed)))
    });
    let injects = report.injects.iter();
    let injects = injects.map(|inject| format!("- told {}", plain(&text::inject(inject))));
    let rows: Vec<String> = steps.chain(injects).collect();
    let more = rows.len().saturating_sub(ROWS);
    if rows.is_empty() {
        return None;
    }
    let mut text = format!("**People**\n\n{}\n", rows[..rows.len() - more].join("\n"));
    if more > 0 {
        writeln!(text, "- and {more} more").ok()?;
    }
    Some(text)
}

fn objectives(report: &Report) -> Option<String> {
    if report.objectives.is_empty() {
        return Some("No objectives were judged.\n".to_owned());
    }
    let mut text = "| | Objective | Target | Achieved | Made of |\n|---|---|--:|--:|---|\n".to_owned();
    for objective in &report.objectives {
        let verdict = objective.verdict;
        writeln!(
            text,
            "| {} {} | {} | {} | {} | {} |",
            text::objective_sign(verdict),
            text::objective_verdict(verdict),
            plain(&text::objective_name(objective)),
            text::target(objective),
            text::achieved_with_error(objective),
            text::provenance(objective).map_or("–".to_owned(), |p| plain(&p)),
        )
        .ok()?;
    }
    Some(text)
}

/// How often each target would be met in many such disasters: sentences, for which the table has no room.
fn chances(report: &Report) -> Option<String> {
    let method = text::chance_method(report)?;
    let mut text = format!("Modelled: how often each target would be met in {method}.\n\n");
    for objective in &report.objectives {
        let Some(chance) = text::chance(objective) else {
            continue;
        };
        let name = plain(&text::objective_name(objective));
        write!(text, "- {name}: {}", plain(&chance)).ok()?;
        if let Some(other) = text::other_outcome(objective) {
            write!(text, "; **{}**", plain(&other)).ok()?;
        }
        text.push('\n');
    }
    Some(text)
}

fn findings(report: &Report) -> Option<String> {
    if report.findings.is_empty() {
        return None;
    }
    let mut text = format!(
        "### {}\n\n",
        text::plural(report.findings.len() as u64, "finding")
    );
    for finding in report.findings.iter().take(FINDINGS) {
        let about = about(finding);
        writeln!(
            text,
            "- **{}**{about}: {}",
            text::severity(finding.severity),
            plain(&finding.text)
        )
        .ok()?;
    }
    if report.findings.len() > FINDINGS {
        writeln!(
            text,
            "- and {} more in `report.html`",
            report.findings.len() - FINDINGS
        )
        .ok()?;
    }
    Some(text)
}

/// ` (step restore, plan:151)`.
fn about(finding: &Finding) -> String {
    let parts: Vec<String> = [
        ("step ", &finding.step),
        ("service ", &finding.service),
        ("fault ", &finding.fault),
        ("", &finding.source),
    ]
    .into_iter()
    .filter_map(|(what, name)| Some(format!("{what}{}", plain(name.as_deref()?))))
    .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}

fn data(report: &Report) -> Option<String> {
    if report.data.is_empty() {
        // Where nothing was broken, no data was at stake.
        return report
            .exercise
            .is_none()
            .then(|| "The data was not judged.\n".to_owned());
    }
    let mut text = "### Data\n\n| Data set | Counted | Stable | Delayed | Lost | Corrupted | Stale | Lost data spans |\n\
                    |---|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for set in &report.data {
        let counted = text::count(set.counted);
        let [stable, delayed, lost, corrupted, stale] =
            [set.stable, set.delayed, set.lost, set.corrupted, set.stale].map(|n| text::found(set, n));
        writeln!(
            text,
            "| {} | {counted} {} | {stable} | {delayed} | {lost}{} | {corrupted} | {stale} | {} |",
            plain(&set.name),
            plain(&set.counted_from),
            hops(set),
            text::rpa(set)
        )
        .ok()?;
    }
    Some(text)
}

/// ` (outbox 12, replica 3)`.
fn hops(set: &DataSet) -> String {
    let hops: Vec<String> = set
        .lost_by_hop
        .iter()
        .map(|(hop, n)| format!("{} {}", plain(hop), text::count(*n)))
        .collect();
    if hops.is_empty() {
        String::new()
    } else {
        format!(" ({})", hops.join(", "))
    }
}

fn moves(report: &Report) -> Option<String> {
    let moves = text::moves(report);
    let mut text = "### Names\n\n".to_owned();
    for moved in moves.iter().take(ROWS) {
        writeln!(text, "- {}", plain(&moved.sentence())).ok()?;
    }
    (!moves.is_empty()).then_some(text)
}

fn messages(report: &Report) -> Option<String> {
    let mut text = "### Messages\n\n".to_owned();
    for message in report.messages.iter().take(ROWS) {
        let (sign, told) = (text::notification_sign(message), text::notified(message));
        let (to, step) = (plain(&message.to), plain(&message.step));
        writeln!(text, "- {sign} {to}: {} (step {step})", plain(&told)).ok()?;
    }
    (!report.messages.is_empty()).then_some(text)
}

fn functions(report: &Report) -> Option<String> {
    let head = text::EVENTS.join(" | ");
    let mut text = format!(
        "### Functions\n\n| Function | {head} |\n|---|{}\n",
        "--:|".repeat(text::EVENTS.len())
    );
    for function in report.functions.iter().take(ROWS) {
        let name = format!("{} ({})", plain(&function.function), plain(&function.region));
        writeln!(text, "| {name} | {} |", text::events(function).join(" | ")).ok()?;
    }
    (!report.functions.is_empty()).then_some(text)
}

fn programs(report: &Report) -> Option<String> {
    let head = text::PROGRAM.join(" | ");
    let mut text = format!(
        "### Programs on devices\n\n| Program | {head} |\n|---|{}\n",
        "--:|".repeat(text::PROGRAM.len())
    );
    for program in report.programs.iter().take(ROWS) {
        let cells = text::program(program).join(" | ");
        writeln!(text, "| {} | {cells} |", plain(&program.program)).ok()?;
    }
    (!report.programs.is_empty()).then_some(text)
}

fn fleet(report: &Report) -> Option<String> {
    let larger = text::larger_fleet(report)?;
    Some(format!("### Fleet\n\n{}\n", paragraph(&larger.text)))
}

fn flips(report: &Report) -> Option<String> {
    if report.flips.is_empty() {
        return None;
    }
    let mut text = "### What would flip it\n\n".to_owned();
    for flip in &report.flips {
        writeln!(text, "- {}", plain(&text::flip(report, flip))).ok()?;
    }
    Some(text)
}

fn footer(report: &Report) -> Option<String> {
    Some(format!(
        "<sub>seed {} · cloud {} · {} of drill time in {} · started {} · scenario {} · {}</sub>\n",
        report.seed,
        plain(&text::cloud(report)),
        text::span(report.drill_seconds),
        text::span(report.wall_seconds),
        plain(&report.started_at),
        plain(&report.scenario.sha256.chars().take(12).collect::<String>()),
        plain(&text::seal(report)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn summaries_put_the_verdict_first() {
        for (name, judged) in fixtures::all() {
            insta::assert_snapshot!(format!("summary-{name}"), render(&judged));
        }
    }

    #[test]
    fn hostile_text_ends_no_cell_and_becomes_no_markup() {
        let text = render(&fixtures::hostile());
        assert!(!text.contains("<script") && !text.contains('\u{1b}'));
        let columns = |line: &str| line.replace("\\|", "").matches('|').count();
        let rows: Vec<_> = text.lines().filter(|l| l.starts_with('|')).collect();
        assert!(rows.len() > 8);
        assert!(rows.iter().all(|row| matches!(columns(row), 6 | 9)), "{text}");
    }

    #[test]
    fn list_syntax_in_text_is_escaped() {
        assert_eq!(paragraph("1. first"), "1\\. first");
        assert_eq!(paragraph("- item"), "\\- item");
        assert_eq!(paragraph("30 writes"), "30 writes");
        assert_eq!(paragraph("# title"), "\\# title");
    }

    #[test]
    fn it_fits_into_a_comment() {
        let mut judged = fixtures::hostile();
        let finding = judged.report.findings[0].clone();
        judged.report.findings = vec![
            Finding {
                text: "word ".repeat(2000),
                ..finding
            };
            500
        ];
        assert!(render(&judged).chars().count() < 65_536);
    }
}
