//! The forecast on the terminal: targets first, then what decides, what would help, how to see the worst live.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use drill::text::clean;
use forecast::plan::study::{Duration, Study, WorstRun};

use super::{advice, text};
use crate::terminal::{cut, wrap};
use crate::text::{count, one_line, plural};

/// So much of each list is shown; the files have all.
const MOST_DURATIONS: usize = 12;
const MOST_CHANGES: usize = 5;
const MOST_RUNS: usize = 3;
const MOST_ASSUMPTIONS: usize = 12;
/// Names in a table are cut to so many characters.
const MOST_OF_NAME: usize = 28;

/// The forecast, for a terminal of so many columns.
pub fn render(study: &Study, columns: usize) -> String {
    let columns = columns.max(60);
    let mut page = Page {
        text: String::new(),
        columns,
    };
    let title = if study.title.is_empty() {
        &study.scenario
    } else {
        &study.title
    };
    page.line(1, &format!("Forecast: {title}"));
    page.line(1, &format!("{}, modelled", text::runs(study)));
    if let Some(stopped) = text::stopped(study) {
        page.line(1, &stopped);
    }
    page.text.push('\n');
    if study.targets.is_empty() {
        page.line(3, "The scenario has no target.");
    }
    study
        .targets
        .iter()
        .for_each(|target| page.line(3, &text::line(study, target)));
    if let Some(fleet) = &study.fleet {
        let devices = plural(fleet.devices, "device");
        page.line(
            3,
            &format!(
                "Fleet: {devices}, {}, {} connects/s",
                fleet.profile,
                count(fleet.connects_per_second.into())
            ),
        );
        for back in &fleet.back {
            page.line(
                5,
                &format!(
                    "{} % back: {}",
                    back.percent,
                    text::spread(&back.after, study.runs, None, "not back")
                ),
            );
        }
    }
    findings(&mut page, study);
    decides(&mut page, study);
    helps(&mut page, study);
    worst(&mut page, study);
    assumptions(&mut page, study);
    page.text.push('\n');
    page.line(
        1,
        &format!("Modelled, not measured. {}", text::phase(study.phase)),
    );
    page.line(1, &text::calibration(study));
    clean(&page.text)
}

/// Lines that are wrapped at the edge of the terminal.
struct Page {
    text: String,
    columns: usize,
}

impl Page {
    /// A text after so many spaces; what does not fit goes on below, two further in.
    fn line(&mut self, indent: usize, text: &str) {
        let lines = wrap(text, self.columns - indent - 2);
        for (at, line) in lines.iter().enumerate() {
            let spaces = if at == 0 { indent } else { indent + 2 };
            self.text.push_str(&format!("{}{line}\n", " ".repeat(spaces)));
        }
    }

    fn heading(&mut self, text: &str) {
        self.text.push_str(&format!("\n {text}\n"));
    }

    fn more(&mut self, all: usize, shown: usize) {
        if all > shown {
            self.line(3, &format!("… and {} more, in the files", all - shown));
        }
    }
}

fn decides(page: &mut Page, study: &Study) {
    if study.durations.is_empty() {
        return;
    }
    page.heading("Which durations decide");
    let mut durations: Vec<&Duration> = study.durations.iter().collect();
    durations.sort_by(|a, b| b.share.total_cmp(&a.share));
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(page.columns - 2).unwrap_or(u16::MAX));
    table.set_header([
        "duration",
        "median",
        "95 in 100",
        "critical path",
        "share of the time",
        "rank correlation",
    ]);
    for duration in durations.iter().take(MOST_DURATIONS) {
        let strongest = strongest(duration);
        table.add_row([
            cut(&one_line(&duration.name), MOST_OF_NAME),
            text::quantile_or(&duration.length, 50, "not ended"),
            text::quantile_or(&duration.length, 95, "not ended"),
            text::percent(duration.critical),
            text::percent(duration.share),
            strongest.map_or_else(|| "–".to_owned(), text::rank),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in table.lines() {
        page.text.push_str(&format!("  {}\n", line.trim_end()));
    }
    page.more(durations.len(), MOST_DURATIONS);
}

/// The strongest of its rank correlations.
fn strongest(duration: &Duration) -> Option<f64> {
    let ranks = duration
        .correlations
        .iter()
        .filter_map(|correlation| correlation.rank);
    ranks.max_by(|a, b| a.abs().total_cmp(&b.abs()))
}

fn helps(page: &mut Page, study: &Study) {
    let changes = advice::helping(study);
    if study.what_if.is_empty() {
        return;
    }
    let runs = study.what_if.iter().map(|change| change.runs).max().unwrap_or(0);
    page.heading(&if runs < study.runs {
        format!("What would help (over the first {})", plural(runs, "disaster"))
    } else {
        "What would help".to_owned()
    });
    if changes.is_empty() {
        page.line(3, "Halving any one duration makes no target more likely.");
        if let Some(shortest) = advice::shortening(study) {
            page.line(3, &advice::what_if(shortest));
        }
    }
    changes
        .iter()
        .take(MOST_CHANGES)
        .for_each(|change| page.line(3, &advice::what_if(change)));
    page.more(changes.len(), MOST_CHANGES);
}

fn worst(page: &mut Page, study: &Study) {
    if study.worst.is_empty() {
        return;
    }
    page.heading("The longest outages, and how to drill them live");
    for run in study.worst.iter().take(MOST_RUNS) {
        page.line(3, &outage(run));
        // A command that is wrapped could not be copied.
        page.text
            .push_str(&format!("     {}\n", one_line(&text::replay(study, run.seed))));
    }
    page.more(study.worst.len(), MOST_RUNS);
    page.line(3, text::REPLAYED);
}

/// `program-delivery down for 2h 31m: declare 48m (median 5m)`.
fn outage(run: &WorstRun) -> String {
    let because: Vec<String> = run.because.iter().map(text::extreme).collect();
    let because = if because.is_empty() {
        String::new()
    } else {
        format!(": {}", because.join(", "))
    };
    format!("{} {}{because}", run.service, text::down(run))
}

fn findings(page: &mut Page, study: &Study) {
    if study.findings.is_empty() {
        return;
    }
    page.heading("What goes wrong beside the targets");
    for finding in study.findings.iter().take(MOST_ASSUMPTIONS) {
        let line = finding
            .line
            .map_or_else(String::new, |line| format!(" (line {line})"));
        page.line(3, &format!("{}{line}", text::finding(study, finding)));
    }
    page.more(study.findings.len(), MOST_ASSUMPTIONS);
}

fn assumptions(page: &mut Page, study: &Study) {
    if study.assumptions.is_empty() {
        return;
    }
    page.heading("Taken for granted");
    for assumption in study.assumptions.iter().take(MOST_ASSUMPTIONS) {
        let line = assumption
            .line
            .map_or_else(String::new, |line| format!(" (line {line})"));
        page.line(3, &format!("{}{line}", assumption.text));
    }
    page.more(study.assumptions.len(), MOST_ASSUMPTIONS);
}
