//! The program as a process: what it is given, what it says, how it ends.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rustix::process::Signal;

use super::processes::{self, Process};
use super::traces::Traces;
use super::until;

/// The binary under test.
pub(crate) const EXE: &str = env!("CARGO_BIN_EXE_firedrill");

/// The program, about to be started.
pub(crate) struct Program {
    command: Command,
}

impl Program {
    /// In `folder`, with nothing of the environment that changes what it says.
    pub(crate) fn new<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Program {
        Program::from_command(Command::new(EXE), folder, arguments)
    }

    /// Under a limit of open files that cannot be raised again.
    pub(crate) fn with_open_files<S: AsRef<OsStr>>(
        limit: u32,
        folder: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Program {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {limit} && exec \"$@\""), "sh", EXE]);
        Program::from_command(shell, folder, arguments)
    }

    /// Another program, by which this one is started.
    pub(crate) fn another<S: AsRef<OsStr>>(
        name: &str,
        folder: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Program {
        Program::from_command(Command::new(name), folder, arguments)
    }

    fn from_command<S: AsRef<OsStr>>(
        mut command: Command,
        folder: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Program {
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command
            .env_remove("RUST_LOG")
            .env_remove("NO_COLOR")
            .env_remove("FIREDRILL_RUNS")
            .env("COLUMNS", "100");
        Program { command }
    }

    /// With one more variable in its environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Program {
        self.command.env(name, value);
        self
    }

    /// With this file as its standard input.
    pub(crate) fn input(mut self, file: &Path) -> Program {
        let file = std::fs::File::open(file).expect("the input can be read");
        self.command.stdin(Stdio::from(file));
        self
    }

    /// In a process group of its own, as a shell starts it in a terminal.
    pub(crate) fn in_a_group(mut self) -> Program {
        self.command.process_group(0);
        self
    }

    /// Starts it, and reads what it says as it goes.
    pub(crate) fn start(mut self) -> Running {
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = Heard::listen(child.stdout.take().expect("it is piped"));
        let stderr = Heard::listen(child.stderr.take().expect("it is piped"));
        Running {
            child,
            stdout,
            stderr,
        }
    }

    /// Runs it to its end.
    pub(crate) fn output(self) -> Ended {
        self.start().wait()
    }
}

/// Text that arrives while it is read.
struct Heard {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Heard {
    fn listen(from: impl Read + Send + 'static) -> Heard {
        let text = Arc::new(Mutex::new(String::new()));
        let into = text.clone();
        let reader = std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                into.lock().push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Heard {
            text,
            reader: Some(reader),
        }
    }

    /// Everything, up to the end.
    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("a reader does not panic");
        }
        self.text.lock().clone()
    }
}

/// The program while it runs. It is killed if a test gives it up, and its children end with it.
pub(crate) struct Running {
    child: Child,
    stdout: Heard,
    stderr: Heard,
}

impl Running {
    /// What it has written to stdout.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.text.lock().clone()
    }

    /// What it has written to stderr.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.text.lock().clone()
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its children.
    pub(crate) fn children(&self) -> Vec<Process> {
        processes::children(self.child.id())
    }

    /// The child that is the broker.
    pub(crate) fn broker(&self) -> Process {
        let children = self.children();
        let broker = children
            .iter()
            .find(|child| child.command.starts_with(&format!("{EXE} broker")));
        broker
            .unwrap_or_else(|| panic!("no broker among {children:#?}"))
            .clone()
    }

    /// Sends a signal to this process only.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("the program is there");
    }

    /// Sends its process group a signal, as a terminal does.
    pub(crate) fn signal_group(&self, signal: Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process_group(pid, signal).expect("the group is there");
    }

    /// What there is of it by now.
    pub(crate) fn traces(&self, folder: &Path) -> Traces {
        Traces::new(self.child.id(), folder)
    }

    /// Waits until `look` finds something in what the program has said and done.
    ///
    /// # Panics
    /// If it ends before, or takes too long.
    pub(crate) fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Running) -> Option<T>) -> T {
        until(what, || {
            let ended = self.child.try_wait().expect("the program can be waited for");
            let found = look(self);
            if let (Some(status), None) = (ended, &found) {
                panic!(
                    "it ended ({status}) before {what}\n{}\n{}",
                    self.stdout(),
                    self.stderr()
                );
            }
            found
        })
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        let ended = self.child.try_wait().expect("the program can be waited for");
        ended.is_some()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it takes too long; it is killed then.
    pub(crate) fn wait(mut self) -> Ended {
        let status = until("the end of the program", || {
            self.child.try_wait().expect("the program can be waited for")
        });
        Ended {
            pid: self.child.id(),
            status,
            stdout: self.stdout.whole(),
            stderr: self.stderr.whole(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            eprintln!(
                "killed by its test; it had said:\n{}\n{}",
                self.stdout(),
                self.stderr()
            );
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// How the program ended, and all that it said.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) pid: u32,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The exit code is this one.
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) -> &Ended {
        let Ended {
            status,
            stdout,
            stderr,
            ..
        } = self;
        assert_eq!(
            status.code(),
            Some(code),
            "{status}\nstdout:\n{stdout}\nstderr:\n{stderr}"
        );
        self
    }

    /// It said one line on stderr and nothing else; gives that line.
    #[track_caller]
    pub(crate) fn one_sentence(&self) -> &str {
        assert_eq!(self.stdout, "", "nothing was to be said on stdout");
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "one sentence was to be said:\n{}", self.stderr);
        lines[0]
    }
}
