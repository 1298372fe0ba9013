//! The program itself: the last rights go, and it runs.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, setsid, umask};
use rustix::thread::{
    CapabilitySet, CapabilitySets, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_capabilities, set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use super::super::orders::Orders;
use super::ids::Ids;
use super::layers::Layers;
use super::limits;
use super::step::{Doing, Step};
use crate::supervisor::RUN_VARIABLE;

/// Starts it inside, as the child of this process.
pub(super) fn start(orders: &Orders, ids: &Ids) -> Step<Pid> {
    let mut command = command(orders);
    let limits = orders.limits.clone();
    let layers = Layers::from_orders(orders)?;
    let (user, group, changes) = (ids.user, ids.group, ids.changes);
    // SAFETY: between fork and exec only system calls are made; nothing allocates, locks or panics.
    unsafe {
        command.pre_exec(move || {
            setsid()?;
            limits::set(&limits, true)?;
            keep_descriptors()?;
            drop_rights(changes.then_some((user, group)))?;
            layers.put_on()
        });
    }
    let started = command
        .spawn()
        .doing(format_args!("run {}", orders.program.display()))?;
    Ok(Pid::from_child(&started))
}

/// Runs it in the place of this process, without a sandbox. The end of the control socket, which is closed
/// by that, shows that it runs.
pub(super) fn become_it(orders: &Orders) -> Step<()> {
    limits::set(&orders.limits, false).doing("limit it")?;
    let mut command = command(orders);
    if let Some(run) = std::env::var_os(RUN_VARIABLE) {
        // By this the reaper finds what leaves the process group.
        command.env(RUN_VARIABLE, run);
    }
    Err(command.exec()).doing(format_args!("run {}", orders.program.display()))
}

fn command(orders: &Orders) -> Command {
    let mut command = Command::new(&orders.program);
    command
        .args(&orders.args)
        .env_clear()
        .envs(orders.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&orders.folder)
        .stdin(Stdio::null());
    command
}

/// Lets the program have the three standard descriptors only: another could lead out of the sandbox.
fn keep_descriptors() -> io::Result<()> {
    // SAFETY: no memory is involved, and no descriptor is closed before the program replaces this one.
    let result = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// After this, neither the process nor what it executes has a right beyond those of its user.
fn drop_rights(change_to: Option<(u32, u32)>) -> io::Result<()> {
    umask(rustix::fs::Mode::from_raw_mode(0o022));
    set_no_new_privs(true)?;
    for number in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        match remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            Err(rustix::io::Errno::INVAL) => break, // The kernel knows no more of them.
            Err(error) => return Err(error.into()),
        }
    }
    clear_ambient_capability_set()?;
    if let Some((user, group)) = change_to {
        let (user, group) = (rustix::fs::Uid::from_raw(user), rustix::fs::Gid::from_raw(group));
        set_thread_groups(&[])?;
        set_thread_res_gid(Some(group), Some(group), Some(group))?;
        set_thread_res_uid(Some(user), Some(user), Some(user))?;
    }
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    Ok(set_capabilities(None, none)?)
}
