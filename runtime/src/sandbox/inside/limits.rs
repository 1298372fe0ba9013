//! The kernel's limits of a process, which those that it starts inherit.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::super::spec::Limits;

/// Sets them for this process. Only system calls: it runs between fork and exec.
pub(super) fn set(limits: &Limits, processes: bool) -> io::Result<()> {
    lower(Resource::Core, Some(0))?;
    lower(Resource::Fsize, Some(limits.file_bytes))?;
    lower(Resource::Nofile, Some(limits.open_files))?;
    lower(Resource::As, limits.memory_bytes)?;
    lower(Resource::Cpu, limits.cpu_s)?;
    if processes {
        lower(Resource::Nproc, Some(limits.processes))
    } else {
        Ok(())
    }
}

fn lower(resource: Resource, to: Option<u64>) -> io::Result<()> {
    let Some(to) = to else { return Ok(()) };
    let most = getrlimit(resource).maximum.map_or(to, |most| most.min(to));
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(setrlimit(resource, limit)?)
}
