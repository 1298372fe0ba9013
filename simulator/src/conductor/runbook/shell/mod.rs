//! `shell`: the user's own script or command, as the operator of the drilled system would run it.
//!
//! ```text
//!   environment (region, endpoint, keys, facts) ──► sandbox ──► capture ──► journal
//!                                                               │
//!                                                 exit code ────┴──► the step's outcome
//! ```
//!
//! It runs in the scenario's folder, isolated from everything but the drill's endpoints ([`runtime::sandbox`]).
//! The clock is held at rate 1 while it runs, also while it waits: from outside the two cannot be told apart. Its
//! timeout therefore counts in wall time; then everything inside is ended.

mod capture;
mod environment;
mod limits;
mod masks;
mod scripts;
mod views;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use drill::journal::{Event, StepError};
use drill::scenario::{Command, Shell};
use drill::units::{ByteSize, Span};
use parking_lot::Mutex;
use runtime::sandbox::{Ended, Limits, SandboxChild, SandboxSpec};
use runtime::supervisor::{OutputLine, Stream};
use runtime::wall;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::capture::{Capture, Line};
pub(crate) use self::masks::Masks;
pub(crate) use self::scripts::{
    Scripts, Secrets, has_code, has_scripts, prepare, prepare_isolation, unusable,
};
use super::action::RunbookAction;
use super::context::StepContext;
use super::end::TIMEOUT;

/// How long a script may take if its step does not say so, in wall time.
const DEFAULT_TIMEOUT: Span = Span::from_mins(10);

/// How long what is inside may take to be gone once it was killed, in wall time.
const GONE: Duration = Duration::from_secs(10);

#[async_trait]
impl RunbookAction for Shell {
    fn runs_programs(&self) -> bool {
        true
    }

    async fn run(&self, step: &StepContext<'_>) -> Result<String, StepError> {
        let scripts = step.drill.host.scripts.as_ref();
        let scripts =
            scripts.ok_or_else(|| failed("CannotStart", "nothing was prepared for scripts".to_owned()))?;
        let spec = specify(self, step, scripts).await?;
        let capture = Arc::new(Mutex::new(Capture::new(scripts.masks.clone())));
        let (sender, mut lines) = unbounded_channel();
        let heard = capture.clone();
        let last_stream = Arc::new(Mutex::new(None));
        let said_on = last_stream.clone();
        let on_line = move |line: OutputLine| {
            if !line.text.trim().is_empty() && !is_note_of_shell(&line.text) {
                *said_on.lock() = Some(line.stream);
            }
            if let Some(line) = heard.lock().push(line) {
                // The receiver is gone once the step is over.
                let _ = sender.send(line);
            }
        };
        let child = scripts.start(&step.drill.host.supervisor, spec, on_line).await;
        let child = child.map_err(|error| failed("CannotStart", error.to_string()))?;
        if let Some(toll) = &step.toll {
            toll.set_client(Some(child.activity()));
        }
        let ended = follow(&child, step, &mut lines).await;
        if let Some(toll) = &step.toll {
            toll.set_client(None);
        }
        while let Ok(line) = lines.try_recv() {
            emit_line(step, line);
        }
        let mut capture = capture.lock();
        capture.rest().into_iter().for_each(|line| emit_line(step, line));
        let last = last_line(&capture, *last_stream.lock());
        if let Some(bytes) = child.exceeded_memory() {
            return Err(failed("OutOfMemory", last_said(out_of_memory(bytes), &last)));
        }
        judge(ended, &capture, &last, &limits_of(self), step)
    }
}

/// What is to be run, and with what.
async fn specify(
    action: &Shell,
    step: &StepContext<'_>,
    scripts: &Scripts,
) -> Result<SandboxSpec, StepError> {
    let (drill, name) = (step.drill, format!("step {}", step.step.id));
    let folder = &drill.spec.places.scenario;
    let spec = match &action.command {
        Command::Run(text) => SandboxSpec::new(name, "/bin/sh", folder).args(["-e", "-c", text]),
        Command::Script(text) => {
            let words = shlex::split(text).unwrap_or_default();
            let [program, arguments @ ..] = words.as_slice() else {
                return Err(failed(
                    "CannotStart",
                    format!("{text:?} cannot be split into words"),
                ));
            };
            SandboxSpec::new(name, folder.join(program), folder).args(arguments.iter().cloned())
        }
    };
    let own = environment::of_drill(action, &drill.access, scripts, step.keys.pair()).await;
    Ok(spec
        .limits(limits_of(action))
        .env(runtime::sandbox::environment(
            &scripts.tools(),
            &scripts.home(),
            &own,
        ))
        .endpoints(environment::endpoints(&drill.access)))
}

/// What its processes may use.
fn limits_of(action: &Shell) -> Limits {
    let usual = Limits::default();
    Limits {
        // A process that may occupy more needs more addresses.
        memory_bytes: usual.memory_bytes.map(|bytes| bytes.max(action.memory.0)),
        together_bytes: Some(action.memory.0),
        ..usual
    }
}

/// Waits for the end, and writes down what is said meanwhile. `None` if it was ended at its timeout.
async fn follow(
    child: &SandboxChild,
    step: &StepContext<'_>,
    lines: &mut UnboundedReceiver<Line>,
) -> Option<Ended> {
    let passed = wall::mono().since(step.since);
    let limit = timeout(step).saturating_sub(passed);
    let over = wall::sleep(limit);
    tokio::pin!(over);
    loop {
        tokio::select! {
            biased;
            () = &mut over => break,
            Some(line) = lines.recv() => emit_line(step, line),
            ended = child.wait() => return Some(ended),
        }
    }
    child.kill();
    wall::timeout(GONE, child.wait()).await;
    None
}

fn timeout(step: &StepContext<'_>) -> Duration {
    let timeout = step.step.timeout.unwrap_or(DEFAULT_TIMEOUT);
    Duration::from_micros(u64::try_from(timeout.as_us()).unwrap_or(0))
}

fn emit_line(step: &StepContext<'_>, line: Line) {
    step.drill.host.emit(Event::StepOutput {
        step: step.step.id.clone(),
        stream: line.stream.to_owned(),
        text: line.text,
    });
}

/// What the end says of the step.
fn judge(
    ended: Option<Ended>,
    capture: &Capture,
    last: &str,
    limits: &Limits,
    step: &StepContext<'_>,
) -> Result<String, StepError> {
    let code = match ended {
        Some(Ended::Code(0)) => return Ok(capture.last_words().to_owned()),
        Some(Ended::Code(code)) => format!("Exit{code}"),
        Some(Ended::Signal(signal)) => format!("Signal{signal}"),
        None => {
            let limit = step.step.timeout.unwrap_or(DEFAULT_TIMEOUT);
            let message = format!("it was not done after {limit} of wall time and was ended");
            return Err(failed(TIMEOUT, last_said(message, last)));
        }
    };
    let said = capture.error_message();
    let limit = ended.and_then(|ended| limits::reached(ended, &said, limits));
    let parts = [Some(said).filter(|said| !said.is_empty()), limit];
    Err(failed(
        &code,
        Vec::from_iter(parts.into_iter().flatten()).join("; "),
    ))
}

/// What can be said for sure: the kernel ends the process that it chooses, and others may have gone on for a moment.
fn out_of_memory(most: u64) -> String {
    format!(
        "its processes and the files in its scratch folders reached their limit of {} of memory together, and at least \
         one process was ended",
        ByteSize(most)
    )
}

/// A message with the last line of the script, if it wrote any.
fn last_said(message: String, last: &str) -> String {
    if last.is_empty() {
        message
    } else {
        format!("{message}; it last said: {last}")
    }
}

/// The line that was written last, to whichever stream.
fn last_line(capture: &Capture, stream: Option<Stream>) -> String {
    match stream {
        Some(Stream::Stdout) => capture.last_words().to_owned(),
        Some(Stream::Stderr) => {
            let said = capture.error_message();
            let last = said.lines().rfind(|line| !is_note_of_shell(line));
            last.unwrap_or_default().to_owned()
        }
        None => String::new(),
    }
}

/// Whether a line is what a shell says of a program that was killed, to which bash adds its own script's text: nothing
/// that the script itself has said.
fn is_note_of_shell(line: &str) -> bool {
    let of_bash = |(_, rest): (&str, &str)| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c.is_whitespace() || c == ':');
        rest.starts_with("Killed")
    };
    line.trim() == "Killed" || line.split_once(": line ").is_some_and(of_bash)
}

fn failed(code: &str, message: String) -> StepError {
    StepError {
        operation: "shell".to_owned(),
        code: code.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_says_of_a_killed_program_is_not_what_the_script_said() {
        let of_bash = "bash: line 3: 4711 Killed                  head -c 100000000 /dev/zero";
        for line in ["Killed", of_bash, "tool.sh: line 12:    88 Killed  x"] {
            assert!(is_note_of_shell(line), "{line}");
        }
        for line in ["Killed all orders", "x: line 3: not found", "done"] {
            assert!(!is_note_of_shell(line), "{line}");
        }
        let mut capture = Capture::new(Masks::default());
        for (stream, text) in [
            (Stream::Stderr, "warned"),
            (Stream::Stdout, "worked"),
            (Stream::Stderr, "Killed"),
        ] {
            capture.push(OutputLine {
                stream,
                text: text.to_owned(),
                goes_on: false,
            });
        }
        assert_eq!(last_line(&capture, Some(Stream::Stdout)), "worked");
        assert_eq!(last_line(&capture, Some(Stream::Stderr)), "warned");
        assert_eq!(last_line(&capture, None), "");
    }
}
