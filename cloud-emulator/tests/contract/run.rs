//! Asks every cloud the whole list, and judges what they said.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures::StreamExt;
use test_harness::trial;

use crate::expectation::Expectation;
use crate::lab::Lab;
use crate::list::{self, Group};
use crate::table::{self, Row, Section};
use crate::targets::{TARGETS, Target};

/// How long one check may take: listings that never end, functions that never start.
const CHECK: Duration = Duration::from_secs(90);
/// Checks at once.
const AT_ONCE: usize = 4;

/// What a cloud said to each expectation, in the order of the list; `None` where it is not to be had.
type Column = Option<Vec<String>>;

trial!(deviations_are_explained_and_in_the_table);
/// The contract.
fn deviations_are_explained_and_in_the_table() -> Result<(), String> {
    let groups = Arc::new(list::all());
    let mut place = 0;
    let asked = TARGETS.map(|target| {
        let groups = groups.clone();
        place += 1;
        std::thread::spawn(move || ask(&target, place, &groups))
    });
    let mut columns = Vec::new();
    for (target, asking) in TARGETS.iter().zip(asked) {
        let column = asking
            .join()
            .map_err(|_| format!("asking {} broke off", target.title))?;
        columns.push(column.map_err(|why| format!("{}: {why}", target.title))?);
    }
    print_extra(&groups, &columns);
    let committed = table::Committed::read()?;
    let sections = sections(&groups, &columns, &committed);
    let titles = committed_titles();
    println!("{}", table::render(&titles, &sections));
    if std::env::var_os("UPDATE_CONTRACT").is_some() {
        let all = TARGETS
            .iter()
            .zip(&columns)
            .all(|(target, column)| !target.committed || column.is_some());
        if !all {
            return Err("the table is not written: not every cloud of it could be asked here".to_owned());
        }
        committed.write(&table::render(&titles, &sections))?;
    }
    let problems = table::problems(&titles, &sections, &table::Committed::read()?);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

fn committed_titles() -> Vec<&'static str> {
    TARGETS
        .iter()
        .filter(|target| target.committed)
        .map(|target| target.title)
        .collect()
}

/// What each cloud of the table said; what one said when the table was written, where it is not to be had now.
fn sections(groups: &[Group], columns: &[Column], committed: &table::Committed) -> Vec<Section> {
    let judged: Vec<&Column> = TARGETS
        .iter()
        .zip(columns)
        .filter(|(target, _)| target.committed)
        .map(|(_, column)| column)
        .collect();
    let mut n = 0;
    let mut row = |expectation: &Expectation| {
        let remembered = committed.cells(expectation.what, expectation.aws);
        let cell = |(at, column): (usize, &&Column)| match column {
            Some(column) => table::cell(expectation.aws, &column[n]),
            None => remembered
                .get(at)
                .cloned()
                .unwrap_or_else(|| "not asked".to_owned()),
        };
        let cells = judged.iter().enumerate().map(cell).collect();
        n += 1;
        Row {
            what: expectation.what,
            aws: expectation.aws,
            page: expectation.page.clone(),
            differs: expectation.differs,
            cells,
        }
    };
    groups
        .iter()
        .map(|group| Section {
            title: group.title,
            rows: group.rows.iter().map(&mut row).collect(),
        })
        .collect()
}

/// The deviations of clouds that are not in the table.
fn print_extra(groups: &[Group], columns: &[Column]) {
    for (target, column) in TARGETS
        .iter()
        .zip(columns)
        .filter(|(target, _)| !target.committed)
    {
        let Some(column) = column else { continue };
        let rows = groups.iter().flat_map(|group| &group.rows);
        let deviating: Vec<_> = rows.zip(column).filter(|(row, seen)| row.aws != *seen).collect();
        println!(
            "{}: {} of {} deviate",
            target.title,
            deviating.len(),
            column.len()
        );
        for (row, seen) in deviating {
            println!("  {}\n    AWS: {}\n    seen: {seen}", row.what, row.aws);
        }
    }
}

/// Asks one cloud; names hold its place, for another one may be made of the same container.
fn ask(target: &Target, place: usize, groups: &[Group]) -> Result<Column, String> {
    let rows: Vec<&Expectation> = groups.iter().flat_map(|group| &group.rows).collect();
    let token = runtime::wall::now_us() / 1_000_000 % 1_000_000;
    let names: Vec<String> = (0..rows.len())
        .map(|n| format!("contract-{token}-{place}-{n}"))
        .collect();
    let Some(standing) = (target.stand_up)(&names)? else {
        return Ok(None);
    };
    let reach = Arc::new(standing.reach.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let seen = runtime.block_on(async {
        let checks = rows.iter().zip(names).enumerate().map(|(n, (row, name))| {
            let lab = Lab::new(reach.clone(), name);
            async move { (n, seen(row, lab).await) }
        });
        // In any order: one that waits for long should not keep the others waiting.
        let checks = futures::stream::iter(checks).buffer_unordered(AT_ONCE);
        checks.collect::<BTreeMap<usize, String>>().await
    });
    Ok(Some(seen.into_values().collect()))
}

/// What one check says; it neither hangs nor takes others with it.
async fn seen(row: &Expectation, lab: Lab) -> String {
    let check = tokio::spawn((row.check)(lab));
    let stop = check.abort_handle();
    match runtime::wall::timeout(CHECK, check).await {
        Some(Ok(Ok(seen))) => without_dates(&seen),
        Some(Ok(Err(stop))) => stop.to_string(),
        Some(Err(_)) => "the check itself failed".to_owned(),
        None => {
            stop.abort();
            format!("no end within {} s", CHECK.as_secs())
        }
    }
}

/// A cell that holds a date would be another one tomorrow.
fn without_dates(seen: &str) -> String {
    let parts = seen.split('"').map(|part| {
        let dates = [Format::HttpDate, Format::DateTime];
        if dates
            .into_iter()
            .any(|format| DateTime::from_str(part, format).is_ok())
        {
            "(a date)"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("\"")
}

trial!(a_date_is_shown_as_one_whatever_the_day);
/// The table is the same on the next day.
fn a_date_is_shown_as_one_whatever_the_day() -> Result<(), String> {
    let seen = "expiry-date=\"Tue, 01 Dec 2026 00:00:00 GMT\", at=\"2026-12-01T00:00:00Z\", size=\"3\"";
    let told = without_dates(seen);
    if told == "expiry-date=\"(a date)\", at=\"(a date)\", size=\"3\"" {
        Ok(())
    } else {
        Err(told)
    }
}
