//! The harness runs itself: what passes, fails, is skipped, begins first, and what a program is given.

use std::process::{Command, ExitCode, Output};

use test_harness::{Harness, Program, trial};

/// With it the tests of [`inner`] do what their names say; otherwise they pass.
const INNER: &str = "TEST_HARNESS_INNER";

const PROGRAMS: &[Program] = &[
    ("as-echo", |arguments| {
        println!("{}", arguments.join(" "));
        Ok(())
    }),
    ("as-failure", |_| Err("it cannot be done".into())),
];

fn main() -> ExitCode {
    Harness::new().programs(PROGRAMS).at_once(3).main()
}

/// Tests that other ones run.
mod inner {
    use test_harness::{installed, skip, trial};

    fn is_run() -> bool {
        std::env::var_os(super::INNER).is_some()
    }

    trial!(panics, ignored);
    fn panics() {
        assert!(!is_run(), "as told");
    }

    trial!(async returns_an_error, ignored);
    async fn returns_an_error() -> Result<(), String> {
        if is_run() {
            Err("as told".to_owned())
        } else {
            Ok(())
        }
    }

    trial!(async skips, ignored);
    async fn skips() {
        if is_run() {
            skip("there is no moon");
        }
    }

    trial!(needs_a_program, ignored);
    fn needs_a_program() {
        assert!(!is_run() || !installed("no-such-program-anywhere"));
    }

    trial!(hangs, ignored);
    fn hangs() {
        while is_run() {
            std::thread::park();
        }
    }

    trial!(meets_two_others_and_begins, ignored, slow);
    /// All three of them end only if they run at the same time.
    fn meets_two_others_and_begins() {
        if is_run() {
            super::meet();
        }
    }

    trial!(meets_two_others, ignored);
    fn meets_two_others() {
        meets_two_others_and_begins();
    }

    trial!(meets_two_others_too, ignored);
    fn meets_two_others_too() {
        meets_two_others_and_begins();
    }

    trial!(is_alone, ignored, heavy);
    fn is_alone() {
        if is_run() {
            super::alone();
        }
    }

    trial!(has_a_part_alone, ignored);
    fn has_a_part_alone() {
        if is_run() {
            // What all three do at the same time, each does alone. They do not wait for each other behind it: one that
            // has its place again keeps all places from another one, which waits for them.
            super::meet();
            test_harness::alone(super::alone);
        }
    }

    trial!(has_a_part_alone_too, ignored);
    fn has_a_part_alone_too() {
        has_a_part_alone();
    }

    trial!(has_a_part_alone_as_well, ignored);
    fn has_a_part_alone_as_well() {
        has_a_part_alone();
    }

    trial!(is_alone_as_well, ignored, heavy);
    fn is_alone_as_well() {
        is_alone();
    }
}

/// Long enough to be found at it by the other one, had that leave to run.
fn alone() {
    static HELD: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _held = HELD.try_lock().expect("another one runs");
    (0..100_000).for_each(|_| std::thread::yield_now());
}

fn meet() {
    static MEETING: std::sync::Barrier = std::sync::Barrier::new(3);
    MEETING.wait();
}

fn this(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().expect("it has a path"));
    command
        .args(arguments)
        .env_remove("FIREDRILL_REQUIRE_ALL")
        .env_remove("FIREDRILL_REQUIRE_CONTAINERS");
    command.envs(environment.iter().copied());
    command.output().expect("it can be started")
}

/// Runs the tests of [`inner`] whose names contain this: whether they passed, and what was said.
fn inner(name: &str, environment: &[(&str, &str)]) -> (bool, String) {
    let output = this(&["--ignored", name], &[&[(INNER, "1")], environment].concat());
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

trial!(tests_are_listed_with_the_paths_of_their_modules_and_slow_ones_first);
fn tests_are_listed_with_the_paths_of_their_modules_and_slow_ones_first() {
    let listed = String::from_utf8(this(&["--list"], &[]).stdout).expect("text");
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    assert_eq!(
        names.first(),
        Some(&"inner::meets_two_others_and_begins"),
        "{listed}"
    );
    for name in [
        "inner::panics",
        "a_failed_test_fails_the_run_with_its_reason",
        "an_asynchronous_test_has_a_runtime",
    ] {
        assert!(names.contains(&name), "{name} is not in {listed}");
    }
}

trial!(a_failed_test_fails_the_run_with_its_reason);
fn a_failed_test_fails_the_run_with_its_reason() {
    for test in ["inner::panics", "inner::returns_an_error"] {
        let (passed, said) = inner(test, &[]);
        assert!(
            !passed && said.contains("as told") && said.contains("1 failed"),
            "{said}"
        );
    }
}

trial!(a_skipped_test_is_shown_with_its_reason_and_fails_where_it_is_required);
fn a_skipped_test_is_shown_with_its_reason_and_fails_where_it_is_required() {
    for (test, reason) in [
        ("inner::skips", "there is no moon"),
        (
            "inner::needs_a_program",
            "no-such-program-anywhere is not installed",
        ),
    ] {
        let (passed, said) = inner(test, &[]);
        assert!(
            passed && said.contains(reason) && said.contains("1 ignored"),
            "{said}"
        );
        let (passed, said) = inner(test, &[("FIREDRILL_REQUIRE_ALL", "1")]);
        assert!(!passed && said.contains(reason), "{said}");
        let (passed, _) = inner(test, &[("FIREDRILL_REQUIRE_CONTAINERS", "1")]);
        assert!(passed, "it needs no container");
    }
}

trial!(a_test_that_hangs_ends_the_run_and_is_named);
fn a_test_that_hangs_ends_the_run_and_is_named() {
    let (passed, said) = inner("inner::hangs", &[("FIREDRILL_TEST_LIMIT", "1")]);
    assert!(
        !passed && said.contains("inner::hangs has run for more than 1 s"),
        "{said}"
    );
}

trial!(as_many_tests_run_at_once_as_the_harness_says);
fn as_many_tests_run_at_once_as_the_harness_says() {
    let (passed, said) = inner("inner::meets_two_others", &[]);
    assert!(passed && said.contains("3 passed"), "{said}");
}

trial!(no_two_heavy_tests_run_at_once);
fn no_two_heavy_tests_run_at_once() {
    let (passed, said) = inner("inner::is_alone", &[]);
    assert!(passed && said.contains("2 passed"), "{said}");
}

trial!(a_part_of_a_test_runs_alone);
fn a_part_of_a_test_runs_alone() {
    let (passed, said) = inner("inner::has_a_part_alone", &[]);
    assert!(passed && said.contains("3 passed"), "{said}");
}

trial!(a_program_is_given_its_arguments_and_its_error_is_its_exit_code);
fn a_program_is_given_its_arguments_and_its_error_is_its_exit_code() {
    let echo = this(&["as-echo", "one", "--list"], &[]);
    assert!(echo.status.success());
    assert_eq!(echo.stdout, b"one --list\n");
    let failure = this(&["as-failure"], &[]);
    assert_eq!(failure.status.code(), Some(1));
    assert_eq!(failure.stderr, b"it cannot be done\n");
}

trial!(async an_asynchronous_test_has_a_runtime);
async fn an_asynchronous_test_has_a_runtime() {
    let task = tokio::spawn(async { 2 });
    assert_eq!(task.await.expect("it does not panic"), 2);
}
