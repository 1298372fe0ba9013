//! The supervisor's thread: the parent of all children, one loop around one poll.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Stdio};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::FdFlags;
use rustix::process::{Pid, PidfdFlags, Signal, getppid, pidfd_open, set_parent_process_death_signal};

use super::child::{Child, ChildState, Shared};
use super::command::Command;
use super::lines::{LinePipe, LineSink, OutputLine, Stream};
use super::program::Program;
use super::reaper::{Reaper, kill_all_with};
use super::spec::ChildSpec;
use super::start::RUN_VARIABLE;

struct Running {
    shared: Shared,
    process: process::Child,
    pidfd: OwnedFd,
    pipes: Vec<LinePipe>,
    sink: Option<LineSink>,
    ready: Option<String>,
}

pub(super) struct SupervisorThread {
    commands: Receiver<Command>,
    woken: OwnedFd,
    /// Those that are left; empty if none was wanted.
    reapers: Vec<Reaper>,
    token: String,
    running: Vec<Running>,
}

impl SupervisorThread {
    pub(super) fn new(
        commands: Receiver<Command>,
        woken: OwnedFd,
        reapers: Vec<Reaper>,
        token: String,
    ) -> SupervisorThread {
        SupervisorThread {
            commands,
            woken,
            reapers,
            token,
            running: Vec::new(),
        }
    }

    pub(super) fn run(mut self) {
        loop {
            self.wait();
            let mut bytes = [0; 64];
            let mut settled = Vec::new();
            while rustix::io::read(&self.woken, &mut bytes).is_ok_and(|n| n == bytes.len()) {}
            while let Ok(command) = self.commands.try_recv() {
                match command {
                    Command::Spawn(spec, reply) => {
                        let started = self.spawn(*spec);
                        // The caller waits for the reply, or its thread has ended.
                        let _ = reply.send(started);
                    }
                    Command::RemoveAfterwards(folder, reply) => {
                        self.remove_afterwards(&folder, |reaper| reaper.remove_afterwards(&folder));
                        let _ = reply.send(());
                    }
                    Command::RemoveGroupAfterwards(folder, reply) => {
                        self.remove_afterwards(&folder, |reaper| reaper.remove_group_afterwards(&folder));
                        let _ = reply.send(());
                    }
                    Command::RunAfterwards(number, program, reply) => {
                        // The caller waits for the reply, or its thread has ended.
                        let _ = reply.send(self.run_afterwards(number, &program));
                    }
                    Command::Forget(number) => self.forget(number),
                    Command::Settle(reply) => settled.push(reply),
                    Command::End => return self.end(),
                }
            }
            self.look_after_children();
            for reply in settled {
                // The caller waits for the reply, or its thread has ended.
                let _ = reply.send(());
            }
        }
    }

    /// Blocks until a command comes, a child writes or a child ends.
    fn wait(&self) {
        let children = self.running.iter();
        let children = children.flat_map(|child| {
            let pipes = child.pipes.iter().map(LinePipe::fd);
            pipes.chain([child.pidfd.as_fd()])
        });
        let all: Vec<BorrowedFd<'_>> = children.chain([self.woken.as_fd()]).collect();
        let mut fds: Vec<PollFd<'_>> = all
            .iter()
            .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
            .collect();
        // An interrupted wait is a turn of the loop that finds nothing to do.
        if let Err(error) = poll(&mut fds, None)
            && error != rustix::io::Errno::INTR
        {
            tracing::error!(%error, "cannot wait for children");
        }
    }

    fn look_after_children(&mut self) {
        let mut index = 0;
        while index < self.running.len() {
            self.running[index].drain();
            if self.running[index].process_ended() {
                let child = self.running.swap_remove(index);
                self.bury(child);
            } else {
                index += 1;
            }
        }
    }

    fn bury(&mut self, mut child: Running) {
        let shared = Arc::clone(&child.shared);
        // Before the leader is reaped and its number is free for others.
        shared.signal(Signal::KILL);
        child.drain();
        child.pass_on_rest();
        if let Err(error) = self.notify_reapers(|reaper| reaper.remove(shared.pid())) {
            tracing::warn!(%error, "the reapers do not listen");
        }
        shared.reap(|| child.process.wait());
        tracing::debug!(child = shared.name(), "ended");
    }

    fn end(&mut self) {
        for child in &self.running {
            child.shared.signal(Signal::KILL);
        }
        for child in std::mem::take(&mut self.running) {
            self.bury(child);
        }
        match std::mem::take(&mut self.reapers) {
            reapers if reapers.is_empty() => kill_all_with(&self.token),
            // Closing their pipes makes them scan for the token; they scan at the same time.
            mut reapers => {
                reapers.iter_mut().for_each(Reaper::close);
                drop(reapers);
            }
        }
    }

    /// Sends an order to all reapers; it is enough if one receives it.
    fn notify_reapers(&mut self, mut send: impl FnMut(&mut Reaper) -> io::Result<()>) -> io::Result<()> {
        let sent: Vec<io::Result<()>> = self.reapers.iter_mut().map(&mut send).collect();
        if sent.iter().any(Result::is_ok) {
            Ok(())
        } else {
            sent.into_iter().next().unwrap_or(Ok(()))
        }
    }

    fn remove_afterwards(&mut self, folder: &Path, send: impl FnMut(&mut Reaper) -> io::Result<()>) {
        if let Err(error) = self.notify_reapers(send) {
            tracing::warn!(%error, folder = %folder.display(), "a crash would leave it behind");
        }
    }

    fn run_afterwards(&mut self, number: u64, program: &Program) -> io::Result<()> {
        self.notify_reapers(|reaper| reaper.run_afterwards(number, program))
    }

    fn forget(&mut self, number: u64) {
        if let Err(error) = self.notify_reapers(|reaper| reaper.forget(number)) {
            tracing::warn!(%error, "the reapers do not listen");
        }
    }

    fn spawn(&mut self, mut spec: ChildSpec) -> io::Result<Child> {
        let mut process = command(&mut spec, &self.token).spawn()?;
        let begun = self.take_in(&mut process, &spec.name);
        let (shared, pidfd, pipes) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                // It runs, but cannot be supervised.
                let _ = process.kill();
                let _ = process.wait();
                return Err(error);
            }
        };
        self.running.push(Running {
            shared: Arc::clone(&shared),
            process,
            pidfd,
            pipes,
            sink: spec.lines,
            ready: spec.ready,
        });
        Ok(Child { shared })
    }

    fn take_in(
        &mut self,
        process: &mut process::Child,
        name: &str,
    ) -> io::Result<(Shared, OwnedFd, Vec<LinePipe>)> {
        let pid = Pid::from_child(process);
        self.notify_reapers(|reaper| reaper.add(pid)).map_err(|error| {
            io::Error::new(
                error.kind(),
                "the reapers, which would end it after a crash, are gone",
            )
        })?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        let mut pipes = Vec::new();
        if let Some(stdout) = process.stdout.take() {
            pipes.push(LinePipe::new(Stream::Stdout, stdout.into())?);
        }
        if let Some(stderr) = process.stderr.take() {
            pipes.push(LinePipe::new(Stream::Stderr, stderr.into())?);
        }
        let shared = Arc::new(ChildState::new(name.to_owned(), pid));
        Ok((shared, pidfd, pipes))
    }
}

impl Running {
    fn drain(&mut self) {
        let Running {
            pipes,
            shared,
            sink,
            ready,
            ..
        } = self;
        let mut on_line = |line| pass_on(shared, sink, ready.as_deref(), line);
        pipes.retain_mut(|pipe| pipe.drain(&mut on_line));
    }

    fn pass_on_rest(&mut self) {
        let Running {
            pipes,
            shared,
            sink,
            ready,
            ..
        } = self;
        let mut on_line = |line| pass_on(shared, sink, ready.as_deref(), line);
        pipes.iter_mut().for_each(|pipe| pipe.pass_on_rest(&mut on_line));
    }

    fn process_ended(&self) -> bool {
        let mut fds = [PollFd::new(&self.pidfd, PollFlags::IN)];
        let at_once = rustix::event::Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        poll(&mut fds, Some(&at_once)).is_ok_and(|ready| ready > 0)
    }
}

/// A child wrote a line.
fn pass_on(shared: &Shared, sink: &mut Option<LineSink>, ready: Option<&str>, line: OutputLine) {
    let is_ready = line.stream == Stream::Stdout && ready.is_some_and(|prefix| line.text.starts_with(prefix));
    shared.record_line(&line, is_ready);
    match sink {
        Some(sink) => sink(line),
        None => tracing::debug!(child = shared.name(), "{}", line.text),
    }
}

fn command(spec: &mut ChildSpec, token: &str) -> process::Command {
    let mut command = process::Command::new(&spec.exe);
    command
        .args(&spec.args)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .env(RUN_VARIABLE, token)
        .stdin(spec.stdin.take().map_or_else(Stdio::null, Stdio::from))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(folder) = &spec.folder {
        command.current_dir(folder);
    }
    if spec.asks_for_death_signal && spec.inherited.is_empty() {
        return command;
    }
    let parent = rustix::process::getpid();
    let inherited: Vec<i32> = spec.inherited.iter().map(AsRawFd::as_raw_fd).collect();
    // SAFETY: between fork and exec only system calls are made; nothing allocates, locks or panics. The
    // descriptors in `inherited` are open: `spec` owns them and outlives the call that runs this.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            if getppid() != Some(parent) {
                // The parent died before the signal was asked for.
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            for descriptor in &inherited {
                let descriptor = BorrowedFd::borrow_raw(*descriptor);
                rustix::io::fcntl_setfd(descriptor, FdFlags::empty())?;
            }
            Ok(())
        });
    }
    command
}
