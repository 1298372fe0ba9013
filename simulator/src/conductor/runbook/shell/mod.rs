//! `shell`: the user's own script or command, as the operator of the drilled system would run it.
//!
//! ```text
//!   environment (region, door, keys of the drill, facts) ──► sandbox ──► capture ──► journal
//!                                                               │
//!                                                 exit code ────┴──► the step's outcome
//! ```
//!
//! It runs in the scenario's folder, isolated from everything but the drill's endpoints ([`runtime::sandbox`]).
//! The clock is held at rate 1 while it runs, also while it waits: nobody sees from outside which it does. Its
//! timeout therefore counts in wall time; then everything inside is ended.

mod capture;
mod environment;
mod masks;
mod scripts;
mod views;

use std::sync::Arc;
use std::time::Duration;

use drill::journal::{Event, StepError};
use drill::scenario::{Command, Shell};
use drill::units::{ByteSize, Span};
use parking_lot::Mutex;
use runtime::sandbox::{Ended, Limits, SandboxChild, SandboxSpec};
use runtime::supervisor::OutputLine;
use runtime::wall;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::capture::{Capture, Line};
pub(crate) use self::masks::Masks;
pub(crate) use self::scripts::{Scripts, Secrets, has_code, has_scripts, prepare, prepare_isolation};
use super::StepContext;
use super::take::TIMEOUT;

/// How long a script may take if its step does not say so, in wall time.
const PATIENCE: Span = Span::from_mins(10);

/// How long what is inside may take to be gone once it was killed, in wall time.
const GONE: Duration = Duration::from_secs(10);

pub(super) async fn run(action: &Shell, step: &StepContext<'_>) -> Result<String, StepError> {
    let scripts = step.drill.scripts.as_ref();
    let scripts =
        scripts.ok_or_else(|| failed("CannotStart", "nothing was prepared for scripts".to_owned()))?;
    let spec = specify(action, step, scripts).await?;
    let capture = Arc::new(Mutex::new(Capture::new(scripts.masks.clone())));
    let (sender, mut lines) = unbounded_channel();
    let heard = capture.clone();
    let on_line = move |line: OutputLine| {
        if let Some(line) = heard.lock().take(line) {
            // Nobody listens any more once the step is over.
            let _ = sender.send(line);
        }
    };
    let child = scripts.start(&step.drill.supervisor, spec, on_line).await;
    let child = child.map_err(|error| failed("CannotStart", error.to_string()))?;
    let ended = follow(&child, step, &mut lines).await;
    while let Ok(line) = lines.try_recv() {
        tell(step, line);
    }
    let mut capture = capture.lock();
    capture.rest().into_iter().for_each(|line| tell(step, line));
    if let Some(bytes) = child.exceeded_memory() {
        return Err(failed("OutOfMemory", out_of_memory(bytes, &capture)));
    }
    judge(ended, &capture, step)
}

/// What is to be run, and with what.
async fn specify(
    action: &Shell,
    step: &StepContext<'_>,
    scripts: &Scripts,
) -> Result<SandboxSpec, StepError> {
    let (drill, name) = (step.drill, format!("step {}", step.step.id));
    let folder = &drill.places.scenario;
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
    let own = environment::of_drill(action, drill, scripts, step.keys.pair()).await;
    let usual = Limits::default();
    let limits = Limits {
        // A process that may occupy more needs more addresses.
        memory_bytes: usual.memory_bytes.map(|bytes| bytes.max(action.memory.0)),
        together_bytes: Some(action.memory.0),
        ..usual
    };
    Ok(spec
        .limits(limits)
        .env(runtime::sandbox::environment(
            &scripts.tools(),
            &scripts.home(),
            &own,
        ))
        .endpoints(environment::endpoints(drill)))
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
            Some(line) = lines.recv() => tell(step, line),
            ended = child.wait() => return Some(ended),
        }
    }
    child.kill();
    wall::timeout(GONE, child.wait()).await;
    None
}

fn timeout(step: &StepContext<'_>) -> Duration {
    let timeout = step.step.timeout.unwrap_or(PATIENCE);
    Duration::from_micros(u64::try_from(timeout.as_us()).unwrap_or(0))
}

fn tell(step: &StepContext<'_>, line: Line) {
    step.drill.emit(Event::StepOutput {
        step: step.step.id.clone(),
        stream: line.stream.to_owned(),
        text: line.text,
    });
}

/// What the end says of the step.
fn judge(ended: Option<Ended>, capture: &Capture, step: &StepContext<'_>) -> Result<String, StepError> {
    match ended {
        Some(Ended::Code(0)) => Ok(capture.last_words().to_owned()),
        Some(Ended::Code(code)) => Err(failed(&format!("Exit{code}"), capture.complaint())),
        Some(Ended::Signal(signal)) => Err(failed(&format!("Signal{signal}"), capture.complaint())),
        None => {
            let limit = step.step.timeout.unwrap_or(PATIENCE);
            let message = format!("it was not done after {limit} of wall time and was ended");
            Err(failed(TIMEOUT, last_said(message, capture)))
        }
    }
}

fn out_of_memory(most: u64, capture: &Capture) -> String {
    let most = ByteSize(most);
    let message = format!(
        "all that it started, with files in its scratch folders, took more than {most} of memory and was ended"
    );
    last_said(message, capture)
}

/// A message with the last words of the script, if it had any.
fn last_said(message: String, capture: &Capture) -> String {
    let said = capture.complaint();
    match said.is_empty() {
        true => message,
        false => format!("{message}; it last said: {said}"),
    }
}

fn failed(code: &str, message: String) -> StepError {
    StepError {
        operation: "shell".to_owned(),
        code: code.to_owned(),
        message,
    }
}
