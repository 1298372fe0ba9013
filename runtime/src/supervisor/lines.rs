//! What children write, line by line.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Lines of more than twice that are cut into several, each of so many bytes but for the last.
const LINE_BYTES: usize = 16 * 1024;
/// A child that never stops writing is read this often before others have their turn.
const READS: usize = 64;

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line that a child wrote, without its newline; bytes that are no UTF-8 are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLine {
    /// Where to.
    pub stream: Stream,
    /// The text.
    pub text: String,
    /// Whether it was cut: the next one of the same stream goes on with it.
    pub goes_on: bool,
}

/// Takes lines.
pub(super) type LineSink = Box<dyn FnMut(OutputLine) + Send>;

/// The reading end of a child's stdout or stderr.
pub(super) struct LinePipe {
    stream: Stream,
    file: File,
    partial: Vec<u8>,
}

impl LinePipe {
    pub(super) fn new(stream: Stream, descriptor: OwnedFd) -> io::Result<LinePipe> {
        rustix::io::ioctl_fionbio(&descriptor, true)?;
        Ok(LinePipe {
            stream,
            file: File::from(descriptor),
            partial: Vec::new(),
        })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Reads what is there, up to a limit, and passes on whole lines; false once nothing more can come.
    pub(super) fn drain(&mut self, sink: &mut dyn FnMut(OutputLine)) -> bool {
        let mut buffer = [0; LINE_BYTES];
        for _ in 0..READS {
            match self.file.read(&mut buffer) {
                Ok(0) => {
                    self.pass_on_rest(sink);
                    return false;
                }
                Ok(n) => self.split(&buffer[..n], sink),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::debug!(%error, "a child's output cannot be read any more");
                    self.pass_on_rest(sink);
                    return false;
                }
            }
        }
        true
    }

    /// Passes on a last line that has no newline.
    pub(super) fn pass_on_rest(&mut self, sink: &mut dyn FnMut(OutputLine)) {
        if !self.partial.is_empty() {
            let rest = std::mem::take(&mut self.partial);
            sink(self.line(&rest, false));
        }
    }

    fn split(&mut self, bytes: &[u8], sink: &mut dyn FnMut(OutputLine)) {
        self.partial.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.partial);
        let mut rest = &pending[..];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            sink(self.line(&rest[..end], false));
            rest = &rest[end + 1..];
        }
        while rest.len() > LINE_BYTES {
            let (line, tail) = rest.split_at(LINE_BYTES);
            sink(self.line(line, true));
            rest = tail;
        }
        self.partial = rest.to_vec();
    }

    fn line(&self, bytes: &[u8], goes_on: bool) -> OutputLine {
        // Where a line was cut nothing stands at its end.
        let bytes = bytes.strip_suffix(b"\r").filter(|_| !goes_on).unwrap_or(bytes);
        OutputLine {
            stream: self.stream,
            text: String::from_utf8_lossy(bytes).into_owned(),
            goes_on,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pipe::{PipeFlags, pipe_with};

    #[test]
    fn lines_come_whole_however_they_are_written() {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut pipe = LinePipe::new(Stream::Stderr, read).unwrap();
        let mut seen = Vec::new();
        let long = "x".repeat(LINE_BYTES + 10);
        for part in ["one\r\ntw", "o\n\nthr", "ee", &long, "\nla", "st"] {
            rustix::io::write(&write, part.as_bytes()).unwrap();
            assert!(pipe.drain(&mut |line| seen.push(line.text)));
        }
        rustix::io::write(&write, &[0xff]).unwrap();
        drop(write);
        assert!(!pipe.drain(&mut |line| seen.push(line.text)));
        let joined = seen.concat();
        assert_eq!(joined, format!("onetwothree{long}last\u{fffd}"));
        assert_eq!(seen[..3], ["one", "two", ""]);
        assert_eq!(seen.last().unwrap(), "last\u{fffd}");
        assert!(seen.iter().all(|line| line.len() <= 2 * LINE_BYTES));
    }

    /// A reader of lines knows which chunks belong together, whatever their length and timing.
    #[test]
    fn continued_line_is_marked() {
        let text = format!(
            "{}\nshort\n{}\nend",
            "x".repeat(LINE_BYTES + 4000),
            "y".repeat(5 * LINE_BYTES)
        );
        for part in [text.len(), 8192, 1000, 333] {
            let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
            let mut pipe = LinePipe::new(Stream::Stdout, read).unwrap();
            let (mut whole, mut begun) = (Vec::new(), String::new());
            let mut take = |line: OutputLine| {
                begun.push_str(&line.text);
                if !line.goes_on {
                    whole.push(std::mem::take(&mut begun));
                }
            };
            for piece in text.as_bytes().chunks(part) {
                // A pipe holds 64 KiB.
                for piece in piece.chunks(32 << 10) {
                    rustix::io::write(&write, piece).unwrap();
                    assert!(pipe.drain(&mut take));
                }
            }
            drop(write);
            pipe.drain(&mut take);
            assert_eq!(whole.join("\n"), text, "in parts of {part} bytes");
        }
    }
}
