//! Who is at the other end of a TCP connection within this machine.
//!
//! ```text
//!   accepted connection ──addresses──► the kernel's table of sockets ──► the user who made the other end
//! ```
//!
//! Loopback is open to every user of a machine. Servers whose protocol has no keys check the user here instead.
//! TCP has no `SO_PEERCRED`; the kernel reports the owner of every socket, through `sock_diag(7)` at once, and where it
//! was built without that, in `/proc/net/tcp`.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};
use rustix::process::geteuid;

/// The superuser, who is always allowed.
const ROOT: u32 = 0;

/// The inode of a socket without an owner: it was closed, and the kernel still has data to send.
const ORPHAN: u32 = 0;

/// Lengths in bytes of netlink's header, and of a `sock_diag` request and message (`linux/inet_diag.h`).
const HEADER: usize = 16;
const REQUEST: usize = 56;
const MESSAGE: usize = 72;

/// `SOCK_DIAG_BY_FAMILY`, as request and as answer.
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST`.
const IS_REQUEST: u16 = 1;
/// `NLMSG_ERROR`.
const IS_ERROR: u16 = 2;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;

/// Whether the connection between `own` (this end) and `peer` was made by the user that this process runs as, or by root.
/// A connection that the peer has closed already, and one from another machine or network namespace, has no user.
///
/// # Errors
/// If the kernel does not report it.
pub fn is_ours(own: SocketAddr, peer: SocketAddr) -> io::Result<bool> {
    let user = user_of(peer, own)?;
    Ok(user.is_some_and(|user| user == ROOT || user == geteuid().as_raw()))
}

/// The user who made the socket at `from` that is connected to `to`; `None` if no process holds it.
fn user_of(from: SocketAddr, to: SocketAddr) -> io::Result<Option<u32>> {
    let (from, to) = (plain(from), plain(to));
    let found = match ask_kernel(from, to) {
        // That there is no such socket looks like that there is no `sock_diag`. The other end of it is there, or the
        // connection is gone altogether.
        Ok(None) if !ANSWERS.load(Ordering::Relaxed) => match ask_kernel(to, from) {
            Ok(Some(_)) => Ok(None),
            Ok(None) | Err(_) => Err(io::ErrorKind::NotFound.into()),
        },
        answer => answer,
    };
    found.or_else(|_| look_up(from, to))
}

/// Whether the kernel has ever answered a query for one socket. Looking through a table of thousands takes
/// thousand times as long, which a client that connects and disconnects at once must not be able to cause.
static ANSWERS: AtomicBool = AtomicBool::new(false);

/// Without the writing that version 6 has for addresses of version 4.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Asks for this one socket.
fn ask_kernel(from: SocketAddr, to: SocketAddr) -> io::Result<Option<u32>> {
    let socket: OwnedFd = socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    send(&socket, &request(from, to), SendFlags::empty())?;
    let mut answer = [0; 512];
    // It answers before `send` returns.
    let (length, _) = recv(&socket, &mut answer[..], RecvFlags::DONTWAIT)?;
    read_answer(&answer[..length], from, to)
}

fn request(from: SocketAddr, to: SocketAddr) -> Vec<u8> {
    let family = if from.is_ipv4() { AF_INET } else { AF_INET6 };
    let mut bytes = Vec::with_capacity(HEADER + REQUEST);
    bytes.extend(((HEADER + REQUEST) as u32).to_ne_bytes());
    bytes.extend(BY_FAMILY.to_ne_bytes());
    bytes.extend(IS_REQUEST.to_ne_bytes());
    // Sequence and sender, which the answer repeats.
    bytes.extend([0; 8]);
    bytes.extend([family, IPPROTO_TCP, 0, 0]);
    // In any state.
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend(ports(from, to));
    bytes.extend(octets(from.ip()));
    bytes.extend(octets(to.ip()));
    // Of any device, whatever its cookie.
    bytes.extend(0u32.to_ne_bytes());
    bytes.extend([0xff; 8]);
    bytes
}

fn ports(from: SocketAddr, to: SocketAddr) -> [u8; 4] {
    let ([a, b], [c, d]) = (from.port().to_be_bytes(), to.port().to_be_bytes());
    [a, b, c, d]
}

/// Sixteen bytes, of which version 4 takes the first four.
fn octets(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

fn read_answer(answer: &[u8], from: SocketAddr, to: SocketAddr) -> io::Result<Option<u32>> {
    let odd = || io::Error::new(io::ErrorKind::InvalidData, "sock_diag answers something else");
    let word = |at: usize| {
        let bytes = answer.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_ne_bytes).ok_or_else(odd)
    };
    let kind = answer.get(4..6).ok_or_else(odd)?;
    match u16::from_ne_bytes([kind[0], kind[1]]) {
        BY_FAMILY if answer.len() >= HEADER + MESSAGE => {
            ANSWERS.store(true, Ordering::Relaxed);
            // Where none is connected so, it tells of one that listens at that port.
            let same = answer[HEADER + 4..HEADER + 8] == ports(from, to);
            let (user, inode) = (word(HEADER + 64)?, word(HEADER + 68)?);
            Ok((same && inode != ORPHAN).then_some(user))
        }
        IS_ERROR => {
            let error = io::Error::from_raw_os_error(word(HEADER)?.cast_signed().wrapping_neg());
            match error.kind() {
                io::ErrorKind::NotFound => Ok(None),
                _ => Err(error),
            }
        }
        _ => Err(odd()),
    }
}

/// Looks for it among all.
fn look_up(from: SocketAddr, to: SocketAddr) -> io::Result<Option<u32>> {
    let mut read = Err(io::Error::from(io::ErrorKind::NotFound));
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        // A machine may have no version 6.
        match fs::read_to_string(table) {
            Ok(text) => match text.lines().find_map(|line| held_by(line, from, to)) {
                Some(user) => return Ok(Some(user)),
                None => read = Ok(None),
            },
            Err(error) if read.is_err() => read = Err(error),
            Err(_) => {}
        }
    }
    read
}

/// The user of the socket in this line of a table, if it is that one.
fn held_by(line: &str, from: SocketAddr, to: SocketAddr) -> Option<u32> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let is = |field: usize, address| fields.get(field).and_then(|text| read_address(text)) == Some(address);
    let inode: u64 = fields.get(9)?.parse().ok()?;
    let held = is(1, from) && is(2, to) && inode != u64::from(ORPHAN);
    held.then(|| fields[7].parse().ok())?
}

/// An address as the tables have it: words of the machine's byte order in hex, a colon, the port.
fn read_address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let words = ip.as_bytes().chunks(8).map(|word| {
        let word = std::str::from_utf8(word).ok().filter(|word| word.len() == 8)?;
        let word = u32::from_str_radix(word, 16).ok()?;
        Some(word.to_ne_bytes())
    });
    let bytes = words.collect::<Option<Vec<[u8; 4]>>>()?.concat();
    let ip: IpAddr = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok()?.into(),
        16 => <[u8; 16]>::try_from(bytes).ok()?.into(),
        _ => return None,
    };
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(plain(SocketAddr::new(ip, port)))
}

#[cfg(test)]
mod tests {
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    /// Both ends of a connection to a listener at `address`.
    fn pair(address: &str) -> Option<(TcpStream, TcpStream)> {
        let listener = TcpListener::bind(address).ok()?;
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        Some((client, accepted))
    }

    fn addresses(stream: &TcpStream) -> (SocketAddr, SocketAddr) {
        (
            plain(stream.local_addr().unwrap()),
            plain(stream.peer_addr().unwrap()),
        )
    }

    /// Both ways to find out, which must agree.
    fn users(accepted: &TcpStream) -> Option<u32> {
        let (own, peer) = addresses(accepted);
        let found = look_up(peer, own).unwrap();
        assert_eq!(user_of(peer, own).unwrap(), found);
        // Some kernels were built without it.
        if ANSWERS.load(Ordering::Relaxed) {
            assert_eq!(ask_kernel(peer, own).unwrap(), found);
        }
        found
    }

    #[test]
    fn user_of_a_connection_is_known_until_it_is_closed() {
        for listen in ["127.0.0.1:0", "[::1]:0", "[::]:0"] {
            // A machine may have no version 6.
            let Some((client, accepted)) = pair(listen) else {
                continue;
            };
            let me = Some(geteuid().as_raw());
            assert_eq!(users(&accepted), me, "{listen}");
            client.shutdown(Shutdown::Write).unwrap();
            assert_eq!(users(&accepted), me, "{listen}: it still reads");
            let (own, peer) = addresses(&accepted);
            assert!(is_ours(own, peer).unwrap());
            drop(client);
            // A closed socket of another user must not look like root's.
            assert_eq!(users(&accepted), None, "{listen}");
            assert!(!is_ours(own, peer).unwrap());
        }
    }

    #[test]
    fn listener_is_not_taken_for_a_client() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
        let (from, to) = (listener.local_addr().unwrap(), elsewhere.local_addr().unwrap());
        assert_eq!(user_of(from, to).unwrap(), None);
    }

    #[test]
    fn addresses_are_read_as_the_tables_have_them() {
        let of = |words: &[u32], port: &str| {
            let hex: String = words
                .iter()
                .map(|word| format!("{:08X}", u32::from_be_bytes(word.to_ne_bytes())))
                .collect();
            read_address(&format!("{hex}:{port}"))
        };
        let is = |text: &str| Some(text.parse::<SocketAddr>().unwrap());
        assert_eq!(of(&[0x7f00_0001], "075B"), is("127.0.0.1:1883"));
        assert_eq!(of(&[0, 0, 0, 1], "0001"), is("[::1]:1"));
        assert_eq!(of(&[0, 0, 0xffff, 0x7f00_0001], "0001"), is("127.0.0.1:1"));
        for odd in ["", "0100007F", "0100:1", "0100007G:1", "0100007F:10000"] {
            assert_eq!(read_address(odd), None, "{odd}");
        }
    }
}
