//! A network of the test's own that leads nowhere: what is sent to any address but loopback comes out of a TUN
//! device, and the test is at the other end of it.
//!
//! ```text
//!   the program and its children ─┬─► lo
//!                                 └─► outside (TUN) ──► read here, never answered
//! ```

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change};
use rustix::thread::{UnshareFlags, gettid, unshare_unsafe};

use super::skip;

/// The device's name.
const DEVICE: &str = "outside";

/// The server that names are asked of.
pub(crate) const NAME_SERVER: &str = "203.0.113.53";

/// Where daemons answer for names through sockets, which lead out of any network.
const NAME_DAEMONS: [&str; 2] = ["/run/systemd/resolve", "/run/nscd"];

/// What `ip` is told. The device gets no address of version 6, since the kernel would greet its neighbours.
const NETWORK: &str = "link set lo up
link set dev outside addrgenmode none
addr add 203.0.113.2/24 dev outside
link set dev outside up
route add default dev outside";

/// Not to be had everywhere.
const NETWORK_6: &str = "-6 addr add fd00:1::1/128 dev lo nodad
-6 route add default dev outside";

/// A packet that would have left the machine.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    to: Option<IpAddr>,
    protocol: u8,
    port: Option<u16>,
    bytes: Vec<u8>,
}

impl Packet {
    fn read(bytes: Vec<u8>) -> Packet {
        let four = |at: usize| <[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok();
        let sixteen = |at: usize| <[u8; 16]>::try_from(bytes.get(at..at + 16)?).ok();
        let first = bytes.first().copied().unwrap_or_default();
        let (to, protocol, header) = match first >> 4 {
            4 => (
                four(16).map(|to| Ipv4Addr::from(to).into()),
                9,
                usize::from(first & 15) * 4,
            ),
            6 => (sixteen(24).map(|to| Ipv6Addr::from(to).into()), 6, 40),
            _ => (None, usize::MAX, usize::MAX - 4),
        };
        let protocol = bytes.get(protocol).copied().unwrap_or_default();
        let port = bytes
            .get(header + 2..header + 4)
            .filter(|_| matches!(protocol, 6 | 17));
        Packet {
            to,
            protocol,
            port: port.map(|port| u16::from_be_bytes([port[0], port[1]])),
            bytes,
        }
    }

    /// Whether it carries these bytes.
    pub(crate) fn carries(&self, what: &[u8]) -> bool {
        self.bytes.windows(what.len()).any(|part| part == what)
    }
}

/// As `tcp 10.0.0.1 80`.
impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            6 => f.write_str("tcp")?,
            17 => f.write_str("udp")?,
            other => write!(f, "protocol {other}")?,
        }
        match self.to {
            Some(to) => write!(f, " {to}")?,
            None => f.write_str(" no address")?,
        }
        match self.port {
            Some(port) => write!(f, " {port}"),
            None => Ok(()),
        }
    }
}

/// The other end of the device.
pub(crate) struct Outside {
    device: File,
    /// The kernel's counters of the network's devices.
    counters: String,
    /// Whether it has version 6 of IP.
    pub(crate) has_ip6: bool,
}

/// Does `work` in such a network, where everything is that it starts. None where that is not permitted.
pub(crate) fn enclosed<T: Send>(work: impl FnOnce(&Outside) -> T + Send) -> Option<T> {
    let done = std::thread::scope(|scope| {
        let enclosed = scope.spawn(|| Ok::<T, io::Error>(work(&Outside::make()?)));
        enclosed.join()
    });
    match done {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            skip(&format!("a network of its own is not to be had: {error}"));
            None
        }
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

impl Outside {
    /// Moves this thread into the network.
    fn make() -> io::Result<Outside> {
        // SAFETY: the table of descriptors stays shared.
        unsafe { unshare_unsafe(UnshareFlags::NEWNET | UnshareFlags::NEWNS) }?;
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
        ask_names_outside()?;
        let device = device()?;
        NETWORK.lines().try_for_each(ip)?;
        let ip6 = NETWORK_6.lines().try_for_each(ip);
        if let Err(error) = &ip6 {
            eprintln!("without version 6 of IP: {error}");
        }
        let thread = gettid().as_raw_nonzero();
        Ok(Outside {
            device,
            has_ip6: ip6.is_ok(),
            counters: format!("/proc/self/task/{thread}/net/dev"),
        })
    }

    /// What was sent since the last time.
    ///
    /// # Panics
    /// If the kernel dropped packets before they were read.
    pub(crate) fn sent(&self) -> Vec<Packet> {
        let mut packets = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match (&self.device).read(&mut buffer) {
                Ok(size) => packets.push(Packet::read(buffer[..size].to_vec())),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("the device cannot be read: {error}"),
            }
        }
        assert_eq!(self.transmitted().1, 0, "packets were dropped");
        packets
    }

    /// How many packets were ever sent, and how many of them were dropped, as the kernel counts them.
    pub(crate) fn transmitted(&self) -> (u64, u64) {
        let counters = fs::read_to_string(&self.counters).expect("the counters can be read");
        let line = counters.lines().find_map(|line| {
            let (name, numbers) = line.split_once(':')?;
            (name.trim() == DEVICE).then_some(numbers)
        });
        let line = line.unwrap_or_else(|| panic!("no {DEVICE} in\n{counters}"));
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        (numbers[9], numbers[11])
    }
}

/// Has every name asked of [`NAME_SERVER`], once and not for long.
fn ask_names_outside() -> io::Result<()> {
    for folder in NAME_DAEMONS.iter().filter(|folder| fs::metadata(folder).is_ok()) {
        mount("nothing", *folder, "tmpfs", MountFlags::empty(), None)?;
    }
    let text = format!("nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n");
    match fs::canonicalize("/etc/resolv.conf") {
        Ok(path) => {
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("resolv.conf");
            fs::write(&file, text)?;
            Ok(mount_bind(&file, &path)?)
        }
        // A link into one of the folders that are empty now.
        Err(_) => fs::write("/etc/resolv.conf", text),
    }
}

/// Makes the device in this thread's network.
fn device() -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).custom_flags(libc::O_NONBLOCK);
    let device = options.open("/dev/net/tun")?;
    // SAFETY: all bytes zero is a valid request: names, flags and addresses of zeros.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, letter) in request.ifr_name.iter_mut().zip(DEVICE.bytes()) {
        *place = letter.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: the request is a whole `ifreq` that lives until the call returns.
    match unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF, &raw const request) } {
        0 => Ok(device),
        _ => Err(io::Error::last_os_error()),
    }
}

fn ip(arguments: &str) -> io::Result<()> {
    let mut command = Command::new("ip");
    let output = command.args(arguments.split(' ')).stdin(Stdio::null()).output()?;
    if output.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(io::Error::other(format!("ip {arguments}: {said}")))
    }
}
