//! The machine itself: open files, processors, memory, disk.

use std::path::Path;

use cloud_emulator::cloud::most_devices;
use runtime::preflight;

use super::{Finding, State, finding::grouped, finding::size};
use crate::conductor::{FILES, FILES_PER_DEVICE};
use crate::run_folder;

/// The devices of the largest fleet that ships (`region-failure`).
const FLEET: u64 = 2_000;

/// What the largest drill that ships takes at its peak, and as much again (docs/benchmarks.md: 383 MiB).
const MEMORY: u64 = 768 << 20;

/// What the embedded cloud holds at most.
const STORE: u64 = 4 << 30;

/// Records of a long drill with a large fleet take some hundred megabytes.
const DISK: u64 = 1 << 30;

pub(super) fn open_files() -> Finding {
    let files = preflight::most_open_files();
    let devices = devices(files);
    let state = match files {
        files if files < FILES => State::Missing,
        _ if devices < FLEET => State::Limited,
        _ => State::Ok,
    };
    let count = match files {
        u64::MAX => "no limit".to_owned(),
        files => format!("{} for a process", grouped(files)),
    };
    let found = match state {
        State::Missing => format!("{count}: a drill takes {FILES}"),
        _ if files == u64::MAX => count,
        _ => format!("{count}: {} devices", grouped(devices)),
    };
    Finding {
        name: "open files",
        state,
        found,
        needed_for: "every drill; each device takes some",
        how_to_get:
            "raise the hard limit (ulimit -Hn 65536, LimitNOFILE= of a service, --ulimit nofile= of a \
                     container)"
                .to_owned(),
        required: true,
    }
}

/// How many devices the limits of the drill's own process and of its brokers allow.
fn devices(files: u64) -> u64 {
    most_devices(files).min(files.saturating_sub(FILES) / FILES_PER_DEVICE)
}

pub(super) fn processors() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Finding {
        name: "processors",
        state: if cores < 2 { State::Limited } else { State::Ok },
        found: match cores {
            1 => "1 core".to_owned(),
            cores => format!("{cores} cores"),
        },
        needed_for: "the rate of the clock: with one core a drill takes longer",
        how_to_get: "give it 2 cores or more".to_owned(),
        required: false,
    }
}

pub(super) fn memory() -> Finding {
    let free = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| available(&text));
    let state = match free {
        Some(free) if free >= MEMORY => State::Ok,
        _ => State::Limited,
    };
    Finding {
        name: "memory",
        state,
        found: match free {
            Some(free) => format!("{} available", size(free)),
            None => "/proc/meminfo does not say".to_owned(),
        },
        needed_for: "what the buckets hold, and the devices",
        how_to_get: format!(
            "{} do for the drills that ship, {} for the largest cloud that can be declared",
            size(MEMORY),
            size(STORE)
        ),
        required: false,
    }
}

/// `MemAvailable` in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Where runs are written by default: below the folder in which it is called.
pub(super) fn disk() -> Finding {
    let runs = run_folder::default_runs();
    let here = if runs.is_dir() { &runs } else { Path::new(".") };
    let free = preflight::writable_folder(here)
        .map_err(|error| error.to_string())
        .and_then(|()| preflight::free_space(here).map_err(|error| error.to_string()));
    let (state, found) = match free {
        Ok(free) if free >= DISK => (State::Ok, format!("{} free for runs", size(free))),
        Ok(free) => (State::Limited, format!("{} free for runs", size(free))),
        // It can be another folder: `--out`.
        Err(why) => (State::Limited, why),
    };
    Finding {
        name: "disk",
        state,
        found,
        needed_for: "the folder of a run: journal, records, reports",
        how_to_get: format!(
            "name a folder that can be written and has {} free: --out",
            size(DISK)
        ),
        required: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_memory_is_read_as_the_kernel_writes_it() {
        let text = "MemTotal:       24000000 kB\nMemFree:  1 kB\nMemAvailable:     2048 kB\n";
        assert_eq!(available(text), Some(2 << 20));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }

    #[test]
    fn a_device_takes_one_file_here_and_one_of_its_broker() {
        assert_eq!(devices(0), 0);
        assert_eq!(devices(FILES), 0);
        assert_eq!(devices(FILES + 1000), 1000);
    }
}
