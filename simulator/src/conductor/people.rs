//! People who perform steps: what is asked of them, and what they answer.
//!
//! ```text
//!   runbook/perform ──Asked──► serve ──prompt──► stderr
//!          ▲                     │ ▲
//!          └──── Ending, Left ───┘ └── lines of standard input
//! ```
//!
//! One task serves all steps that are open, so that people see one prompt at a time. What answers mean is decided by
//! [`drill::procedure::people::Desk`].

use std::collections::BTreeMap;
use std::sync::Arc;

use drill::journal::Event;
use drill::procedure::people::{Desk, Effect, Ending, OpenTask, Task};
use parking_lot::Mutex;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::context::Drill;
use super::prompt;
use crate::people::People;

/// Everybody has left: standard input has ended.
#[derive(Debug)]
pub(crate) struct Left;

/// The way from steps to people.
pub(crate) struct Counter {
    asked: UnboundedSender<Asked>,
    /// What the task that serves people takes along.
    service: Mutex<Option<Service>>,
}

struct Service {
    by: String,
    lines: Receiver<String>,
    asked: UnboundedReceiver<Asked>,
}

enum Asked {
    Begin(Task, oneshot::Sender<Result<Ending, Left>>),
    Close(String, oneshot::Sender<Option<OpenTask>>),
}

impl Counter {
    pub(crate) fn new(people: People) -> Counter {
        let (asked, receiver) = unbounded_channel();
        let service = Service {
            by: people.by,
            lines: people.lines,
            asked: receiver,
        };
        Counter {
            asked,
            service: Mutex::new(Some(service)),
        }
    }

    /// A step is to be performed. The answer comes when a person has ended it, or everybody has left.
    pub(crate) fn begin(&self, task: Task) -> oneshot::Receiver<Result<Ending, Left>> {
        let (reply, answer) = oneshot::channel();
        // Nobody serves any more once the drill ends, and the answer is never given then.
        let _ = self.asked.send(Asked::Begin(task, reply));
        answer
    }

    /// A step is no longer to be performed; gives what had been done of it.
    pub(crate) async fn close(&self, step: &str) -> Option<OpenTask> {
        let (reply, answer) = oneshot::channel();
        self.asked.send(Asked::Close(step.to_owned(), reply)).ok()?;
        answer.await.ok().flatten()
    }
}

/// Serves people until the drill is over.
pub(super) async fn serve(drill: Arc<Drill>) {
    let Some(Service {
        by,
        mut lines,
        mut asked,
    }) = drill
        .people
        .as_ref()
        .and_then(|people| people.service.lock().take())
    else {
        return;
    };
    let mut counter = Serving {
        drill: &drill,
        desk: Desk::new(by),
        replies: BTreeMap::new(),
        have_left: false,
    };
    loop {
        let open = counter.desk.current().is_some();
        tokio::select! {
            // Steps that have begun are shown before the next line is looked at.
            biased;
            asked = asked.recv() => match asked {
                Some(asked) => counter.asked(asked),
                None => return,
            },
            line = lines.recv(), if open => match line {
                Some(line) => counter.line(&line),
                None => counter.left(),
            },
        }
    }
}

struct Serving<'a> {
    drill: &'a Drill,
    desk: Desk,
    replies: BTreeMap<String, oneshot::Sender<Result<Ending, Left>>>,
    have_left: bool,
}

impl Serving<'_> {
    fn asked(&mut self, asked: Asked) {
        match asked {
            Asked::Begin(_, reply) if self.have_left => {
                let _ = reply.send(Err(Left));
            }
            Asked::Begin(task, reply) => {
                let first = self.desk.current().is_none();
                self.replies.insert(task.step.clone(), reply);
                self.desk.begin(task);
                match first {
                    true => self.show(),
                    false => self.say("another step is open"),
                }
            }
            Asked::Close(step, reply) => {
                let closed = self.desk.close(&step);
                self.replies.remove(&step);
                if closed.is_some() {
                    self.say(&format!("step {step} is no longer open"));
                }
                let _ = reply.send(closed);
            }
        }
    }

    fn line(&mut self, line: &str) {
        for effect in self.desk.line(line) {
            match effect {
                Effect::Say(text) => self.say(&text),
                Effect::Show => self.show(),
                Effect::Noted { step, by, text } => {
                    self.drill.emit(Event::Note { step, by, text });
                    self.say("noted");
                }
                Effect::Ended(ending) => {
                    let text = prompt::ended(&ending);
                    if let Some(reply) = self.replies.remove(&ending.step) {
                        // A step that has given up meanwhile has said so.
                        let _ = reply.send(Ok(ending));
                    }
                    self.drill.progress.tell(&text);
                    self.show();
                }
            }
        }
    }

    /// Standard input has ended.
    fn left(&mut self) {
        self.have_left = true;
        let steps: Vec<String> = self.replies.keys().cloned().collect();
        for step in steps {
            self.desk.close(&step);
            if let Some(reply) = self.replies.remove(&step) {
                let _ = reply.send(Err(Left));
            }
        }
        self.drill.progress.heard();
    }

    fn say(&self, text: &str) {
        self.drill.progress.ask(text, &prompt::mark(&self.desk));
    }

    /// What is open, or nothing if nothing is.
    fn show(&self) {
        match self.desk.current() {
            Some(_) => self.say(&prompt::text(self.drill, &self.desk)),
            None => self.drill.progress.heard(),
        }
    }
}
