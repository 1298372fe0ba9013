//! People who perform steps: which steps are open, what was answered, and what follows from that.
//!
//! ```text
//!   step begins ──► open ──line──► TaskAnswer ──► ticked, noted … ──► Effect::Ended (confirmed, approved, skipped)
//!                    └── its timeout, or the end of input: it is closed without an answer
//! ```
//!
//! A pure state machine. Who reads lines and shows what stands open is the conductor. Several steps may be open at once, and
//! several people may answer: each line is about the step that was turned to, from the person who was named last.

mod answer;

pub use self::answer::{AnswerError, HELP, TaskAnswer, name};
use crate::journal::{ChecklistItem, How};

/// A step that people are to perform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// The step's id.
    pub step: String,
    /// The plan's checklist.
    pub checklist: Vec<String>,
    /// The role whose approval it is, if it is an approval.
    pub approval: Option<String>,
}

/// A step that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    /// What is to be done.
    pub task: Task,
    /// The items of its checklist.
    pub checklist: Vec<ChecklistItem>,
    /// What was noted.
    pub notes: Vec<String>,
    /// It was said once that items are not ticked.
    warned: bool,
}

/// How a person ended a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The step's id.
    pub step: String,
    /// Who.
    pub by: String,
    /// As which role, of an approval.
    pub role: Option<String>,
    /// How.
    pub how: How,
    /// Why it was skipped; else what was noted, a line each.
    pub note: Option<String>,
    /// The checklist as it was ticked.
    pub checklist: Vec<ChecklistItem>,
}

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The person is to see this.
    Say(String),
    /// The person is to see how things stand.
    Show,
    /// A note was made.
    Noted {
        /// At which step.
        step: String,
        /// By whom.
        by: String,
        /// What.
        text: String,
    },
    /// A step has ended.
    Ended(Ending),
}

/// Where people answer.
#[derive(Clone, Debug)]
pub struct Inbox {
    by: String,
    open: Vec<OpenTask>,
    at: usize,
}

impl Inbox {
    /// Nothing is open; this person answers.
    pub fn new(by: String) -> Inbox {
        Inbox {
            by,
            open: Vec::new(),
            at: 0,
        }
    }

    /// Who answers.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// The step that answers are about.
    pub fn current(&self) -> Option<&OpenTask> {
        self.open.get(self.at)
    }

    /// The other steps that are open.
    pub fn others(&self) -> Vec<&str> {
        let others = self.open.iter().enumerate().filter(|(n, _)| *n != self.at);
        others.map(|(_, open)| open.task.step.as_str()).collect()
    }

    /// A step is to be performed.
    pub fn begin(&mut self, task: Task) {
        let item = |item: &String| ChecklistItem {
            item: item.clone(),
            ticked: false,
        };
        self.open.push(OpenTask {
            checklist: task.checklist.iter().map(item).collect(),
            notes: Vec::new(),
            warned: false,
            task,
        });
    }

    /// A step is no longer open. Gives what had been done of it.
    pub fn close(&mut self, step: &str) -> Option<OpenTask> {
        let place = self.open.iter().position(|open| open.task.step == step)?;
        let closed = self.open.remove(place);
        if place < self.at || self.at >= self.open.len() {
            self.at = self.at.saturating_sub(1);
        }
        Some(closed)
    }

    /// A person wrote a line.
    pub fn line(&mut self, line: &str) -> Vec<Effect> {
        match TaskAnswer::read(line) {
            Ok(answer) => self.answer(answer),
            Err(why) => vec![Effect::Say(why.to_string())],
        }
    }

    fn answer(&mut self, answer: TaskAnswer) -> Vec<Effect> {
        match answer {
            TaskAnswer::As(name) => {
                self.by = name;
                vec![Effect::Say(format!("{} answers from now on", self.by))]
            }
            TaskAnswer::Turn(step) => self.turn(&step),
            TaskAnswer::Look => vec![Effect::Show],
            TaskAnswer::Help => vec![Effect::Say(HELP.to_owned())],
            TaskAnswer::Note(text) => self.note(text),
            TaskAnswer::Tick { items, ticked } => self.tick(&items, ticked),
            TaskAnswer::Skip(reason) => self.end(How::Skipped, None, Some(reason)),
            TaskAnswer::Confirm => match self.role() {
                Some(role) => vec![Effect::Say(format!(
                    "this step is an approval by {role}: approve NAME, or skip REASON"
                ))],
                None => self.end_unless_open(How::Confirmed, None),
            },
            TaskAnswer::Approve(name) => match self.role() {
                Some(_) => self.end_unless_open(How::Approved, Some(name)),
                None => vec![Effect::Say("this step is no approval: confirm".to_owned())],
            },
        }
    }

    fn role(&self) -> Option<String> {
        self.current()?.task.approval.clone()
    }

    fn turn(&mut self, step: &str) -> Vec<Effect> {
        match self.open.iter().position(|open| open.task.step == step) {
            Some(place) => {
                self.at = place;
                vec![Effect::Show]
            }
            None => vec![Effect::Say(format!("step {step:?} is not open"))],
        }
    }

    fn note(&mut self, text: String) -> Vec<Effect> {
        let by = self.by.clone();
        let Some(open) = self.open.get_mut(self.at) else {
            return Vec::new();
        };
        open.notes.push(text.clone());
        let step = open.task.step.clone();
        vec![Effect::Noted { step, by, text }]
    }

    fn tick(&mut self, items: &[usize], ticked: bool) -> Vec<Effect> {
        let Some(open) = self.open.get_mut(self.at) else {
            return Vec::new();
        };
        let all = open.checklist.len();
        if all == 0 {
            return vec![Effect::Say("this step has no checklist".to_owned())];
        }
        if let Some(wrong) = items.iter().find(|item| **item > all) {
            return vec![Effect::Say(format!(
                "there is no item {wrong}: the checklist has {all}"
            ))];
        }
        for (n, item) in open.checklist.iter_mut().enumerate() {
            if items.is_empty() || items.contains(&(n + 1)) {
                item.ticked = ticked;
            }
        }
        open.warned = false;
        vec![Effect::Show]
    }

    /// Ends the step, unless items are not ticked and the person was not told so.
    fn end_unless_open(&mut self, how: How, name: Option<String>) -> Vec<Effect> {
        let Some(open) = self.open.get_mut(self.at) else {
            return Vec::new();
        };
        let items = open.checklist.iter().enumerate().filter(|(_, item)| !item.ticked);
        let left: Vec<String> = items.map(|(n, _)| (n + 1).to_string()).collect();
        if left.is_empty() || open.warned {
            return self.end(how, name, None);
        }
        open.warned = true;
        let text = format!(
            "not ticked: {}. Answer once more to end the step all the same; the report will say so",
            left.join(", ")
        );
        vec![Effect::Say(text)]
    }

    fn end(&mut self, how: How, name: Option<String>, reason: Option<String>) -> Vec<Effect> {
        let Some(step) = self.current().map(|open| open.task.step.clone()) else {
            return Vec::new();
        };
        let by = name.unwrap_or_else(|| self.by.clone());
        let Some(closed) = self.close(&step) else {
            return Vec::new();
        };
        let notes = (!closed.notes.is_empty()).then(|| closed.notes.join("\n"));
        vec![Effect::Ended(Ending {
            step,
            by,
            role: closed.task.approval.filter(|_| how == How::Approved),
            how,
            note: reason.or(notes),
            checklist: closed.checklist,
        })]
    }
}

#[cfg(test)]
mod tests;
