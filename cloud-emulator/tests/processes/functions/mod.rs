//! Our own functions as processes, between a Runtime API of this test and an embedded S3 behind its gateway.
//! This executable is also the functions that it starts, so it needs a main of its own.
//!
//! ```text
//!   test ──event──► RuntimeApi ◄──next, answer── function (a process) ──► gateway ─► store
//!                                                        └───────────────► IotData
//! ```

mod aws_cli;
mod bench;
mod ends;
mod ingest;
mod iot_door;
mod process;
mod runtime_api;
mod speed;
#[path = "../support/trial.rs"]
mod trial;
mod validator;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use trial::trial;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, name] = &arguments[..]
        && role == "as-function"
    {
        return match cloud_emulator::functions::function_main(name) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    vec![
        trial("a_batch_becomes_the_object_of_its_rule", ingest::object),
        trial("an_event_that_comes_again_writes_the_same", ingest::again),
        trial("errors_of_s3_are_errors_of_the_function", ingest::refused),
        trial("malformed_events_are_refused", ingest::malformed),
        trial("valid_programs_are_announced", validator::announced),
        trial(
            "programs_of_a_bucket_are_read_and_bounded",
            validator::from_bucket,
        ),
        trial("hostile_programs_leave_the_function_alive", validator::hostile),
        trial("an_iot_that_refuses_is_an_error", validator::iot_refuses),
        trial("the_aws_client_publishes", aws_cli::publishes),
        trial("a_function_ends_with_its_runtime_api", ends::api_gone),
        trial("a_function_ends_with_its_stdin", ends::stdin_closed),
        trial("no_invocation_outlives_its_deadline", ends::deadline),
        trial("a_function_says_what_it_lacks", ends::lacks),
        trial("a_warm_function_keeps_its_connection", speed::one_connection),
        trial("what_an_invocation_costs", speed::figures).with_ignored_flag(true),
    ]
}
