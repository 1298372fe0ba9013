//! A line that a person wrote, as an answer.

/// What a person answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskAnswer {
    /// It is done.
    Confirm,
    /// It is approved, by this name.
    Approve(String),
    /// It is not done, for this reason.
    Skip(String),
    /// Something to keep.
    Note(String),
    /// Items of the checklist, from 1 on, are ticked, or no longer.
    Tick {
        /// Which; all of them if none is named.
        items: Vec<usize>,
        /// Whether they are ticked from now on.
        ticked: bool,
    },
    /// This person answers from now on.
    As(String),
    /// The next answers are about this step.
    Turn(String),
    /// How do things stand?
    Look,
    /// What can be answered?
    Help,
}

/// What can be answered, for people.
pub const HELP: &str = "\
confirm           it is done
approve NAME      it is approved by NAME (approvals only)
skip REASON       it is not done, for this reason
note TEXT         keep this beside the step
tick N …          tick items of the checklist (tick all, untick N …)
as NAME           NAME answers from now on
step ID           turn to another step that is open
(Enter)           look again";

/// The longest name.
const MAX_NAME: usize = 100;

/// The longest note or reason.
const MAX_TEXT: usize = 2_000;

/// Why a line is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No answer begins with this word.
    #[error("{0:?} is no answer; `help` lists them")]
    Unknown(String),
    /// A name is asked for.
    #[error("a name is missing: {how}")]
    NoName {
        /// How it is given.
        how: &'static str,
    },
    /// What is given for a name is none.
    #[error("{name:?} is no name, since it has no letter: {how}")]
    NoLetter {
        /// What is given.
        name: String,
        /// How it is given.
        how: &'static str,
    },
    /// A name is too long.
    #[error("a name has at most {MAX_NAME} characters")]
    LongName,
    /// A text is asked for.
    #[error("the rest is missing: {how}")]
    NoText {
        /// How it is given.
        how: &'static str,
    },
    /// A text is too long.
    #[error("at most {MAX_TEXT} characters are kept")]
    LongText,
    /// What is given for the number of an item is none.
    #[error("{0:?} is no number of an item")]
    NoNumber(String),
    /// Items are asked for.
    #[error("which items? tick 1 3, or tick all")]
    NoItems,
    /// The word takes nothing after it.
    #[error("{0} stands alone; to keep a text: note TEXT")]
    NotAlone(String),
}

impl TaskAnswer {
    /// Reads a line. The first letter of a word is enough of it, but for `as` and `step`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(line: &str) -> Result<TaskAnswer, AnswerError> {
        let line = crate::text::one_line(line.trim());
        let (word, rest) = line
            .split_once(char::is_whitespace)
            .unwrap_or((line.as_str(), ""));
        let rest = rest.trim();
        match word.to_lowercase().as_str() {
            "" => Ok(TaskAnswer::Look),
            "c" | "confirm" | "done" => nothing_after(word, rest).map(|()| TaskAnswer::Confirm),
            "a" | "approve" => name(rest, "approve NAME").map(TaskAnswer::Approve),
            "s" | "skip" | "refuse" => text(rest, "skip REASON").map(TaskAnswer::Skip),
            "n" | "note" => text(rest, "note TEXT").map(TaskAnswer::Note),
            "t" | "tick" => items(rest).map(|items| TaskAnswer::Tick { items, ticked: true }),
            "u" | "untick" => items(rest).map(|items| TaskAnswer::Tick { items, ticked: false }),
            "as" => name(rest, "as NAME").map(TaskAnswer::As),
            "step" => text(rest, "step ID").map(TaskAnswer::Turn),
            "?" | "h" | "help" => Ok(TaskAnswer::Help),
            _ => Err(AnswerError::Unknown(word.to_owned())),
        }
    }
}

/// A person's name.
///
/// # Errors
/// If it is none, with how it is given.
pub fn name(text: &str, how: &'static str) -> Result<String, AnswerError> {
    let name = crate::text::one_line(text.trim());
    match name.chars().count() {
        0 => Err(AnswerError::NoName { how }),
        _ if !name.chars().any(char::is_alphabetic) => Err(AnswerError::NoLetter { name, how }),
        1..=MAX_NAME => Ok(name),
        _ => Err(AnswerError::LongName),
    }
}

fn text(rest: &str, how: &'static str) -> Result<String, AnswerError> {
    match rest.chars().count() {
        0 => Err(AnswerError::NoText { how }),
        1..=MAX_TEXT => Ok(rest.to_owned()),
        _ => Err(AnswerError::LongText),
    }
}

/// Numbers with spaces or commas between them; none for `all`.
fn items(rest: &str) -> Result<Vec<usize>, AnswerError> {
    if rest == "all" {
        return Ok(Vec::new());
    }
    let words = rest.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    let number = |word: &str| match word.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(AnswerError::NoNumber(word.to_owned())),
    };
    match words.map(number).collect::<Result<Vec<usize>, AnswerError>>()? {
        items if items.is_empty() => Err(AnswerError::NoItems),
        items => Ok(items),
    }
}

fn nothing_after(word: &str, rest: &str) -> Result<(), AnswerError> {
    match rest {
        "" => Ok(()),
        _ => Err(AnswerError::NotAlone(word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_first_letters_are_answers() {
        let tick = |items: &[usize], ticked| {
            let items = items.to_vec();
            Ok(TaskAnswer::Tick { items, ticked })
        };
        assert_eq!(TaskAnswer::read("  confirm "), Ok(TaskAnswer::Confirm));
        assert_eq!(TaskAnswer::read("C"), Ok(TaskAnswer::Confirm));
        assert_eq!(
            TaskAnswer::read("approve Grace Hopper"),
            Ok(TaskAnswer::Approve("Grace Hopper".to_owned()))
        );
        assert_eq!(
            TaskAnswer::read("skip no  access"),
            Ok(TaskAnswer::Skip("no  access".to_owned()))
        );
        assert_eq!(TaskAnswer::read("t 1, 3"), tick(&[1, 3], true));
        assert_eq!(TaskAnswer::read("untick all"), tick(&[], false));
        assert_eq!(TaskAnswer::read("as Ada"), Ok(TaskAnswer::As("Ada".to_owned())));
        assert_eq!(TaskAnswer::read(""), Ok(TaskAnswer::Look));
    }

    #[test]
    fn what_is_no_answer_says_why() {
        for line in [
            "yes",
            "skip",
            "note  ",
            "tick",
            "tick 0",
            "tick one",
            "approve",
            "confirm it",
            "as",
            "as .",
            "approve -",
            "approve 12",
        ] {
            assert!(TaskAnswer::read(line).is_err(), "{line:?}");
        }
        let long = format!("as {}", "x".repeat(101));
        assert!(TaskAnswer::read(&long).is_err());
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_kept() {
        let note = TaskAnswer::read("note a\u{1b}[2Jb");
        assert_eq!(note, Ok(TaskAnswer::Note("a\u{fffd}[2Jb".to_owned())));
    }
}
