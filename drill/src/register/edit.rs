//! Changes of `findings.yaml` that leave the rest of the file as it is, byte for byte.
//!
//! A change is made in the text, on whole lines: entries are added at the end, a field is replaced on its line or gets a new
//! one. Then the text is read again, and unless it says exactly what was meant, the change is refused and nothing is lost.

use super::{Entry, FindingsRegister, Status};
use crate::report::Severity;
use crate::scenario::Diagnostic;
use crate::scenario::yaml::{self, Key, Node, Value};
use crate::text::one_line;

/// The longest text of a finding that is written into the register; the rest stands in the run's report.
const LONGEST: usize = 400;

/// A change that cannot be made without touching what people wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file cannot be read.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Unreadable(Vec<Diagnostic>),
    /// There is no such entry.
    #[error("{file}: has no finding {id}")]
    Unknown {
        /// The file.
        file: String,
        /// The id that was asked for.
        id: String,
    },
    /// The file is written in a way that this cannot change line by line.
    #[error("{file}:{line}: {what}")]
    ByHand {
        /// The file.
        file: String,
        /// Where it would have to be changed.
        line: u32,
        /// What it cannot do, and what the user can.
        what: String,
    },
}

/// An entry that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// The key of the finding.
    pub key: String,
    /// The scenario whose drills find it.
    pub scenario: String,
    /// What it says.
    pub text: String,
    /// How much it matters.
    pub severity: Option<Severity>,
    /// The step that it is about.
    pub step: Option<String>,
    /// The service that it is about.
    pub service: Option<String>,
    /// The fault that it is about.
    pub fault: Option<String>,
    /// The first run that found it.
    pub first_seen: Option<String>,
    /// The last run that found it.
    pub last_seen: Option<String>,
    /// When that run began: RFC 3339, UTC.
    pub last_seen_at: Option<String>,
    /// The run that exercised it again since and did not find it.
    pub retested_by: Option<String>,
}

/// What a new file begins with.
const HEAD: &str = "# What drills of this project found: who owns it, by when it is due, and what became of it.\n\
     # `firedrill findings --update` adds what is new. Fields to fill in: owner, due (2026-12-31), remedy, note,\n\
     # status (open, accepted, closed; closed needs closed_on). Keep this file in git.\n\
     version: 1\n\
     findings:\n";

/// The text of `findings.yaml` with these entries at its end, and their ids; an empty text is a new file.
///
/// # Errors
/// If the file cannot be read, or does not end with its list of findings, an item a line.
pub fn add(file: &str, text: &str, new: &[NewEntry]) -> Result<(String, Vec<String>), EditError> {
    if new.is_empty() {
        return Ok((text.to_owned(), Vec::new()));
    }
    let before = FindingsRegister::parse(file, text).map_err(EditError::Unreadable)?;
    let last = before.entries.iter().filter_map(|entry| number(&entry.id)).max();
    let ids: Vec<String> = (last.unwrap_or(0) + 1..)
        .take(new.len())
        .map(|n| format!("F-{n:03}"))
        .collect();
    let mut changed = if text.trim().is_empty() {
        HEAD.to_owned()
    } else {
        text.to_owned()
    };
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if !changed.ends_with('\n') {
        changed.push_str(ending);
    }
    let indent = if before.entries.is_empty() {
        "  ".to_owned()
    } else {
        dash_indent(file, text)?
    };
    for (id, entry) in ids.iter().zip(new) {
        for line in lines(id, entry) {
            changed.push_str(&format!("{indent}{line}{ending}"));
        }
    }
    let by_hand = || {
        EditError::ByHand {
        file: file.to_owned(),
        line: u32::try_from(text.lines().count()).unwrap_or(u32::MAX).max(1),
        what: "cannot add to the end of this file: `findings:` must be the last key, with one item on each line that \
               begins with `- ` (or with nothing behind it)"
            .to_owned(),
    }
    };
    let after = FindingsRegister::parse(file, &changed).map_err(|_| by_hand())?;
    let kept = after.entries.get(..before.entries.len()) == Some(&before.entries[..]);
    let added = after.entries[before.entries.len().min(after.entries.len())..].iter();
    let added: Vec<(&str, &str)> = added
        .map(|entry| (entry.id.as_str(), entry.key.as_str()))
        .collect();
    let meant: Vec<(&str, &str)> = ids
        .iter()
        .zip(new)
        .map(|(id, new)| (id.as_str(), new.key.as_str()))
        .collect();
    if kept && added == meant {
        Ok((changed, ids))
    } else {
        Err(by_hand())
    }
}

/// `F-017` is 17.
fn number(id: &str) -> Option<u32> {
    id.strip_prefix("F-")?.parse().ok()
}

/// What stands before the dash of the first item.
fn dash_indent(file: &str, text: &str) -> Result<String, EditError> {
    let tree = tree(file, text)?;
    let line = items(&tree).first().map_or(1, |item| item.mark.line);
    let line = text.lines().nth(line as usize - 1).unwrap_or_default();
    Ok(line.chars().take_while(|c| *c == ' ').collect())
}

/// The lines of an entry, without their indentation.
fn lines(id: &str, entry: &NewEntry) -> Vec<String> {
    let severity = entry.severity.map(|severity| match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Note => "note",
    });
    let fields = [
        ("key", Some(scalar(&entry.key))),
        ("scenario", Some(scalar(&entry.scenario))),
        ("severity", severity.map(str::to_owned)),
        ("step", entry.step.as_deref().map(scalar)),
        ("service", entry.service.as_deref().map(scalar)),
        ("fault", entry.fault.as_deref().map(scalar)),
        ("text", Some(scalar(&shortened(&entry.text)))),
        ("first_seen", entry.first_seen.as_deref().map(scalar)),
        ("last_seen", entry.last_seen.as_deref().map(scalar)),
        ("last_seen_at", entry.last_seen_at.as_deref().map(scalar)),
        ("retested_by", entry.retested_by.as_deref().map(scalar)),
        ("status", Some(Status::Open.name().to_owned())),
    ];
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some(format!("  {name}: {}", value?)));
    [format!("- id: {id}")].into_iter().chain(fields).collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// A text as a scalar of YAML on one line: as it is where that is safe, else in double quotes (JSON's, which YAML reads).
fn scalar(text: &str) -> String {
    let text = one_line(text);
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./=".contains(c);
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(safe);
    let word = matches!(
        text.to_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off"
    );
    if (plain && !word) || super::Day::parse(&text).is_some() {
        text
    } else {
        serde_json::Value::String(text).to_string()
    }
}

/// The text of `findings.yaml` with one field of one entry set to a value.
///
/// # Errors
/// If the file cannot be read or has no such entry, or the entry is not written a field a line.
pub fn set(file: &str, text: &str, id: &str, field: &str, value: &str) -> Result<String, EditError> {
    let before = FindingsRegister::parse(file, text).map_err(EditError::Unreadable)?;
    let unknown = || EditError::Unknown {
        file: file.to_owned(),
        id: id.to_owned(),
    };
    let tree = tree(file, text)?;
    let item = items(&tree).iter().find(|item| {
        entries(item).iter().any(|(key, node)| {
            key.text == "id" && matches!(&node.value, Value::Scalar { text, .. } if text == id)
        })
    });
    let fields = entries(item.ok_or_else(unknown)?);
    let of = |name: &str| fields.iter().find(|(key, _)| key.text == name);
    let (id_key, _) = of("id").ok_or_else(unknown)?;
    let line = of(field).map_or(id_key.mark.line, |(key, _)| key.mark.line);
    let by_hand = || EditError::ByHand {
        file: file.to_owned(),
        line,
        what: format!(
            "cannot set `{field}` of {id} without touching more than one line: write `{field}: {value}` there"
        ),
    };
    let changed = match of(field) {
        Some((key, node)) => replace(text, key, node, &scalar(value)).ok_or_else(by_hand)?,
        None => insert(text, id_key, field, &scalar(value)),
    };
    let after = FindingsRegister::parse(file, &changed).map_err(|_| by_hand())?;
    let meant = before
        .entries
        .iter()
        .map(|entry| changed_entry(entry, id, field, value));
    let meant: Option<Vec<Entry>> = meant.collect();
    let same = meant.is_some_and(|meant| {
        let pairs = meant.iter().zip(&after.entries);
        meant.len() == after.entries.len()
            && pairs.into_iter().all(|(meant, found)| {
                Entry {
                    line: 0,
                    ..meant.clone()
                } == Entry {
                    line: 0,
                    ..found.clone()
                }
            })
    });
    if same { Ok(changed) } else { Err(by_hand()) }
}

/// The entry as it should be once the field is set; none if nothing can set this field.
fn changed_entry(entry: &Entry, id: &str, field: &str, value: &str) -> Option<Entry> {
    let mut entry = entry.clone();
    if entry.id != id {
        return Some(entry);
    }
    let text = Some(one_line(value));
    match field {
        "owner" => entry.owner = text,
        "remedy" => entry.remedy = text,
        "note" => entry.note = text,
        "last_seen" => entry.last_seen = text,
        "last_seen_at" => entry.last_seen_at = Some(super::read::instant(value)?),
        "retested_by" => entry.retested_by = text,
        "due" => entry.due = Some(super::Day::parse(value)?),
        "closed_on" => entry.closed_on = Some(super::Day::parse(value)?),
        "status" => entry.status = Status::ALL.into_iter().find(|status| status.name() == value)?,
        _ => return None,
    }
    Some(entry)
}

fn tree(file: &str, text: &str) -> Result<Node, EditError> {
    let mut errors = Vec::new();
    yaml::read_document(file, text, "a register of findings", &mut errors)
        .ok_or(EditError::Unreadable(errors))
}

fn entries(node: &Node) -> &[(Key, Node)] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

fn items(tree: &Node) -> &[Node] {
    let findings = entries(tree).iter().find(|(key, _)| key.text == "findings");
    match findings.map(|(_, node)| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// The text with another value on a field's line.
fn replace(text: &str, key: &Key, node: &Node, value: &str) -> Option<String> {
    let (start, end) = line_of(text, key.mark.line)?;
    let line = &text[start..end];
    let after_key = column(line, key.mark.column)?;
    let from = if node.is_null() {
        // There is no value: behind the colon.
        after_key + line[after_key..].find(':')? + 1
    } else if node.mark.line == key.mark.line {
        column(line, node.mark.column)?
    } else {
        return None;
    };
    let old = &line[from..];
    let length = if node.is_null() {
        old.len() - old.trim_start_matches(['~', ' ']).len()
    } else {
        scalar_length(old)?
    };
    let after = &old[length..];
    let (space, rest) = if !node.is_null() {
        ("", after.to_owned())
    } else if after.trim_start().is_empty() || after.starts_with('\r') {
        (" ", after.to_owned())
    } else {
        (" ", format!(" {after}"))
    };
    Some(format!(
        "{}{space}{value}{rest}{}",
        &text[..start + from],
        &text[end..]
    ))
}

/// How many bytes a scalar has that begins here and ends on this line.
fn scalar_length(line: &str) -> Option<usize> {
    match line.chars().next()? {
        '"' => {
            let mut escaped = false;
            line.char_indices()
                .skip(1)
                .find_map(|(at, c)| match (c, escaped) {
                    ('"', false) => Some(at + 1),
                    (c, _) => {
                        escaped = c == '\\' && !escaped;
                        None
                    }
                })
        }
        '\'' => {
            let mut rest = line[1..].match_indices('\'').map(|(at, _)| at + 1).peekable();
            while let Some(at) = rest.next() {
                if rest.peek() == Some(&(at + 1)) {
                    rest.next();
                    continue;
                }
                return Some(at + 1);
            }
            None
        }
        '|' | '>' | '&' | '*' | '!' | '{' | '[' => None,
        _ => {
            let end = line.find(" #").unwrap_or(line.len());
            Some(line[..end].trim_end().len())
        }
    }
}

/// The text with one more line below that of the id.
fn insert(text: &str, id: &Key, field: &str, value: &str) -> String {
    let (_, end) = line_of(text, id.mark.line).unwrap_or((text.len(), text.len()));
    let indent = " ".repeat(id.mark.column.saturating_sub(1) as usize);
    let ending = if text[..end].ends_with('\r') { "\r" } else { "" };
    format!(
        "{}\n{indent}{field}: {value}{ending}{}",
        &text[..end],
        &text[end..]
    )
}

/// Where a line (from 1) begins and ends, without its line feed.
fn line_of(text: &str, number: u32) -> Option<(usize, usize)> {
    let mut start = 0;
    for (n, line) in (1..).zip(text.split('\n')) {
        if n == number {
            return Some((start, start + line.len()));
        }
        start += line.len() + 1;
    }
    None
}

/// The byte at which a column (from 1, in characters) begins.
fn column(line: &str, column: u32) -> Option<usize> {
    let before = line.chars().take(column as usize - 1).map(char::len_utf8).sum();
    (before <= line.len()).then_some(before)
}
