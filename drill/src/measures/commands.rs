//! What the commands of a step say of `aws s3 sync`, read as a shell reads them, as far as that goes without running
//! them: quotes, comments, continued lines, several commands on a line. A word with a variable in it is not known.

use crate::scenario::Command;

/// The options of `aws`, `aws s3` and `aws s3 sync` that take the next word, as the CLI's documentation has them. Those
/// whose value may be left out are [`MAYBE_VALUED`].
const VALUED: [&str; 34] = [
    "--acl",
    "--ca-bundle",
    "--cache-control",
    "--case-conflict",
    "--checksum-algorithm",
    "--checksum-mode",
    "--cli-binary-format",
    "--cli-connect-timeout",
    "--cli-error-format",
    "--cli-read-timeout",
    "--color",
    "--content-disposition",
    "--content-encoding",
    "--content-language",
    "--content-type",
    "--copy-props",
    "--endpoint-url",
    "--exclude",
    "--expires",
    "--grants",
    "--include",
    "--metadata",
    "--metadata-directive",
    "--output",
    "--page-size",
    "--profile",
    "--query",
    "--region",
    "--source-region",
    "--sse-c-copy-source-key",
    "--sse-c-key",
    "--sse-kms-key-id",
    "--storage-class",
    "--website-redirect",
];

const MAYBE_VALUED: [&str; 4] = ["--request-payer", "--sse", "--sse-c", "--sse-c-copy-source"];

/// One `aws s3 sync`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sync {
    pub(super) from: SyncEnd,
    pub(super) to: SyncEnd,
    /// Whether it compares dates: not with `--size-only`.
    pub(super) dates: bool,
}

/// Where a sync reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SyncEnd {
    Bucket(String),
    /// A variable says.
    Unknown,
    /// A folder, or nothing that S3 has.
    Elsewhere,
}

impl SyncEnd {
    fn new(word: &str) -> SyncEnd {
        let name = word
            .strip_prefix("s3://")
            .map(|path| path.split('/').next().unwrap_or_default());
        match name {
            Some(name) if !name.contains(VARIABLE) => SyncEnd::Bucket(name.to_owned()),
            None if !word.starts_with(VARIABLE) => SyncEnd::Elsewhere,
            _ => SyncEnd::Unknown,
        }
    }
}

/// The syncs of a command that do something (not with `--dryrun`). What a script does is not known.
pub(super) fn syncs(command: &Command) -> Vec<Sync> {
    match command {
        Command::Run(text) => in_text(text),
        Command::Script(_) => Vec::new(),
    }
}

fn in_text(text: &str) -> Vec<Sync> {
    let commands = split(text);
    commands.iter().flat_map(|words| in_command(words)).collect()
}

/// What a shell is given to run (`bash -c '…'`, `eval '…'`) is a text of its own.
fn in_command(words: &[String]) -> Vec<Sync> {
    let runs = words.iter().any(|word| word == "-c" || word == "eval");
    let texts = words
        .iter()
        .filter(|word| runs && word.contains(char::is_whitespace));
    let nested = texts.flat_map(|text| in_text(text));
    sync(words).into_iter().chain(nested).collect()
}

fn sync(words: &[String]) -> Option<Sync> {
    let spoken = words
        .first()
        .is_some_and(|word| word == "echo" || word == "printf");
    let s3 = words.iter().position(|word| word == "s3").filter(|_| !spoken)?;
    let (first, rest) = arguments(&words[s3 + 1..]);
    let mut operands = first.into_iter();
    if operands.next()? != "sync" {
        return None;
    }
    let (from, to) = (SyncEnd::new(operands.next()?), SyncEnd::new(operands.next()?));
    let has = |option: &str| rest.contains(&option);
    let dates = !has("--size-only");
    (!has("--dryrun")).then_some(Sync { from, to, dates })
}

/// What are operands and what are options.
fn arguments(words: &[String]) -> (Vec<&str>, Vec<&str>) {
    let (mut operands, mut options) = (Vec::new(), Vec::new());
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let text = word.as_str();
        if !text.starts_with("--") {
            operands.push(text);
            continue;
        }
        options.push(text);
        let a_value = |next: &str| !next.starts_with("--") && !next.starts_with("s3://");
        if VALUED.contains(&text) {
            words.next();
        } else if MAYBE_VALUED.contains(&text) {
            words.next_if(|next| a_value(next.as_str()));
        }
    }
    (operands, options)
}

/// Stands for a variable, or for what another command says.
const VARIABLE: char = '\u{fffc}';

/// The simple commands of a text, in words.
fn split(text: &str) -> Vec<Vec<String>> {
    let mut reader = Reader::default();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (reader.quote, letter) {
            (Some(quote), _) if letter == quote => reader.quote = None,
            (Some('\''), _) => reader.push(letter),
            (_, '\\') => match letters.next() {
                Some('\n') | None => {}
                Some(next) => reader.push(next),
            },
            (_, '$') => {
                // The name of a variable; of `${…}` and `$(…)` the brackets, too.
                reader.push(VARIABLE);
                match letters.peek() {
                    Some('{') => while letters.next().is_some_and(|letter| letter != '}') {},
                    Some('(') => reader.commands.extend(split(&bracketed(&mut letters))),
                    _ => {
                        while letters
                            .next_if(|next| next.is_alphanumeric() || *next == '_')
                            .is_some()
                        {}
                    }
                }
            }
            (Some(_), _) => reader.push(letter),
            (None, '\'' | '"') => {
                reader.begin();
                reader.quote = Some(letter);
            }
            (None, '#') if reader.word.is_none() => while letters.next_if(|next| *next != '\n').is_some() {},
            (None, '\n' | ';' | '&' | '|' | '(' | ')' | '`') => reader.end_command(),
            (None, _) if letter.is_whitespace() => reader.end_word(),
            (None, _) => reader.push(letter),
        }
    }
    reader.end_command();
    reader.commands
}

/// What stands between a bracket and its end.
fn bracketed(letters: &mut impl Iterator<Item = char>) -> String {
    let mut depth = 0i32;
    let inner = letters.take_while(|letter| {
        depth += i32::from(*letter == '(') - i32::from(*letter == ')');
        depth > 0
    });
    inner.skip(1).collect()
}

#[derive(Default)]
struct Reader {
    quote: Option<char>,
    word: Option<String>,
    words: Vec<String>,
    commands: Vec<Vec<String>>,
}

impl Reader {
    fn begin(&mut self) -> &mut String {
        self.word.get_or_insert_default()
    }

    fn push(&mut self, letter: char) {
        self.begin().push(letter);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        self.commands
            .extend(Some(words).filter(|words| !words.is_empty()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(text: &str) -> Vec<String> {
        let place = |place: &SyncEnd| match place {
            SyncEnd::Bucket(name) => name.clone(),
            SyncEnd::Unknown => "?".to_owned(),
            SyncEnd::Elsewhere => "-".to_owned(),
        };
        let of = |sync: &Sync| {
            let how = if sync.dates { "" } else { " by size" };
            format!("{} {}{how}", place(&sync.from), place(&sync.to))
        };
        syncs(&Command::Run(text.to_owned())).iter().map(of).collect()
    }

    #[test]
    fn syncs_are_found_as_a_shell_reads_them() {
        for (text, expected) in [
            ("aws s3 sync s3://a s3://b", "a b"),
            ("aws s3 sync s3://a/x/ s3://b/y --delete", "a b"),
            ("aws s3 sync --source-region us-east-1 s3://a s3://b", "a b"),
            (
                "aws --region us-west-2 s3 --no-paginate sync --delete --exclude '*' s3://a \"s3://b\"",
                "a b",
            ),
            ("aws s3 sync --sse s3://a s3://b", "a b"),
            ("aws s3 sync --sse aws:kms s3://a s3://b", "a b"),
            ("aws s3 sync \\\n  s3://a \\\n  s3://b", "a b"),
            ("set -e; if aws s3 sync s3://a s3://b; then echo ok; fi", "a b"),
            ("X=1 /usr/bin/aws s3 sync s3://a s3://b > log 2>&1", "a b"),
            ("$(aws s3 sync s3://a s3://b)", "a b"),
            ("aws s3 sync s3://$(tool (a) b) s3://b", "? b"),
            ("aws s3 sync s3://$FROM s3://b", "? b"),
            ("aws s3 sync \"$FROM\" \"s3://${TO}/x\"", "? ?"),
            ("aws s3 sync s3://a/$PREFIX s3://b", "a b"),
            ("aws s3 sync . s3://b", "- b"),
            ("bash -c 'aws s3 sync s3://a s3://b'", "a b"),
            ("eval \"aws s3 sync s3://$FROM s3://b\"", "? b"),
            ("aws s3 sync --size-only s3://a s3://b", "a b by size"),
        ] {
            assert_eq!(described(text), [expected], "{text}");
        }
        let two = "aws s3 sync s3://a s3://b && aws s3 sync s3://c s3://d\naws s3 sync s3://e s3://f";
        assert_eq!(described(two), ["a b", "c d", "e f"]);
    }

    #[test]
    fn what_is_none_is_not_found() {
        for text in [
            "aws s3 sync --dryrun s3://a s3://b",
            "aws s3 cp s3://a/sync s3://b",
            "# aws s3 sync s3://a s3://b",
            "echo 'aws s3 sync s3://a s3://b'",
            "echo aws s3 sync s3://a s3://b",
            "aws s3 sync help",
            "aws s3 ls",
            "",
            "'",
            "\\",
        ] {
            assert_eq!(described(text), [""; 0], "{text}");
        }
        assert_eq!(
            syncs(&Command::Script("aws s3 sync s3://a s3://b".to_owned())),
            []
        );
    }
}
