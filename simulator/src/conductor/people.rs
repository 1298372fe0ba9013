//! People who perform steps: what is asked of them, and what they answer.
//!
//! ```text
//!   runbook/perform ──PeopleRequest──► serve ──prompt──► stderr
//!          ▲                            │ ▲
//!          └──────── Ending, Left ──────┘ └── lines of standard input
//! ```
//!
//! One task serves all steps that are open, so that people see one prompt at a time. What answers mean is decided by
//! [`drill::procedure::people::Inbox`].

use std::collections::BTreeMap;
use std::sync::Arc;

use drill::journal::Event;
use drill::procedure::people::{Effect, Ending, Inbox};
use tokio::sync::oneshot;

use super::context::Drill;
use super::counter::{Counter, Left, PeopleRequest, PeopleService};
use super::prompt;

/// Serves people until the drill is over.
pub(super) async fn serve(drill: Arc<Drill>) {
    let Some(PeopleService {
        by,
        mut lines,
        mut asked,
    }) = drill.host.people.as_ref().and_then(Counter::take_service)
    else {
        return;
    };
    let mut counter = Serving {
        drill: &drill,
        desk: Inbox::new(by),
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
    desk: Inbox,
    replies: BTreeMap<String, oneshot::Sender<Result<Ending, Left>>>,
    have_left: bool,
}

impl Serving<'_> {
    fn asked(&mut self, asked: PeopleRequest) {
        match asked {
            PeopleRequest::Begin(_, reply) if self.have_left => {
                let _ = reply.send(Err(Left));
            }
            PeopleRequest::Begin(task, reply) => {
                let first = self.desk.current().is_none();
                self.replies.insert(task.step.clone(), reply);
                self.desk.begin(task);
                if first {
                    self.show()
                } else {
                    self.say("another step is open")
                }
            }
            PeopleRequest::Close(step, reply) => {
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
                    self.drill.host.emit(Event::Note { step, by, text });
                    self.say("noted");
                }
                Effect::Ended(ending) => {
                    let text = prompt::ended(&ending);
                    if let Some(reply) = self.replies.remove(&ending.step) {
                        // A step that has given up meanwhile has said so.
                        let _ = reply.send(Ok(ending));
                    }
                    self.drill.host.progress.reply(&text);
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
        self.drill.host.progress.end_prompt();
    }

    fn say(&self, text: &str) {
        self.drill.host.progress.ask(text, &prompt::mark(&self.desk));
    }

    /// What is open, or nothing if nothing is.
    fn show(&self) {
        match self.desk.current() {
            Some(_) => self.say(&prompt::text(self.drill, &self.desk)),
            None => self.drill.host.progress.end_prompt(),
        }
    }
}
