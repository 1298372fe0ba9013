//! Process 1 of the sandbox: makes the place, starts the program, buries orphans. When it dies, the kernel
//! kills everything inside.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::process::exit;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{DumpableBehavior, Pid, Signal, WaitOptions};
use rustix::process::{set_dumpable_behavior, set_parent_process_death_signal, wait};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use super::super::control::{self, Message};
use super::super::orders::Orders;
use super::account::{self, Account};
use super::ids::Ids;
use super::step::{Doing, Step};
use super::{mounts, network, program};
use crate::wall;

/// Signals that end a program, and the signal of an ended child.
const SIGNALS: [libc::c_int; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGCHLD];

/// Keeps the signals for [`next_signal`].
pub(super) fn block_signals() {
    let set = signals();
    // SAFETY: the set is initialised and lives until the call returns; no old set is requested.
    unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
}

fn signals() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initialises the set; the signals exist.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in SIGNALS {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

/// Sends a signal to all processes inside, but to this one.
fn to_all(signal: libc::c_int) {
    // SAFETY: no memory is involved; -1 stands for all processes that are visible, but this one.
    unsafe { libc::kill(-1, signal) };
}

/// Waits for one of the blocked signals, at most for `limit` if there is one.
fn next_signal(limit: Option<Duration>) -> Option<libc::c_int> {
    let set = signals();
    let Some(limit) = limit else {
        let mut signal = 0;
        // SAFETY: the set is initialised, and the number is written into a variable that is ours.
        unsafe { libc::sigwait(&raw const set, &raw mut signal) };
        return Some(signal);
    };
    let limit = libc::timespec {
        tv_sec: limit.as_secs().cast_signed(),
        tv_nsec: i64::from(limit.subsec_nanos()),
    };
    // SAFETY: set and time are initialised; a null `info` is allowed.
    let signal = unsafe { libc::sigtimedwait(&raw const set, std::ptr::null_mut(), &raw const limit) };
    (signal > 0).then_some(signal)
}

/// Does not return: this process is a fork.
pub(super) fn run(
    orders: &Orders,
    ids: &Ids,
    folder: Option<OwnedFd>,
    alive: &OwnedFd,
    control: &OwnedFd,
) -> ! {
    let (program, listeners, account) = match begin(orders, ids, folder, alive) {
        Ok(begun) => begun,
        Err(reason) => {
            // If this cannot be sent, the parent has ended.
            let _ = control::send(control.as_fd(), &Message::Failed(reason));
            exit(1);
        }
    };
    if control::send(control.as_fd(), &Message::Runs(listeners)).is_err() {
        exit(1);
    }
    let status = look_after(program, account.as_ref(), control);
    let _ = control::send(control.as_fd(), &Message::Ended(status));
    exit(0);
}

/// The program, the listeners for what it may connect to, and what counts its memory, if that is to be done here.
type Begun = (Pid, Vec<OwnedFd>, Option<Account>);

fn begin(orders: &Orders, ids: &Ids, folder: Option<OwnedFd>, alive: &OwnedFd) -> Step<Begun> {
    set_parent_process_death_signal(Some(Signal::KILL)).doing("be killed with the parent")?;
    if hung_up(alive) {
        return Err("the parent is gone".to_owned());
    }
    mounts::build(orders, ids, folder)?;
    rustix::system::sethostname(b"sandbox").doing("name the host")?;
    let listeners = network::listen(&orders.endpoints)?;
    // In a control group the kernel counts.
    let most = orders.limits.together_bytes.filter(|_| orders.entrance.is_none());
    let account = most.map(Account::open).transpose()?;
    let program = program::start(orders, ids)?;
    // It may send signals to processes of another user, nothing more; and it has no files to be looked at.
    let rest = CapabilitySets {
        effective: CapabilitySet::KILL,
        permitted: CapabilitySet::KILL,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, rest).doing("drop the capabilities")?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).doing("hide the memory")?;
    Ok((program, listeners, account))
}

/// Whether the other end of a pipe is gone.
fn hung_up(end: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(end, PollFlags::empty())];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut fds, Some(&at_once)).is_ok_and(|n| n > 0)
}

/// Reaps child processes until the program ends: its wait status. A request to end is passed on to all processes inside,
/// and those that together exceed the memory limit are killed.
fn look_after(program: Pid, account: Option<&Account>, control: &OwnedFd) -> i32 {
    let mut next = account.map(|_| wall::mono().after(account::INTERVAL));
    loop {
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if pid == program {
                return status.as_raw();
            }
        }
        // However many end meanwhile: a program that starts and ends processes all the time is counted, too.
        let left = next.map(|due| due.since(wall::mono()));
        match next_signal(left) {
            Some(libc::SIGCHLD) | None => {}
            Some(signal) => to_all(signal),
        }
        if let Some(account) = account
            && next.is_some_and(|due| wall::mono() >= due)
        {
            next = Some(wall::mono().after(account::INTERVAL));
            if account.is_exceeded() {
                // If this cannot be sent, the parent has ended.
                let _ = control::send(control.as_fd(), &Message::Exceeded);
                to_all(libc::SIGKILL);
            }
        }
    }
}
