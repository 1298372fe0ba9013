//! The way from steps to the people who perform them.

use drill::procedure::people::{Ending, OpenTask, Task};
use parking_lot::Mutex;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::people::People;

/// Everybody has left: standard input has ended.
#[derive(Debug)]
pub(crate) struct Left;

/// The way from steps to people.
pub(crate) struct Counter {
    asked: UnboundedSender<PeopleRequest>,
    /// What the task that serves people takes along.
    service: Mutex<Option<PeopleService>>,
}

pub(super) struct PeopleService {
    pub(super) by: String,
    pub(super) lines: Receiver<String>,
    pub(super) asked: UnboundedReceiver<PeopleRequest>,
}

pub(super) enum PeopleRequest {
    Begin(Task, oneshot::Sender<Result<Ending, Left>>),
    Close(String, oneshot::Sender<Option<OpenTask>>),
}

impl Counter {
    pub(crate) fn new(people: People) -> Counter {
        let (asked, receiver) = unbounded_channel();
        let service = PeopleService {
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
        // The service stops when the drill ends; the answer is never given then.
        let _ = self.asked.send(PeopleRequest::Begin(task, reply));
        answer
    }

    /// A step is no longer to be performed; gives what had been done of it.
    pub(crate) async fn close(&self, step: &str) -> Option<OpenTask> {
        let (reply, answer) = oneshot::channel();
        self.asked
            .send(PeopleRequest::Close(step.to_owned(), reply))
            .ok()?;
        answer.await.ok().flatten()
    }

    /// What serves people; once.
    pub(super) fn take_service(&self) -> Option<PeopleService> {
        self.service.lock().take()
    }
}
