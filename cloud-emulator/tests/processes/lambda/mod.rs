//! Lambda with real processes and the real `aws` client. This executable is also the sandbox, the reaper
//! and a function of our own, so it needs a main of its own.

mod asynchronous;
mod bench;
mod cli;
mod function;
mod hostile;
mod running;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("as-reaper") => runtime::supervisor::reaper_main(),
        Some("as-sandbox") => {
            if let Err(error) = runtime::sandbox::sandbox_main(&arguments[2..]) {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
        Some("as-function") => function::main(),
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

fn trials() -> Vec<Trial> {
    fn trial(name: &str, test: fn()) -> Trial {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    }
    vec![
        trial(
            "aws_runs_a_shell_bootstrap_from_birth_to_death",
            cli::shell_bootstrap,
        ),
        trial("aws_runs_a_python_handler", cli::python_handler),
        trial("aws_throttles_by_concurrency", cli::throttled),
        trial("aws_moves_aliases_between_versions", cli::aliases),
        trial("aws_takes_code_from_s3", cli::code_from_s3),
        trial("aws_configures_events_policies_and_tags", cli::configures),
        trial(
            "a_function_of_our_own_goes_round_by_its_package",
            running::built_in,
        ),
        trial("what_takes_too_long_is_killed", running::timeout),
        trial("a_crash_is_told_and_the_next_one_is_served", running::crash),
        trial("a_start_that_fails_is_told", running::start_fails),
        trial("too_much_memory_is_the_end", running::memory),
        trial(
            "more_invocations_than_processes_wait_and_that_is_told",
            running::saturated,
        ),
        trial("idle_environments_end_in_drill_time", running::idle),
        trial("faults_strike_until_their_guard_is_dropped", running::faults),
        trial("a_silent_region_runs_nothing", running::silence),
        trial("killed_environments_fail_what_they_run", running::killed),
        trial("a_broken_deployment_can_be_rolled_back", running::broken_deploy),
        trial("nothing_is_left_behind", running::nothing_left),
        trial(
            "retries_come_in_drill_time_and_end_in_a_bucket",
            asynchronous::retries,
        ),
        trial("events_outlive_a_silent_region", asynchronous::silence),
        trial("no_event_is_unaccounted_for", asynchronous::accounted),
        trial(
            "a_function_that_may_not_run_sends_events_on",
            asynchronous::zero_concurrency,
        ),
        trial("old_events_expire", asynchronous::expire),
        trial(
            "destinations_may_be_functions",
            asynchronous::function_destination,
        ),
        trial("hostile_zips_are_refused", hostile::zips),
        trial("a_bomb_is_refused", hostile::bomb),
        trial("odd_requests_are_refused", hostile::requests),
        trial("isolated_functions_reach_the_drill_alone", hostile::isolated_all),
        trial("a_fork_bomb_is_bounded", hostile::fork_bomb),
        trial("output_without_end_is_bounded", hostile::endless_output),
    ]
}
