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
//! This executable is also the reaper and the function that the embedded Lambda starts.

mod expectation;
#[path = "../processes/lambda/function.rs"]
mod function;
mod lab;
mod list;
#[path = "../support/localstack.rs"]
mod localstack;
mod run;
mod table;
mod targets;

use std::process::ExitCode;

use runtime::supervisor::reaper_main;
use test_harness::{Harness, Program};

const PROGRAMS: &[Program] = &[
    ("as-reaper", |_| {
        reaper_main();
        Ok(())
    }),
    ("as-echo", |_| {
        function::main();
        Ok(())
    }),
];

fn main() -> ExitCode {
    Harness::new().programs(PROGRAMS).main()
}
