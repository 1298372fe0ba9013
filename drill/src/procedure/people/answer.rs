//! A line that a person wrote, as an answer.

/// What a person answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
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

impl Answer {
    /// Reads a line. The first letter of a word is enough of it, but for `as` and `step`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(line: &str) -> Result<Answer, String> {
        let line = crate::text::one_line(line.trim());
        let (word, rest) = line
            .split_once(char::is_whitespace)
            .unwrap_or((line.as_str(), ""));
        let rest = rest.trim();
        match word.to_lowercase().as_str() {
            "" => Ok(Answer::Look),
            "c" | "confirm" | "done" => nothing_after(word, rest).map(|()| Answer::Confirm),
            "a" | "approve" => name(rest, "approve NAME").map(Answer::Approve),
            "s" | "skip" | "refuse" => text(rest, "skip REASON").map(Answer::Skip),
            "n" | "note" => text(rest, "note TEXT").map(Answer::Note),
            "t" | "tick" => items(rest).map(|items| Answer::Tick { items, ticked: true }),
            "u" | "untick" => items(rest).map(|items| Answer::Tick { items, ticked: false }),
            "as" => name(rest, "as NAME").map(Answer::As),
            "step" => text(rest, "step ID").map(Answer::Turn),
            "?" | "h" | "help" => Ok(Answer::Help),
            _ => Err(format!("{word:?} is no answer; `help` lists them")),
        }
    }
}

/// A person's name.
///
/// # Errors
/// If it is none, with how it is given.
pub fn name(text: &str, how: &str) -> Result<String, String> {
    let name = crate::text::one_line(text.trim());
    match name.chars().count() {
        0 => Err(format!("a name is missing: {how}")),
        _ if !name.chars().any(char::is_alphabetic) => {
            Err(format!("{name:?} is no name, since it has no letter: {how}"))
        }
        1..=MAX_NAME => Ok(name),
        _ => Err(format!("a name has at most {MAX_NAME} characters")),
    }
}

fn text(rest: &str, how: &str) -> Result<String, String> {
    match rest.chars().count() {
        0 => Err(format!("the rest is missing: {how}")),
        1..=MAX_TEXT => Ok(rest.to_owned()),
        _ => Err(format!("at most {MAX_TEXT} characters are kept")),
    }
}

/// Numbers with spaces or commas between them; none for `all`.
fn items(rest: &str) -> Result<Vec<usize>, String> {
    if rest == "all" {
        return Ok(Vec::new());
    }
    let words = rest.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    let number = |word: &str| match word.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(format!("{word:?} is no number of an item")),
    };
    match words.map(number).collect::<Result<Vec<usize>, String>>()? {
        items if items.is_empty() => Err("which items? tick 1 3, or tick all".to_owned()),
        items => Ok(items),
    }
}

fn nothing_after(word: &str, rest: &str) -> Result<(), String> {
    match rest {
        "" => Ok(()),
        _ => Err(format!("{word} stands alone; to keep a text: note TEXT")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_first_letters_are_answers() {
        let tick = |items: &[usize], ticked| {
            let items = items.to_vec();
            Ok(Answer::Tick { items, ticked })
        };
        assert_eq!(Answer::read("  confirm "), Ok(Answer::Confirm));
        assert_eq!(Answer::read("C"), Ok(Answer::Confirm));
        assert_eq!(
            Answer::read("approve Grace Hopper"),
            Ok(Answer::Approve("Grace Hopper".to_owned()))
        );
        assert_eq!(
            Answer::read("skip no  access"),
            Ok(Answer::Skip("no  access".to_owned()))
        );
        assert_eq!(Answer::read("t 1, 3"), tick(&[1, 3], true));
        assert_eq!(Answer::read("untick all"), tick(&[], false));
        assert_eq!(Answer::read("as Ada"), Ok(Answer::As("Ada".to_owned())));
        assert_eq!(Answer::read(""), Ok(Answer::Look));
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
            assert!(Answer::read(line).is_err(), "{line:?}");
        }
        let long = format!("as {}", "x".repeat(101));
        assert!(Answer::read(&long).is_err());
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_kept() {
        let note = Answer::read("note a\u{1b}[2Jb");
        assert_eq!(note, Ok(Answer::Note("a\u{fffd}[2Jb".to_owned())));
    }
}
