//! A program of its own that starts containers, and is killed or fails.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use cloud_emulator::containers::start;

use crate::containers::docker::{options, supervisor};

/// Says who its reapers are and what its run is called, starts containers, says which, and waits to be killed. What
/// fails it says in a line that begins with `failed: `.
pub(crate) fn starter_main(arguments: &[String]) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let supervisor = supervisor();
    let [one, other] = supervisor.reaper_pids() else {
        unreachable!("there are two")
    };
    println!("{one} {other} {}", supervisor.run());
    match runtime.block_on(start(options(&supervisor, &arguments[0], &[]))) {
        Ok(stacks) => {
            let ids: Vec<&str> = stacks.iter().map(|stack| stack.container()).collect();
            println!("{}", ids.join(" "));
            let _ = std::io::stdin().read(&mut [0]);
            unreachable!("the starter gets no input");
        }
        Err(error) => println!("failed: {error}"),
    }
}

/// Such a program, killed when a test gives it up.
pub(crate) struct ProcessIdentity {
    pub(crate) process: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) reapers: Vec<i32>,
    pub(crate) run: String,
}

impl ProcessIdentity {
    pub(crate) fn new(image: &str, environment: &[(&str, &str)]) -> ProcessIdentity {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["as-starter", image])
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut starter = ProcessIdentity {
            lines: BufReader::new(process.stdout.take().unwrap()),
            process,
            reapers: Vec::new(),
            run: String::new(),
        };
        let line = starter.line();
        let (reapers, run) = line.rsplit_once(' ').unwrap();
        starter.reapers = reapers.split(' ').map(|pid| pid.parse().unwrap()).collect();
        run.clone_into(&mut starter.run);
        starter
    }

    /// The next line that it says.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Kill -9.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for ProcessIdentity {
    fn drop(&mut self) {
        let _ = self.process.kill(); // It may be gone already.
        let _ = self.process.wait();
    }
}
