//! One list of what AWS's documentation says of its APIs, asked of every cloud that drills may run on.
//!
//! ```text
//!   list/ (expectation, AWS's page, what AWS answers, check) ──┬─► embedded cloud ──┐
//!                                                              ├─► LocalStack ──────┼─► table ──► docs/clouds.md
//!                                                              ├─► … and gateway ───┤
//!                                                              └─► any endpoint ────┘
//! ```
//!
//! A check says what it saw in one short phrase; a cloud keeps the contract where that is what AWS answers. Every
//! deviation must be explained beside its expectation, and every explanation must have its deviation. The table is
//! committed: `UPDATE_CONTRACT=1 cargo test -p cloud-emulator --test contract` writes it anew.
//!
//! LocalStack is started in containers: one that is asked as its image comes, and the same with another one for the
//! second region behind our gateway, as drills have them. `FIREDRILL_CONTRACT_URL=http://127.0.0.1:5000` asks one more
//! cloud, which keeps the buckets and functions that the checks make; its column is printed and not judged.
//!
//! This executable is also the reaper and the function that the embedded Lambda starts, so it has a main of its own.

mod expectation;
#[path = "../lambda/function.rs"]
mod function;
mod lab;
mod list;
#[path = "../support/localstack.rs"]
mod localstack;
mod run;
mod table;
mod targets;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("as-reaper") => runtime::supervisor::reaper_main(),
        Some("as-function") => function::main(),
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

fn trials() -> Vec<Trial> {
    fn trial(name: &str, test: fn() -> Result<(), String>) -> Trial {
        Trial::test(name, move || test().map_err(Into::into))
    }
    vec![
        trial("the_list_names_its_pages", list::is_sound),
        trial("every_rule_of_the_table_can_fail", table::rules_can_fail),
        trial("deviations_are_explained_and_in_the_table", run::contract),
    ]
}
