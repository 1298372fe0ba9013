//! Who made something that outlives a process, and the rule by which that one is gone.
//!
//! An engine of containers or an endpoint may be shared: by several drills of this machine, by processes in other pid
//! namespaces, where the same number is another process, and by other machines. So a process is named by the boot of
//! its kernel, its pid namespace, its number and the instant of its start, which no two processes share. Of a starter
//! in another namespace or of another boot it is unknown here whether it lives: what it made is left alone.

use std::fmt;
use std::io;
use std::str::FromStr;

use rustix::process::{Pid, test_kill_process};

/// A process that made something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessIdentity {
    /// The id of the boot of its kernel, 32 hexadecimal digits.
    pub boot: String,
    /// The number of its pid namespace.
    pub namespace: String,
    /// Its number.
    pub pid: u32,
    /// When it was started, in ticks since the boot.
    pub started: u64,
}

impl ProcessIdentity {
    /// This process.
    ///
    /// # Errors
    /// `/proc` does not tell who it is.
    pub fn own() -> io::Result<ProcessIdentity> {
        let pid = std::process::id();
        let started = living(pid).ok_or_else(|| io::Error::other("no start time in /proc/self/stat"))?;
        Ok(ProcessIdentity {
            boot: boot()?,
            namespace: namespace()?,
            pid,
            started,
        })
    }

    /// Whether `observer` could see this process.
    pub fn is_near(&self, observer: &ProcessIdentity) -> bool {
        self.boot == observer.boot && self.namespace == observer.namespace
    }

    /// Whether it is certainly gone, as far as `observer`, which is this process, can tell.
    pub fn is_gone(&self, observer: &ProcessIdentity) -> bool {
        self.is_near(observer) && self.is_gone_from(living, exists)
    }

    fn is_gone_from(&self, living: impl Fn(u32) -> Option<u64>, exists: impl Fn(u32) -> bool) -> bool {
        match living(self.pid) {
            Some(living) => living != self.started,
            // A process of another user may be hidden from us.
            None => !exists(self.pid),
        }
    }
}

/// `boot/namespace/pid/started`: characters that tags may have.
impl fmt::Display for ProcessIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{}/{}",
            self.boot, self.namespace, self.pid, self.started
        )
    }
}

impl FromStr for ProcessIdentity {
    type Err = ();

    fn from_str(text: &str) -> Result<ProcessIdentity, ()> {
        let parts: Vec<&str> = text.split('/').collect();
        let [boot, namespace, pid, started] = parts[..] else {
            return Err(());
        };
        Ok(ProcessIdentity {
            boot: boot.to_owned(),
            namespace: namespace.to_owned(),
            pid: pid.parse().map_err(drop)?,
            started: started.parse().map_err(drop)?,
        })
    }
}

/// When a process was started, in ticks since the boot; `None` if it is not to be seen, or dead and not yet reaped.
fn living(pid: u32) -> Option<u64> {
    started(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Field 22 of proc(5)'s `stat`, unless field 3, the state, is that of the dead.
fn started(stat: &str) -> Option<u64> {
    // The name, field 2, may hold anything, also brackets and blanks.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    match fields.next()? {
        "Z" | "X" => None,
        _ => fields.nth(18)?.parse().ok(),
    }
}

/// Whether there is a process of this number whose state cannot be read.
fn exists(pid: u32) -> bool {
    let hidden = std::fs::read_to_string(format!("/proc/{pid}/stat")).is_err();
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    hidden && pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// The number in `pid:[4026531836]`.
fn namespace() -> io::Result<String> {
    let link = std::fs::read_link("/proc/self/ns/pid")?;
    let digits = link
        .to_string_lossy()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    Ok(digits)
}

fn boot() -> io::Result<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(id.trim().replace('-', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_process_is_found_behind_any_name() {
        let stat = "7 (a) S (b)) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 2";
        assert_eq!(started(stat), Some(98_765));
        assert_eq!(started(&stat.replace(")) S", ")) Z")), None);
        assert_eq!(started(""), None);
        assert_eq!(started("7 (a) S 1 2"), None);
        assert!(living(std::process::id()).is_some());
        assert!(!exists(u32::MAX), "no such number");
    }

    #[test]
    fn only_a_starter_that_is_certainly_gone_is_gone() {
        let own = ProcessIdentity::own().unwrap();
        assert!(!own.is_gone(&own), "this process lives");
        assert!(own.is_gone_from(|_| None, |_| false), "no process has its number");
        let reused = own.is_gone_from(|_| Some(own.started + 1), |_| true);
        assert!(reused, "another process has its number");
        assert!(!own.is_gone_from(|_| Some(own.started), |_| true));
        assert!(!own.is_gone_from(|_| None, |_| true), "it is hidden");
        let dead = ProcessIdentity {
            started: own.started + 1,
            ..own.clone()
        };
        assert!(dead.is_gone(&own));
        for elsewhere in [
            ProcessIdentity {
                boot: "another".to_owned(),
                ..dead.clone()
            },
            ProcessIdentity {
                namespace: "1".to_owned(),
                ..dead.clone()
            },
        ] {
            assert!(!elsewhere.is_gone(&own), "not to be told from here");
        }
    }

    #[test]
    fn a_starter_is_what_its_text_says() {
        let own = ProcessIdentity::own().unwrap();
        let text = own.to_string();
        assert_eq!(text.parse(), Ok(own));
        let allowed = |c: char| c.is_ascii_alphanumeric() || " +-=._:/@".contains(c);
        assert!(text.len() <= 256 && text.chars().all(allowed), "{text}");
        for other in ["", "made-by-a-drill", "a/b/c/d", "a/b/1/2/3"] {
            assert_eq!(other.parse::<ProcessIdentity>(), Err(()), "{other}");
        }
    }
}
