//! A program that the reaper is to run, as text in an order and as a process.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::spec::ChildSpec;
use crate::wall;

/// How long all programs together may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A program as it is sent to the reaper. It holds everything that it needs: the reaper's own environment is
/// empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    exe: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

impl Program {
    pub(super) fn new(spec: &ChildSpec) -> Program {
        Program {
            exe: spec.exe.clone(),
            args: spec.args.clone(),
            env: spec.env.clone(),
        }
    }

    /// One word. Fields are parted by NUL, which none of them can hold, and written in hexadecimal digits, since
    /// any of them may hold a line break.
    ///
    /// # Errors
    /// If one holds a NUL after all, which no program could be given.
    pub(super) fn encode(&self) -> io::Result<String> {
        let count = OsString::from(self.args.len().to_string());
        let variables = self.env.iter().map(|(name, value)| {
            let mut variable = name.clone();
            variable.push("=");
            variable.push(value);
            variable
        });
        let fields = [self.exe.as_os_str().to_owned(), count].into_iter();
        let fields: Vec<OsString> = fields.chain(self.args.iter().cloned()).chain(variables).collect();
        if fields.iter().any(|field| field.as_bytes().contains(&0)) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let bytes: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
        Ok(hex::encode(bytes.join(&0)))
    }

    /// What [`Program::encode`] made; `None` of anything else.
    pub(super) fn decode(word: &[u8]) -> Option<Program> {
        let bytes = hex::decode(word).ok()?;
        let mut fields = bytes
            .split(|byte| *byte == 0)
            .map(|field| OsString::from_vec(field.to_vec()));
        let exe = PathBuf::from(fields.next()?);
        let count: usize = fields.next()?.to_str()?.parse().ok()?;
        let args: Vec<OsString> = fields.by_ref().take(count).collect();
        let env: Option<Vec<_>> = fields.map(|variable| name_and_value(&variable)).collect();
        (args.len() == count).then_some(Program { exe, args, env: env? })
    }

    fn spawn(&self) -> io::Result<Child> {
        Command::new(&self.exe)
            .args(&self.args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }
}

fn name_and_value(variable: &OsStr) -> Option<(OsString, OsString)> {
    let bytes = variable.as_bytes();
    let equals = bytes.iter().position(|byte| *byte == b'=')?;
    let part = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
    Some((part(&bytes[..equals]), part(&bytes[equals + 1..])))
}

/// Runs all of them side by side, and ends those that take too long.
pub(super) fn run_all<'a>(programs: impl Iterator<Item = &'a Program>) {
    // The parent is gone: an error cannot be reported.
    let started: Vec<Child> = programs.filter_map(|program| program.spawn().ok()).collect();
    let deadline = wall::mono().after(TIMEOUT);
    for mut child in started {
        let left = deadline.since(wall::mono());
        if !ends_within(&child, left) {
            let _ = child.kill(); // It may have ended just now.
        }
        let _ = child.wait();
    }
}

fn ends_within(child: &Child, limit: Duration) -> bool {
    let Ok(process) = pidfd_open(Pid::from_child(child), PidfdFlags::empty()) else {
        return true; // Without a way to watch it, it is waited for.
    };
    let limit = Timespec {
        tv_sec: limit.as_secs() as i64,
        tv_nsec: i64::from(limit.subsec_nanos()),
    };
    let mut fds = [PollFd::new(&process, PollFlags::IN)];
    poll(&mut fds, Some(&limit)).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_is_delivered_unchanged() {
        let odd = OsString::from_vec(vec![b'\n', 0xff, b' ', b'=']);
        let spec = ChildSpec::new("x", PathBuf::from(&odd))
            .args([OsString::new(), odd.clone(), "remove".into()])
            .env("EMPTY", "")
            .env("ODD", odd);
        let program = Program::new(&spec);
        let word = program.encode().unwrap();
        assert!(word.bytes().all(|byte| byte.is_ascii_hexdigit()), "{word}");
        assert_eq!(Program::decode(word.as_bytes()), Some(program));
        let bare = Program::new(&ChildSpec::new("x", "/bin/true"));
        assert_eq!(Program::decode(bare.encode().unwrap().as_bytes()), Some(bare));
    }

    #[test]
    fn what_is_none_is_refused() {
        let spec = ChildSpec::new("x", "/bin/true").arg("a\0b");
        assert!(Program::new(&spec).encode().is_err());
        for wrong in [
            "",
            "zz",
            "2f",
            &hex::encode("/bin/true\x002\0one"),
            &hex::encode("/x\x000\0NAME"),
        ] {
            assert_eq!(Program::decode(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
