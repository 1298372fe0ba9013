//! The table of `docs/clouds.md`: written, read back, and what must hold of it.

use test_harness::trial;

use std::collections::HashMap;
use std::path::PathBuf;

use crate::expectation::Page;

/// A cell where a cloud answers as AWS does.
const KEPT: &str = "✓";
const BEGIN: &str = "<!-- contract: written by the contract test, from here -->";
const END: &str = "<!-- contract: to here -->";

/// One expectation, and what each cloud answered.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) aws: &'static str,
    pub(crate) page: Page,
    pub(crate) differs: Option<&'static str>,
    pub(crate) cells: Vec<String>,
}

impl Row {
    fn deviates(&self) -> bool {
        self.cells.iter().any(|cell| cell != KEPT)
    }
}

/// Rows of one kind.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// What stands in a table for what was seen.
pub(crate) fn cell(aws: &str, seen: &str) -> String {
    if aws == seen { KEPT.to_owned() } else { plain(seen) }
}

/// Text that a cell of a Markdown table can hold.
fn plain(text: &str) -> String {
    let text: Vec<&str> = text.split_whitespace().collect();
    let text = text.join(" ");
    text.replace('|', "&#124;")
        .replace('<', "&lt;")
        .replace('*', "\\*")
        .replace('_', "\\_")
}

fn expectation(what: &str, aws: &str) -> String {
    format!("{}: {}", plain(what), plain(aws))
}

/// The whole text between the markers.
pub(crate) fn render(titles: &[&str], sections: &[Section]) -> String {
    let rows = || sections.iter().flat_map(|section| &section.rows);
    let mut out = format!("{}\n", counts(titles, &rows().collect::<Vec<_>>()));
    for section in sections {
        out += &format!("\n### {}\n\n| expectation | AWS's page |", section.title);
        out += &titles
            .iter()
            .map(|title| format!(" {title} |"))
            .collect::<String>();
        out += &format!("\n|---|---|{}\n", "---|".repeat(titles.len()));
        for row in &section.rows {
            let page = format!("[{}]({})", row.page.title, row.page.url);
            let what = expectation(row.what, row.aws);
            out += &format!("| {what} | {page} | {} |\n", row.cells.join(" | "));
        }
    }
    out += "\n### Explained differences\n\n";
    for (why, whats) in explanations(rows()) {
        out += &format!("- **{}**: {why}\n", whats.join("**, **"));
    }
    format!("{}\n", out.trim_end())
}

/// Each explanation once, with what it explains.
fn explanations<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<(&'static str, Vec<String>)> {
    let mut told: Vec<(&str, Vec<String>)> = Vec::new();
    for row in rows {
        let Some(why) = row.differs else { continue };
        match told.iter_mut().find(|(known, _)| *known == why) {
            Some((_, whats)) => whats.push(plain(row.what)),
            None => told.push((why, vec![plain(row.what)])),
        }
    }
    told
}

fn counts(titles: &[&str], rows: &[&Row]) -> String {
    let kept = |column: usize| rows.iter().filter(|row| row.cells[column] == KEPT).count();
    let each: Vec<String> = titles
        .iter()
        .enumerate()
        .map(|(n, title)| format!("{title} {}", kept(n)))
        .collect();
    let apart = rows
        .iter()
        .filter(|row| row.cells.windows(2).any(|pair| pair[0] != pair[1]))
        .count();
    format!(
        "{} expectations; as AWS documents it answer: {}. The clouds answer differently in {apart}.",
        rows.len(),
        each.join(", ")
    )
}

/// What is wrong with the table, one sentence each.
pub(crate) fn problems(titles: &[&str], sections: &[Section], committed: &Committed) -> Vec<String> {
    let mut found = Vec::new();
    for row in sections.iter().flat_map(|section| &section.rows) {
        match (row.deviates(), row.differs) {
            (true, None) => {
                let seen: Vec<String> = titles
                    .iter()
                    .zip(&row.cells)
                    .map(|(title, cell)| format!("{title}: {cell}"))
                    .collect();
                found.push(format!(
                    "unexplained: {}: AWS answers «{}», seen: {}",
                    row.what,
                    row.aws,
                    seen.join("; ")
                ));
            }
            (false, Some(_)) => found.push(format!("explained, but no cloud deviates: {}", row.what)),
            _ => {}
        }
    }
    let seen = render(titles, sections);
    if committed.table != seen {
        let (then, now) = first_difference(&committed.table, &seen);
        found.push(format!(
            "docs/clouds.md is not what is seen (UPDATE_CONTRACT=1 writes it):\n  then: {then}\n  now:  {now}"
        ));
    }
    found
}

fn first_difference(then: &str, now: &str) -> (String, String) {
    let (mut then, mut now) = (then.lines(), now.lines());
    loop {
        match (then.next(), now.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return (a.unwrap_or("").to_owned(), b.unwrap_or("").to_owned()),
        }
    }
}

/// `docs/clouds.md` as it is.
pub(crate) struct Committed {
    path: PathBuf,
    before: String,
    table: String,
    after: String,
}

impl Committed {
    pub(crate) fn read() -> Result<Committed, String> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/clouds.md");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("docs/clouds.md: {error}"))?;
        Committed::parse(path, &text).ok_or_else(|| format!("docs/clouds.md lacks «{BEGIN}» or «{END}»"))
    }

    fn parse(path: PathBuf, text: &str) -> Option<Committed> {
        let (before, rest) = text.split_once(BEGIN)?;
        let (table, after) = rest.split_once(END)?;
        Some(Committed {
            path,
            before: before.to_owned(),
            table: format!("{}\n", table.trim_matches('\n')),
            after: after.to_owned(),
        })
    }

    pub(crate) fn write(&self, table: &str) -> Result<(), String> {
        let text = format!("{}{BEGIN}\n\n{table}\n{END}{}", self.before, self.after);
        std::fs::write(&self.path, text).map_err(|error| format!("docs/clouds.md: {error}"))
    }

    /// The cells of a row as it was committed.
    pub(crate) fn cells(&self, what: &str, aws: &str) -> Vec<String> {
        let wanted = expectation(what, aws);
        let rows: HashMap<&str, Vec<String>> = self
            .table
            .lines()
            .filter_map(|line| {
                let cells: Vec<&str> = line
                    .strip_prefix("| ")?
                    .strip_suffix(" |")?
                    .split(" | ")
                    .collect();
                let rest = cells.get(2..)?.iter().map(|cell| (*cell).to_owned()).collect();
                Some((*cells.first()?, rest))
            })
            .collect();
        rows.get(wanted.as_str()).cloned().unwrap_or_default()
    }
}

trial!(every_rule_of_the_table_can_fail);
/// Each rule of the table speaks up where it is broken, and only there.
fn every_rule_of_the_table_can_fail() -> Result<(), String> {
    let row = |seen: [&str; 2], differs| Row {
        what: "a | thing",
        aws: "200",
        page: Page {
            title: "A page".to_owned(),
            url: "https://example.org".to_owned(),
        },
        differs,
        cells: seen.map(|seen| cell("200", seen)).to_vec(),
    };
    let table = |seen, differs| {
        [Section {
            title: "Things",
            rows: vec![row(seen, differs)],
        }]
    };
    let titles = ["one", "two"];
    let judged = |now: &[Section], then: &[Section]| {
        let text = format!("before {BEGIN}\n\n{}\n{END} after", render(&titles, then));
        let committed = Committed::parse(PathBuf::new(), &text).expect("it has its markers");
        (
            problems(&titles, now, &committed),
            committed.cells("a | thing", "200"),
        )
    };
    let cases: [(_, _, &str); 5] = [
        (table(["200", "200"], None), table(["200", "200"], None), ""),
        (
            table(["404", "404"], None),
            table(["404", "404"], None),
            "unexplained",
        ),
        (
            table(["200", "404"], None),
            table(["200", "404"], None),
            "unexplained",
        ),
        (
            table(["200", "200"], Some("why")),
            table(["200", "200"], Some("why")),
            "no cloud deviates",
        ),
        (
            table(["200", "500"], Some("why")),
            table(["200", "404"], Some("why")),
            "is not what is seen",
        ),
    ];
    for (now, then, message) in cases {
        let (found, remembered) = judged(&now, &then);
        let as_wanted = match message {
            "" => found.is_empty(),
            message => found.len() == 1 && found[0].contains(message),
        };
        if !as_wanted || remembered != then[0].rows[0].cells {
            return Err(format!(
                "wanted «{message}», got {found:?}; remembered {remembered:?}"
            ));
        }
    }
    Ok(())
}
