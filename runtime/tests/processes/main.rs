//! The supervisor and the sandbox with real processes. This executable is also the reaper, the sandbox's first
//! process, and programs that are killed, ask or follow the clock.

mod sandbox;
mod supervisor;

use std::process::ExitCode;

use runtime::sandbox::sandbox_main;
use runtime::supervisor::reaper_main;
use test_harness::{Harness, Program};

const PROGRAMS: &[Program] = &[
    ("as-reaper", |_| {
        reaper_main();
        Ok(())
    }),
    ("as-sandbox", |_| Ok(sandbox_main()?)),
    ("as-asker", |_| {
        sandbox::users::asker_main();
        Ok(())
    }),
    ("as-parent-of-sandbox", |_| {
        sandbox::processes::parent_main();
        Ok(())
    }),
    ("as-parent-without-reaper", |_| {
        sandbox::processes::parent_without_reaper_main();
        Ok(())
    }),
    ("as-parent", |_| {
        supervisor::parent_main();
        Ok(())
    }),
    ("as-parent-of-deep-folder", |arguments| {
        supervisor::deep_main(&arguments[0]);
        Ok(())
    }),
    ("as-follower", |arguments| {
        supervisor::follower_main(&arguments[0]);
        Ok(())
    }),
];

fn main() -> ExitCode {
    // A variable of the user's environment, which no program in a sandbox may get.
    // SAFETY: this process has one thread yet.
    unsafe { std::env::set_var("HOST_SECRET", "of-the-host") };
    Harness::new().programs(PROGRAMS).main()
}
