//! Whether the processes of a sandbox compute or wait, as the kernel sees it.

use std::collections::VecDeque;
use std::fs;

/// What the processes of a sandbox do.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// The process that keeps the sandbox.
    pid: u32,
}

impl Activity {
    pub(super) fn read(pid: u32) -> Activity {
        Activity { pid }
    }

    /// Whether a thread of any process computes, could if it had a processor, or waits for a disk. False where the kernel
    /// does not tell (`CONFIG_PROC_CHILDREN`), and of processes that have left what started them.
    pub fn is_computing(self) -> bool {
        let mut processes = VecDeque::from([self.pid]);
        while let Some(process) = processes.pop_front() {
            // What ends meanwhile has no files any more.
            let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
                continue;
            };
            for thread in threads.flatten() {
                let path = thread.path();
                let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
                if matches!(state(&stat), Some('R' | 'D')) {
                    return true;
                }
                let children = fs::read_to_string(path.join("children")).unwrap_or_default();
                processes.extend(
                    children
                        .split_whitespace()
                        .filter_map(|pid| pid.parse::<u32>().ok()),
                );
            }
        }
        false
    }
}

/// The state of a thread, by its `stat` (`man 5 proc`). The name before it may have any characters.
fn state(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_stands_after_the_name_whatever_the_name_is() {
        assert_eq!(state("17 (aws) S 1 17 17 0"), Some('S'));
        assert_eq!(state("17 (a) R b) D 1 17 17 0"), Some('D'));
        assert_eq!(state(""), None);
    }

    #[test]
    fn process_computes_while_it_queries() {
        assert!(Activity::read(std::process::id()).is_computing());
    }
}
