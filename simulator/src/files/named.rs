//! Files that commands of a `run:` text name: which of them are not there, and what cannot be told of them.
//!
//! ```text
//!  bash ./a.sh && /opt/x/restore --all     ./a.sh, /opt/x/restore: are they there?
//!  "$tool" run; helper                     not told: only running tells what these are
//! ```
//!
//! Nothing is run. What is said to be missing would fail in any case; what a command before may make, or `||` may make up for,
//! is not told.

use std::path::Path;

use super::executable;
use super::program::find_program;

/// What was found of the files that commands name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Those that are there.
    pub(crate) there: Vec<String>,
    /// Those that are not there or cannot be executed, with why.
    pub(crate) wrong: Vec<String>,
    /// What cannot be told.
    pub(crate) open: Vec<String>,
}

/// Commands of the shell itself, and words of its grammar that end a command or stand alone.
const OF_THE_SHELL: [&str; 42] = [
    ":", ".", "[", "alias", "bg", "break", "cd", "continue", "echo", "exit", "export", "false", "fg",
    "getopts", "hash", "jobs", "kill", "printf", "pwd", "read", "readonly", "return", "set", "shift",
    "source", "test", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "wait", "fi",
    "done", "esac", "}", "for", "case", "in",
];

/// Words after which a command begins.
const BEFORE: [&str; 12] = [
    "if", "then", "else", "elif", "do", "while", "until", "time", "exec", "command", "!", "{",
];

/// A word of a command; `plain` if it stands for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Word {
    text: String,
    plain: bool,
}

/// Looks at the commands of `text`, which run in `folder`.
pub(crate) fn named(text: &str, folder: &Path) -> Named {
    let mut found = Named::default();
    if text.contains("<<") {
        found
            .open
            .push("what a text with a here-document runs".to_owned());
        return found;
    }
    let commands = commands(text);
    // Where a failure ends nothing, or another folder is the current one, what is missing need not matter.
    let conditional = text.contains("||") || commands.iter().flatten().any(|word| is_condition(&word.text));
    let moves = commands
        .iter()
        .any(|command| command.iter().any(|word| word.text == "cd"));
    let mut seen: Vec<&str> = Vec::new();
    for command in &commands {
        if let Some((word, is_program)) = subject(command) {
            let made = seen.contains(&word.text.as_str());
            let doubt = conditional || made || (moves && !word.text.starts_with('/'));
            check_word(&mut found, word, is_program, doubt, folder);
        }
        seen.extend(command.iter().map(|word| word.text.as_str()));
    }
    found
}

fn is_condition(word: &str) -> bool {
    ["if", "while", "until", "case", "!"].contains(&word)
}

/// The word that says what a command runs, and whether it is executed itself: its first one, or the script of an interpreter.
fn subject(command: &[Word]) -> Option<(&Word, bool)> {
    let is_variable = |word: &&Word| {
        let name = word.text.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    let mut words = command
        .iter()
        .skip_while(|word| BEFORE.contains(&word.text.as_str()) || is_variable(word));
    let first = words.next()?;
    let name = first.text.rsplit('/').next().unwrap_or_default();
    let reads = ["sh", "bash", "dash", ".", "source"].contains(&name) || name.starts_with("python");
    let rest: Vec<&Word> = words.collect();
    let script = rest.iter().find(|word| !word.text.starts_with('-'));
    // After `-c` and `-m` comes a text or a module.
    let inline = |word: &&Word| word.text.starts_with('-') && word.text.ends_with(['c', 'm']);
    match script {
        Some(script) if reads && !rest.iter().any(inline) => Some((script, false)),
        _ => Some((first, true)),
    }
}

fn check_word(found: &mut Named, word: &Word, is_program: bool, doubt: bool, folder: &Path) {
    let text = &word.text;
    let path = std::env::var("PATH").unwrap_or_default();
    let is_file = text.contains('/') || !is_program;
    if !word.plain {
        return found.open.push(format!("what {text:?} is"));
    }
    if !is_file {
        // Functions of the text, and programs that the sandbox has, are known only when it runs.
        if !OF_THE_SHELL.contains(&text.as_str()) && find_program(text, &path).is_none() {
            found
                .open
                .push(format!("where {text} is, in no folder of PATH here"));
        }
        return;
    }
    let file = folder.join(text);
    let problem = if is_program {
        executable::check(&file, &path)
            .err()
            .map(|problem| problem.describe())
    } else {
        (!file.is_file()).then(|| "which is not there".to_owned())
    };
    match problem {
        None => found.there.push(text.clone()),
        Some(why) if doubt => found
            .open
            .push(format!("whether {text}, {why} now, will be needed")),
        Some(why) => found.wrong.push(format!("{text}, {why}")),
    }
}

/// The commands of a text, each as its words; where output goes is none of them.
fn commands(text: &str) -> Vec<Vec<Word>> {
    let mut reader = Reader {
        redirects: false,
        word: None,
        command: Vec::new(),
        commands: Vec::new(),
    };
    let mut chars = text.chars().peekable();
    let mut quote: Option<char> = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('\''), c) => reader.push(c, true),
            (Some(_), c) => reader.push(c, !"$`\\".contains(c)),
            (None, '\'' | '"') => {
                quote = Some(c);
                reader.word.get_or_insert_with(Word::new);
            }
            (None, '\\') => {
                // A line that goes on, or a character without its meaning.
                if let Some(next) = chars.next().filter(|next| *next != '\n') {
                    reader.push(next, true);
                }
            }
            (None, '#') if reader.word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            (None, '>' | '<') => {
                reader.end_word();
                reader.redirects = true;
                while chars.next_if(|c| "&>".contains(*c)).is_some() {}
            }
            (None, ';' | '|' | '&' | '(' | ')' | '\n') => reader.end_command(),
            (None, c) if c.is_whitespace() => reader.end_word(),
            (None, c) => reader.push(c, c.is_ascii_alphanumeric() || "./_-+=:,@%!{}[]".contains(c)),
        }
    }
    reader.end_command();
    reader.commands
}

struct Reader {
    /// The next word says where output goes, or input comes from.
    redirects: bool,
    word: Option<Word>,
    command: Vec<Word>,
    commands: Vec<Vec<Word>>,
}

impl Word {
    fn new() -> Word {
        Word {
            text: String::new(),
            plain: true,
        }
    }
}

impl Reader {
    fn push(&mut self, c: char, plain: bool) {
        let word = self.word.get_or_insert_with(Word::new);
        word.text.push(c);
        word.plain &= plain;
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.redirects)
        {
            self.command.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.redirects = false;
        let command = std::mem::take(&mut self.command);
        if !command.is_empty() {
            self.commands.push(command);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_empty_folder(text: &str) -> Named {
        let folder = crate::temporary::private_folder("firedrill-named-").unwrap();
        named(text, folder.path())
    }

    #[test]
    fn files_that_commands_run_and_are_not_there_are_told() {
        let found = in_empty_folder("bash ./missing.sh && /opt/none/restore --all");
        assert_eq!(
            found.wrong,
            [
                "./missing.sh, which is not there",
                "/opt/none/restore, which is not there"
            ]
        );
        for text in [
            "python3 -u ./x.py --all",
            "A=1 ./x",
            "echo go; ./x 2>&1 | /bin/cat",
            "time './x'",
            ". ./env.sh",
        ] {
            assert_eq!(in_empty_folder(text).wrong.len(), 1, "{text}");
        }
    }

    #[test]
    fn what_is_no_command_is_not_looked_for() {
        for text in [
            "echo ./x /opt/none",
            "echo 'a; ./x'",
            "# ./x\ntrue",
            "echo > ./x",
            "sh -c 'echo ./x'",
            "/bin/cat /etc/hostname",
        ] {
            let found = in_empty_folder(text);
            assert_eq!((found.wrong.len(), found.open.len()), (0, 0), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_only_running_tells_is_not_told() {
        for text in [
            "$tool run",
            "\"$HOME/x\" run",
            "cp /etc/hostname ./x && ./x",
            "./x || true",
            "if ./x; then true; fi",
            "cd y && ./x",
            "no-such-program-of-a-test",
            "cat <<E\n./x\nE",
        ] {
            let found = in_empty_folder(text);
            assert!(
                found.wrong.is_empty() && !found.open.is_empty(),
                "{text}: {found:?}"
            );
        }
    }
}
