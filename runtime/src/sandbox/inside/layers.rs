//! System calls and file accesses that are denied to a program: the second layers of the sandbox.
//!
//! ```text
//!   namespaces     what there is to be seen and reached
//!   system calls   no sockets but those of IP and netlink, no keyrings, no rings of requests past this filter
//!   Landlock       outside of the scratch folders no file or pipe is opened for writing, made, moved or removed; where
//!                  the kernel can (version 9), no Unix socket is connected to by its path, in any folder
//! ```
//!
//! A socket of the family that virtual machines talk through (`AF_VSOCK`) belongs to no network namespace, and a Unix
//! socket is found by its path through any of them, also one that was made after the files were masked. So programs get
//! neither; before version 9 of Landlock this filter alone refuses them.
//!
//! `socketpair` makes pairs of Unix streams alone, which lead nowhere. An end of a pair for datagrams can send to any path,
//! and Linux makes such a pair also of the type `SOCK_RAW`. Pairs that keep messages apart (`SOCK_SEQPACKET`) lead nowhere
//! either; they are refused, since what is known to use them (browsers, systemd) is not what runbooks and functions run.
//!
//! Landlock goes by paths and knows no exceptions: what is shown read-only below a scratch folder, as the folder of a
//! program that itself lies in `/tmp`, is held back by its mount alone, which named pipes pass.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use landlock::{
    ABI, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    sock_filter,
};

use super::super::orders::Orders;
use super::super::spec::Scratch;
use super::mounts::SCRATCH;
use super::step::{Doing, Step};

/// The families of sockets that a program may have.
const FAMILIES: [libc::c_int; 3] = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// The types that a program may have pairs of: streams, with every set of flags that the kernel takes.
const PAIRS: [libc::c_int; 4] = [
    libc::SOCK_STREAM,
    libc::SOCK_STREAM | libc::SOCK_CLOEXEC,
    libc::SOCK_STREAM | libc::SOCK_NONBLOCK,
    libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK,
];

/// The arguments of `socket` and `socketpair`: which family, which type.
const FAMILY: u8 = 0;
const TYPE: u8 = 1;

/// Calls that lead past namespaces or past this filter: keyrings belong to a user, not to a namespace, and a ring of
/// requests makes sockets without the call.
const REFUSED: [libc::c_long; 6] = [
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// Calls that make memory which belongs to no process and lies in no file that could be counted. The kernel says that it
/// has none of them; what uses them finds another way, as on such a kernel.
const UNCOUNTED: [libc::c_long; 4] = [
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_msgget,
];

/// Calls of the 32-bit interface to 64-bit programs (x32) have this bit: they are the same calls under other numbers, of
/// which the filters know nothing. Elsewhere no call has it.
const X32: u32 = 0x4000_0000;

/// Flag of `landlock_create_ruleset`: ask for the version.
const LANDLOCK_VERSION: libc::c_uint = 1;

/// Operation of `keyctl`: a new session keyring.
const JOIN_SESSION_KEYRING: libc::c_int = 1;

/// The requested version of Landlock; an older kernel supports a part of its rights.
const LANDLOCK: ABI = ABI::V9;

/// The version of Landlock that the kernel has; `None` if it has none.
pub fn landlock() -> Option<u32> {
    // SAFETY: no memory is involved; with this flag the call answers with a number.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0,
            LANDLOCK_VERSION,
        )
    };
    u32::try_from(version).ok().filter(|version| *version > 0)
}

/// Made before the program's process is, put on there.
pub(super) struct Layers {
    filters: Vec<BpfProgram>,
    /// What Landlock allows, where the kernel has it.
    land: Option<OwnedFd>,
}

impl Layers {
    /// Those of a program in its finished view.
    pub(super) fn from_orders(orders: &Orders) -> Step<Layers> {
        Ok(Layers {
            filters: filters(orders.entrance.is_some())?,
            land: land(orders)?,
        })
    }

    /// Puts them on this process. Only system calls: it runs between fork and exec, once no rights can be gained.
    pub(super) fn put_on(&self) -> io::Result<()> {
        // Kernels without keyrings have none to leave.
        // SAFETY: no memory is involved; the name of the keyring is left out.
        unsafe {
            libc::syscall(
                libc::SYS_keyctl,
                JOIN_SESSION_KEYRING,
                std::ptr::null::<libc::c_char>(),
            )
        };
        if let Some(land) = &self.land {
            // SAFETY: no memory is involved; the descriptor is open, as it is ours.
            let put_on = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, land.as_raw_fd(), 0) };
            if put_on != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        let refused = |_| io::Error::from(io::ErrorKind::PermissionDenied);
        self.filters
            .iter()
            .try_for_each(|filter| seccompiler::apply_filter(filter).map_err(refused))
    }
}

/// `counted` if a control group counts all memory, whatever it is in.
fn filters(counted: bool) -> Step<Vec<BpfProgram>> {
    let sockets = BTreeMap::from([
        (libc::SYS_socket, vec![none_of(FAMILY, &FAMILIES)?]),
        (
            libc::SYS_socketpair,
            vec![none_of(FAMILY, &[libc::AF_UNIX])?, none_of(TYPE, &PAIRS)?],
        ),
    ]);
    let limits_of_others = BTreeMap::from([(libc::SYS_prlimit64, vec![none_of(0, &[0])?])]);
    let calls = |calls: &[libc::c_long]| calls.iter().map(|call| (*call, Vec::new())).collect();
    let mut filters = vec![
        without_x32(),
        filter(sockets, libc::EAFNOSUPPORT)?,
        // The first process inside is of the same user, and needs its files and its time to look after the others.
        filter(limits_of_others, libc::EPERM)?,
        filter(calls(&REFUSED), libc::EPERM)?,
    ];
    if !counted {
        filters.push(filter(calls(&UNCOUNTED), libc::ENOSYS)?);
    }
    Ok(filters)
}

/// Matches calls whose argument with this number is none of these.
fn none_of(argument: u8, values: &[libc::c_int]) -> Step<SeccompRule> {
    let conditions = values.iter().map(|value| {
        let value = u64::from(value.unsigned_abs());
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
    });
    let conditions: Result<Vec<_>, _> = conditions.collect();
    conditions
        .and_then(SeccompRule::new)
        .doing("describe the arguments of calls")
}

/// Answers calls of x32 with an error, as a kernel without them does.
fn without_x32() -> BpfProgram {
    let code = |parts: [u32; 3]| u16::try_from(parts.iter().sum::<u32>()).unwrap_or_default();
    let instruction = |code, jf, k| sock_filter { code, jt: 0, jf, k };
    let refused = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    vec![
        // The number of the call is what a filter is given first.
        instruction(code([libc::BPF_LD, libc::BPF_W, libc::BPF_ABS]), 0, 0),
        instruction(code([libc::BPF_JMP, libc::BPF_JGE, libc::BPF_K]), 1, X32),
        instruction(code([libc::BPF_RET, libc::BPF_K, 0]), 0, refused),
        instruction(code([libc::BPF_RET, libc::BPF_K, 0]), 0, libc::SECCOMP_RET_ALLOW),
    ]
}

/// Answers calls that match with an error. Those of another instruction set end the program.
fn filter(rules: BTreeMap<i64, Vec<SeccompRule>>, error: libc::c_int) -> Step<BpfProgram> {
    let machine = std::env::consts::ARCH.try_into().doing("know this machine")?;
    let error = SeccompAction::Errno(error.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, error, machine);
    let filter = filter.doing("describe system calls")?;
    filter.try_into().doing("make a filter of system calls")
}

/// Allows writing in the folders that are there for it, and nowhere else; Unix sockets are reached in none.
fn land(orders: &Orders) -> Step<Option<OwnedFd>> {
    let handled = AccessFs::from_write(LANDLOCK);
    let write = handled & !AccessFs::ResolveUnix;
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(handled)
        .and_then(Ruleset::create)
        .doing("describe what may be written to")?;
    let mut places: Vec<PathBuf> = ["/dev", "/proc"]
        .into_iter()
        .chain(SCRATCH)
        .map(PathBuf::from)
        .collect();
    if orders.scratch == Scratch::OnTop {
        places.push(orders.folder.clone());
    }
    let binds = orders.binds.iter().filter(|bind| bind.writable);
    places.extend(binds.map(|bind| bind.inside.clone()));
    let mut ruleset = ruleset;
    for place in places.iter().filter(|place| place.exists()) {
        let rule = beneath(place, write)?;
        ruleset = ruleset.add_rule(rule).doing("allow a folder to be written to")?;
    }
    Ok(ruleset.into())
}

fn beneath(place: &Path, write: landlock::BitFlags<AccessFs>) -> Step<PathBeneath<PathFd>> {
    let open = PathFd::new(place).doing(format_args!("open {}", place.display()))?;
    // Of a file only what can be done to a file.
    let rights = if place.is_dir() {
        write
    } else {
        write & AccessFs::from_file(LANDLOCK)
    };
    Ok(PathBeneath::new(open, rights))
}
