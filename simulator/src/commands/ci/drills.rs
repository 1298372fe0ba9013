//! All drills of a suite: several at once, and none after a signal.

use std::sync::Arc;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use reports::suite::{Drill, Drilled, NoReport};
use runtime::supervisor::Supervisor;
use runtime::wall;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::arguments::Ci;
use super::children;
use super::item::{Item, OfScenario};
use super::show::Show;
use super::work::Work;
use crate::exit::Failure;
use crate::output;

/// How long drills have to end, once a signal was passed on, before they are killed.
const GRACE: std::time::Duration = std::time::Duration::from_secs(60);

/// Runs all drills, in the order of the suite. True if a signal ended it.
///
/// # Errors
/// If drills cannot be started at all.
pub(super) async fn run(arguments: &Ci, work: &Work) -> Result<(Vec<OfScenario>, bool), Failure> {
    let exe =
        std::env::current_exe().map_err(|error| Failure::environment("cannot find my own program", error))?;
    let supervisor =
        Supervisor::new(&exe, &["reaper".into()]).map_err(|error| Failure::Environment(error.to_string()))?;
    let supervisor = Arc::new(supervisor);
    let listen =
        |kind| signal(kind).map_err(|error| Failure::environment("cannot listen for signals", error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let drills = match work.drills().len() {
        1 => "1 drill".to_owned(),
        n => format!("{n} drills"),
    };
    output::note(format_args!("firedrill: {drills} in {}", work.out.display()));
    let (show, stop) = (Show::new(work), CancellationToken::new());
    let (started, turns) = (wall::now_us(), Semaphore::new(work.jobs as usize));
    let one = |(place, n): (usize, u32)| {
        let item = &work.scenarios[place];
        let (supervisor, exe, turns, stop, show) = (&supervisor, &exe, &turns, &stop, &show);
        let weight = if item.alone { work.jobs } else { 1 };
        // The turns are taken in the order of the suite: the semaphore is fair, and this is polled in that order at first.
        let turn = turns.acquire_many(weight);
        async move {
            let turn = stop.run_until_cancelled(turn).await;
            let drill = match turn {
                Some(Ok(_turn)) if !stop.is_cancelled() => {
                    let shown = show.show_drill(item, n);
                    let folder = work.folder(place, n);
                    children::drill(supervisor, exe, arguments, item, &folder, shown).await
                }
                _ => Ok(never()),
            };
            drill.map(|drill| ((place, n), drill))
        }
    };
    let mut all: FuturesUnordered<_> = FuturesUnordered::new();
    let mut ended = Vec::new();
    for drill in work.drills() {
        let mut drill = Box::pin(one(drill));
        match (&mut drill).now_or_never() {
            Some(drill) => ended.push(drill),
            None => all.push(drill),
        }
    }
    loop {
        tokio::select! {
            next = all.next() => match next {
                Some(drill) => ended.push(drill),
                None => break,
            },
            _ = interrupt.recv() => pass_on(&supervisor, &stop, Signal::INT),
            _ = terminate.recv() => pass_on(&supervisor, &stop, Signal::TERM),
        }
        if ended.iter().any(Result::is_err) && !stop.is_cancelled() {
            pass_on(&supervisor, &stop, Signal::TERM);
        }
    }
    drop(all);
    show.finish();
    supervisor.shutdown(GRACE).await;
    let mut ended = ended.into_iter().collect::<Result<Vec<_>, Failure>>()?;
    ended.sort_by_key(|(drill, _)| *drill);
    Ok((by_scenario(work, ended, started), stop.is_cancelled()))
}

/// Nothing more begins, and what runs is asked to end; a second signal kills it.
fn pass_on(supervisor: &Supervisor, stop: &CancellationToken, signal: Signal) {
    let again = stop.is_cancelled();
    stop.cancel();
    for child in supervisor.running() {
        if again { child.kill() } else { child.signal(signal) }
    }
}

/// A drill that a signal kept from beginning.
fn never() -> Drill {
    Drill {
        wall_s: 0.0,
        result: Err(NoReport {
            exit: Some(130),
            why: "the suite was interrupted before this drill began".to_owned(),
        }),
    }
}

fn by_scenario(work: &Work, ended: Vec<((usize, u32), Drill)>, started_us: i64) -> Vec<OfScenario> {
    let mut drills: Vec<Vec<Drill>> = work.scenarios.iter().map(|_| Vec::new()).collect();
    for ((place, _), drill) in ended {
        drills[place].push(drill);
    }
    let suite = jiff::Timestamp::from_microsecond(started_us).unwrap_or_default();
    let of = |(item, drills): (&Item, Vec<Drill>)| {
        let reports = drills.iter().filter_map(|drill| drill.result.as_ref().ok());
        let first = reports.map(|report| report.started_at.clone()).min();
        let started = first.unwrap_or_else(|| suite.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        OfScenario {
            drilled: Drilled::new(&item.scenario, drills, started),
            scenario: item.scenario.clone(),
            context: item.context.clone(),
        }
    };
    work.scenarios.iter().zip(drills).map(of).collect()
}
