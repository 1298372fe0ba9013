//! The conversation with a sandbox: a socket that keeps messages apart, and that can carry descriptors. This process gives
//! orders once, before the other begins; the sandbox's first process sends listeners and how the program ended.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

/// A message has at most so many bytes; longer reasons are cut.
const BYTES: usize = 4096;
/// And so many descriptors.
const DESCRIPTORS: usize = 64;

/// A message.
#[derive(Debug)]
pub(super) enum Message {
    /// By this process, before the other begins: what it is to do, as a file.
    Orders(OwnedFd),
    /// The program runs; these listeners, in the order of the endpoints, are to be served.
    Runs(Vec<OwnedFd>),
    /// It does not, for this reason.
    Failed(String),
    /// It took more memory than it may, together with what it started, and is killed for it.
    Exceeded,
    /// It has ended, with this wait status.
    Ended(i32),
}

/// This process's end, and the one for the child.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC;
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        flags,
        None,
    )?)
}

/// Sends a message, with descriptors for the one that has some.
pub(super) fn send(socket: BorrowedFd<'_>, message: &Message) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut descriptors = Vec::new();
    match message {
        Message::Orders(file) => {
            bytes.push(b'O');
            descriptors.push(file.as_fd());
        }
        Message::Runs(listeners) => {
            bytes.push(b'R');
            descriptors.extend(listeners.iter().map(AsFd::as_fd));
        }
        Message::Failed(reason) => {
            bytes.push(b'F');
            bytes.extend_from_slice(reason.as_bytes());
        }
        Message::Exceeded => bytes.push(b'X'),
        Message::Ended(status) => {
            bytes.push(b'E');
            bytes.extend_from_slice(&status.to_ne_bytes());
        }
    }
    bytes.truncate(BYTES);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other("too many listeners"));
    }
    sendmsg(
        socket,
        &[IoSlice::new(&bytes)],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// Receives a message without waiting; `None` once the other end is closed.
pub(super) fn receive(socket: BorrowedFd<'_>) -> io::Result<Option<Message>> {
    let mut bytes = [0; BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, flags)?;
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    let garbled = || io::Error::new(io::ErrorKind::InvalidData, "a message that is none of ours");
    let Some((kind, rest)) = bytes[..received.bytes].split_first() else {
        return Ok(None);
    };
    match kind {
        b'O' => match descriptors.pop() {
            Some(file) => Ok(Some(Message::Orders(file))),
            None => Err(garbled()),
        },
        b'R' => Ok(Some(Message::Runs(descriptors))),
        b'F' => Ok(Some(Message::Failed(String::from_utf8_lossy(rest).into_owned()))),
        b'X' => Ok(Some(Message::Exceeded)),
        b'E' => {
            let status = rest.try_into().map_err(|_| garbled())?;
            Ok(Some(Message::Ended(i32::from_ne_bytes(status))))
        }
        _ => Err(garbled()),
    }
}
