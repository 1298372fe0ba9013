//! What the processes of an environment occupy, from `/proc`.

use std::fs;

/// Processes of one environment that are looked at.
const MOST_PROCESSES: usize = 2048;

/// Memory of a process and of all its descendants, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Now (`VmRSS`).
    pub(crate) resident: u64,
    /// At their peaks (`VmHWM`), added up.
    pub(crate) peak: u64,
}

/// Adds up what the tree of processes below `pid` occupies, but for its first `skipped` generations; what
/// has ended meanwhile counts nothing.
pub(crate) fn of_tree(pid: u32, skipped: usize) -> Memory {
    let mut total = Memory::default();
    let mut waiting = vec![(pid, 0)];
    let mut seen = 0;
    while let Some((pid, generation)) = waiting.pop() {
        seen += 1;
        if seen > MOST_PROCESSES {
            break;
        }
        if generation >= skipped {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            total.resident += field(&status, "VmRSS:");
            total.peak += field(&status, "VmHWM:");
        }
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.unwrap_or_default();
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        waiting.extend(children.map(|child| (child, generation + 1)));
    }
    total
}

/// A field of `/proc/PID/status` that is given in kB.
fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_occupies_something() {
        let memory = of_tree(std::process::id(), 0);
        assert!(memory.resident > 1 << 16 && memory.peak >= memory.resident / 2);
        assert_eq!(of_tree(u32::MAX, 0), Memory::default());
    }
}
