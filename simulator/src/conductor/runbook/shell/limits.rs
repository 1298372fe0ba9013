//! Which limit of its sandbox a script has reached, where its end or its words tell: programs say it in words of their own,
//! or not at all, and none names the limit.

use drill::units::ByteSize;
use runtime::sandbox::{Ended, Limits};

/// Ends a process that makes a file larger than it may be.
const SIGXFSZ: i32 = 25;

/// What bash ends with when it cannot start a process.
const BASH_CANNOT_FORK: i32 = 254;

/// What shells make of a signal that ended a program.
const BY_SIGNAL: i32 = 128;

/// What is to be said of a limit, if one was reached. What a script has `said` may also be of something else.
pub(super) fn reached(ended: Ended, said: &str, limits: &Limits) -> Option<String> {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let processes = || format!("a step has at most {} processes at a time", limits.processes);
    match ended {
        Ended::Signal(SIGXFSZ) => return Some(file(limits)),
        Ended::Code(code) if code == BY_SIGNAL + SIGXFSZ => return Some(file(limits)),
        Ended::Code(BASH_CANNOT_FORK) if said.is_empty() => {
            return Some(format!(
                "bash ends so when it cannot start a process: {}",
                processes()
            ));
        }
        Ended::Code(_) | Ended::Signal(_) => {}
    }
    if says(&["Cannot fork", "fork: ", "Resource temporarily unavailable"]) {
        return Some(processes());
    }
    if says(&["No space left on device"]) {
        return Some(format!(
            "the scratch space of a step holds {}",
            ByteSize(limits.scratch_bytes)
        ));
    }
    if says(&["Too many open files"]) {
        return Some(format!("a process has at most {} open files", limits.open_files));
    }
    None
}

fn file(limits: &Limits) -> String {
    format!(
        "a file reached the limit of {} (SIGXFSZ); the scratch space of a step holds {} in all",
        ByteSize(limits.file_bytes),
        ByteSize(limits.scratch_bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named_where_the_end_or_the_words_tell() {
        let limits = Limits::default();
        let reached = |ended, said| reached(ended, said, &limits).unwrap_or_default();
        for ended in [Ended::Code(153), Ended::Signal(25)] {
            assert!(reached(ended, "").contains("limit of 1 GiB"), "{ended}");
        }
        assert!(reached(Ended::Code(254), "").contains("256 processes"));
        for said in [
            "sh: 1: Cannot fork",
            "bash: fork: retry: Resource temporarily unavailable",
        ] {
            assert!(reached(Ended::Code(2), said).contains("256 processes"), "{said}");
        }
        let full = "cp: error writing 'x': No space left on device";
        assert!(reached(Ended::Code(1), full).contains("holds 1 GiB"));
        assert!(reached(Ended::Code(1), "open: Too many open files").contains("1024 open files"));
        assert_eq!(reached(Ended::Code(254), "An error occurred (NoSuchBucket)"), "");
        assert_eq!(reached(Ended::Code(1), "no such file"), "");
        assert_eq!(reached(Ended::Signal(9), ""), "");
    }
}
