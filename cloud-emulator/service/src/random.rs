//! Randomness for what must stay secret. Everything else is drawn from the run's seed.

use std::io;

use rustix::rand::{GetRandomFlags, getrandom};

/// `N` bytes, at most 256, from the system.
///
/// # Errors
/// The system has none to give.
pub fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = getrandom(&mut bytes[..], GetRandomFlags::empty())?;
    if filled == N {
        Ok(bytes)
    } else {
        Err(io::Error::other(
            "the system gave less randomness than it was asked for",
        ))
    }
}
