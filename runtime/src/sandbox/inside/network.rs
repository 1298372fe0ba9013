//! The sandbox's network: `lo`, and a listener for each endpoint of the drill.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::net::{AddressFamily, SocketType, listen as set_backlog, socket};

use super::step::{Doing, Step};

/// Connections that wait until the relay accepts them; the kernel may allow fewer.
const BACKLOG: i32 = 1024;

/// Listens where the drill's endpoints are outside.
pub(super) fn listen(endpoints: &[SocketAddr]) -> Step<Vec<OwnedFd>> {
    raise_loopback().doing("set up the loopback interface")?;
    let listeners = endpoints.iter().map(|endpoint| {
        let listener = TcpListener::bind(endpoint).doing(format_args!("listen on {endpoint}"))?;
        set_backlog(&listener, BACKLOG).doing(format_args!("listen on {endpoint}"))?;
        Ok(OwnedFd::from(listener))
    });
    listeners.collect()
}

fn raise_loopback() -> io::Result<()> {
    let socket = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    // SAFETY: all bytes zero is a valid request: names, flags and addresses of zeros.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, letter) in request.ifr_name.iter_mut().zip(b"lo") {
        *place = letter.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the request is a whole `ifreq` that lives until the call returns.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
