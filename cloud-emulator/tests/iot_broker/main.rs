//! The broker with real processes and other people's clients. This executable is also the broker and the
//! reaper that it starts, so it needs a main of its own.

mod bench;
mod cloud;
mod devices;
mod doors;
mod rules;

use std::process::ExitCode;

use cloud_emulator::iot::broker_main;
use libtest_mimic::{Arguments, Trial};
use runtime::supervisor::reaper_main;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("as-reaper") => reaper_main(),
        Some("as-broker") => {
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
    fn trial<F: Future<Output = ()>>(name: &str, test: impl FnOnce() -> F + Send + 'static) -> Trial {
        Trial::test(name, move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()?;
            runtime.block_on(test());
            Ok(())
        })
    }
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
            "the_cloud_of_the_main_scenario_is_up_soon",
            cloud::is_up_soon_and_as_declared,
        ),
    ]
}
