//! Tests whose executable is also the programs that they start: a broker, a reaper, a sandbox, a function.
//!
//! ```text
//!   cargo test ──► executable ──┬─ its first argument names a program: runs that program
//!                               └─ otherwise: runs the registered tests, with libtest's command line
//! ```
//!
//! A test is a function with one line in front of it, in any module of the executable:
//!
//! ```
//! # use test_harness::trial;
//! trial!(a_sum_has_no_order);
//! fn a_sum_has_no_order() {
//!     assert_eq!(1 + 2, 2 + 1);
//! }
//!
//! trial!(async a_future_ends);
//! async fn a_future_ends() {}
//! ```
//!
//! Its name is that of the function behind the path of its module, as libtest has it. The executable is declared with
//! `harness = false`, and its `main` names the programs that it also is: see [`Harness`].
//!
//! With `FIREDRILL_TEST_TIMES` in the environment it prints how long each test took, the slowest first. A test that runs for
//! longer than 20 minutes, or than the seconds of `FIREDRILL_TEST_LIMIT`, ends the run, and is named.
//!
//! A test that needs what this machine lacks calls [`skip`], or [`installed`], and returns: it is shown as ignored, with
//! the reason, and fails instead where the environment requires it.

#![forbid(unsafe_code)]

mod needs;
mod outcome;
mod times;
mod turns;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

pub use needs::{installed, installed_for_part, skip, skip_part, skip_without_containers};
pub use outcome::TestOutcome;
pub use turns::alone;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use times::Times;
use turns::Turns;

#[doc(hidden)]
pub use inventory;

/// A program that a test executable also is: the first argument that names it, and what it does with those behind it.
pub type Program = (&'static str, fn(&[String]) -> Result<(), Box<dyn Error>>);

/// One registered test. It is made by [`trial!`].
#[doc(hidden)]
pub struct Test {
    /// The path of its module, beginning with the executable's name.
    pub module: &'static str,
    pub function: &'static str,
    pub run: fn() -> Result<(), Failed>,
    pub flags: &'static [Flag],
}

/// What is special of a test.
#[doc(hidden)]
#[allow(non_camel_case_types, reason = "as they stand in `trial!`")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    ignored,
    slow,
    heavy,
}

inventory::collect!(Test);

/// Registers a function as a test: `trial!(name)`, or `trial!(async name)` on a runtime of its own. Behind it may stand
/// `ignored`, which runs it only with `--ignored`; `slow`, which begins it before the others, so that nothing waits for
/// it at the end; and `heavy`, for those of which no two may run beside each other, and beside each only a few others.
#[macro_export]
macro_rules! trial {
    (async $function:ident $(, $flag:ident)*) => {
        $crate::trial!(@ $function, $crate::block_on($function()), $($flag)*);
    };
    ($function:ident $(, $flag:ident)*) => {
        $crate::trial!(@ $function, $function(), $($flag)*);
    };
    (@ $function:ident, $call:expr, $($flag:ident)*) => {
        $crate::inventory::submit! {
            $crate::Test {
                module: module_path!(),
                function: stringify!($function),
                run: || $crate::TestOutcome::outcome($call),
                flags: &[$($crate::Flag::$flag),*],
            }
        }
    };
}

/// A test executable.
#[derive(Clone, Copy, Debug, Default)]
pub struct Harness {
    programs: &'static [Program],
    at_once: Option<usize>,
}

impl Harness {
    /// One that is nothing but its tests, as many at once as there are processors.
    #[must_use]
    pub fn new() -> Harness {
        Harness::default()
    }

    /// It is also these programs.
    #[must_use]
    pub fn programs(self, programs: &'static [Program]) -> Harness {
        Harness { programs, ..self }
    }

    /// So many tests at once, where the command line says nothing else: for tests that wait more than they work.
    #[must_use]
    pub fn at_once(self, tests: usize) -> Harness {
        Harness {
            at_once: Some(tests),
            ..self
        }
    }

    /// Is the program that the first argument names; otherwise runs the tests.
    #[must_use]
    pub fn main(self) -> ExitCode {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let named = arguments
            .first()
            .and_then(|first| self.programs.iter().find(|(name, _)| name == first));
        let Some((_, program)) = named else {
            return self.run_tests();
        };
        match program(&arguments[1..]) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }
    }

    fn run_tests(self) -> ExitCode {
        let mut tests: Vec<&Test> = inventory::iter::<Test>.into_iter().collect();
        tests.sort_by_key(|test| (!test.flags.contains(&Flag::slow), test.module, test.function));
        let mut arguments = Arguments::from_args();
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = arguments.test_threads.or(self.at_once).unwrap_or_else(processors);
        // As long as the process: threads keep their turns.
        let turns: &'static Turns = Box::leak(Box::new(Turns::new(at_once)));
        // One that waits for its turn keeps a thread, and no other test from running.
        let waiting = tests.iter().filter(|test| test.flags.contains(&Flag::heavy));
        arguments.test_threads = Some(at_once + waiting.count().saturating_sub(1));
        let times = Arc::new(Times::default());
        times.watch();
        let trials = tests
            .into_iter()
            .map(|test| to_trial(test, turns, &times))
            .collect();
        let conclusion = libtest_mimic::run(&arguments, trials);
        times.print();
        conclusion.exit_code()
    }
}

fn to_trial(test: &'static Test, turns: &'static Turns, times: &Arc<Times>) -> Trial {
    // Without the name of the executable, as libtest has it.
    let name = match test.module.split_once("::") {
        Some((_, module)) => format!("{module}::{}", test.function),
        None => test.function.to_owned(),
    };
    let (times, title) = (times.clone(), name.clone());
    Trial::ignorable_test(name, move || {
        turns.run(test.flags.contains(&Flag::heavy), || {
            // Of a test that failed on this thread after it was to be skipped.
            needs::take_skipped();
            let result = times.measure(&title, test.run);
            let skipped = needs::take_skipped();
            result.map(|()| match skipped {
                Some(reason) => Completion::ignored_with(reason),
                None => Completion::Completed,
            })
        })
    })
    .with_ignored_flag(test.flags.contains(&Flag::ignored))
}

/// Runs a test on a runtime of two threads.
#[doc(hidden)]
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(test)
}
