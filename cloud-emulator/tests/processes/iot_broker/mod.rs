//! The broker with real processes and other people's clients. This executable is also the broker and the
//! reaper that it starts, so it needs a main of its own.

mod bench;
mod cloud;
mod devices;
mod doors;
mod functions;
mod lives;
mod load;
mod rules;
mod sessions;
#[path = "../support/trial.rs"]
mod trial;

use std::process::ExitCode;

use cloud_emulator::iot::broker_main;
use libtest_mimic::{Arguments, Trial};
use runtime::supervisor::reaper_main;
use trial::trial;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("as-reaper") => reaper_main(),
        // A whole cloud starts its brokers as it would with our own program.
        Some("as-broker" | "broker") => {
            if let Err(error) = broker_main(&arguments[2..]) {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

fn trials() -> Vec<Trial> {
    vec![
        trial("mosquitto_clients_talk_through_the_edge", doors::mosquitto),
        trial(
            "nothing_is_lost_on_the_way_into_the_bucket",
            rules::nothing_is_lost,
        ),
        trial("a_goodbye_cuts_off_nobody_else", doors::goodbye),
        trial("the_quota_counts_in_drill_time", doors::quota),
        trial("kill_9_is_seen_at_once_and_leaves_the_marks", rules::killed),
        trial("a_bucket_that_is_gone_is_told_and_waited_for", rules::bucket_gone),
        trial("what_does_not_fit_is_dropped_and_counted", rules::dropped),
        trial("a_window_closes_a_batch_in_drill_time", rules::window),
        trial("a_broker_that_cannot_start_says_why", doors::cannot_start),
        trial("a_thousand_connections_stay_small", doors::memory),
        trial(
            "what_is_killed_is_refused_and_comes_back",
            lives::killed_and_restarted,
        ),
        trial("no_life_writes_over_another", lives::killed_many_times),
        trial("what_is_frozen_stays_and_thaws", lives::frozen),
        trial("what_is_held_down_cannot_be_started", lives::held_down),
        trial("secrets_are_not_on_the_command_line", lives::secrets),
        trial("a_rule_invokes_a_function", functions::invoked),
        trial("a_function_that_refuses_is_invoked_again", functions::tried_again),
        trial("what_a_function_can_never_take_is_dropped", functions::too_large),
        trial("a_rule_is_given_another_place", functions::another_place),
        trial("a_rule_is_given_another_bucket", functions::another_bucket),
        trial("a_newcomer_takes_over", sessions::taken_over),
        trial(
            "newcomers_are_refused_and_all_are_reset",
            sessions::refused_and_reset,
        ),
        trial("what_is_malformed_harms_nobody", sessions::malformed),
        trial("a_program_is_announced_to_all_devices", sessions::announced),
        trial(
            "topics_that_nobody_listens_to_are_no_crime",
            sessions::nobody_listens,
        ),
        trial("load_of_connects", load::connects).with_ignored_flag(true),
        trial("load_of_messages", load::messages).with_ignored_flag(true),
        trial(
            "the_cloud_of_the_main_scenario_is_up_soon",
            cloud::is_up_soon_and_as_declared,
        ),
    ]
}
