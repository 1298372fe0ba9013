//! Containers on a real engine, seen through the `docker` client. This executable is also the reaper, the remover of
//! containers and a program that is killed while it has some, so it needs a main of its own.
//!
//! Tests that need an engine or an image that is not here are skipped with a printed reason, and fail instead if
//! `FIREDRILL_REQUIRE_CONTAINERS` is set.

mod child;
mod docker;
mod errors;
mod gone;
mod lives;
mod registry;
#[path = "../support/trial.rs"]
mod trial;

use std::process::ExitCode;

use cloud_emulator::containers::{REMOVER, remove_main};
use libtest_mimic::{Arguments, Trial};
use trial::trial;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("as-reaper") => runtime::supervisor::reaper_main(),
        Some("as-starter") => child::starter_main(&arguments[2..]),
        Some(REMOVER) => {
            if let Err(error) = remove_main(&arguments[2]) {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

fn trials() -> Vec<Trial> {
    fn sync(name: &str, test: fn()) -> Trial {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    }
    vec![
        trial("two_regions_live_freeze_die_and_live_again", lives::two_regions),
        trial("who_dies_unasked_is_told", lives::dies_unasked),
        trial("what_is_removed_is_gone", gone::removed),
        trial("a_panic_leaves_nothing", gone::panicked),
        trial("a_start_that_nobody_waits_for_leaves_nothing", gone::cancelled),
        sync(
            "dropping_outside_of_a_runtime_leaves_nothing",
            gone::without_runtime,
        ),
        sync(
            "a_runtime_that_ends_under_a_start_leaves_nothing",
            gone::runtime_ends,
        ),
        sync("kill_9_leaves_nothing", gone::killed),
        sync(
            "kill_9_in_the_middle_of_the_start_leaves_nothing",
            gone::killed_early,
        ),
        trial("the_next_start_removes_what_is_left_and_no_more", gone::stale),
        sync("an_engine_that_is_not_there_is_named", errors::no_engine),
        trial("an_image_that_cannot_be_pulled_is_named", errors::no_image),
        trial("an_image_is_pulled_and_that_is_told", errors::pulled),
        trial("who_exits_at_once_is_told_with_its_last_words", errors::exits),
        trial("who_never_answers_is_given_up", errors::silent),
        trial("a_health_page_that_lies_is_no_service", errors::liar),
        trial("what_makes_no_sense_is_refused_at_once", errors::nonsense),
    ]
}
