//! `findings.yaml` from its text: every error at once, each with its line.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Day, Entry, FindingsRegister, Status};
use crate::report::Severity;
use crate::scenario::Diagnostic;
use crate::scenario::decode::{
    Choice, Context, Fields, InWords, Kind, ListOf, LongText, Name, Path, Record, Table, Text, Whole, written,
};
use crate::scenario::yaml::{self, Node};

/// More findings than any plan has.
const ENTRIES: usize = 2_000;

impl FindingsRegister {
    /// Reads `findings.yaml`. `file` is its name in messages. An empty file is an empty register.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn parse(file: &str, text: &str) -> Result<FindingsRegister, Vec<Diagnostic>> {
        FindingsRegister::read(file, text, None)
    }

    /// The same on a day: what was closed later than that was not closed.
    ///
    /// # Errors
    /// As [`FindingsRegister::parse`].
    pub fn parse_on(file: &str, text: &str, today: &Day) -> Result<FindingsRegister, Vec<Diagnostic>> {
        FindingsRegister::read(file, text, Some(today))
    }

    fn read(file: &str, text: &str, today: Option<&Day>) -> Result<FindingsRegister, Vec<Diagnostic>> {
        if text.trim().is_empty() {
            return Ok(FindingsRegister::default());
        }
        let mut errors = Vec::new();
        let Some(tree) = yaml::read_document(file, text, "a register of findings", &mut errors) else {
            return Err(in_order(errors));
        };
        let mut context = Context::new(file, errors);
        let read = Record::<FindingsRegister>::new().read(&tree, &Path::Root, &mut context);
        if let Some(register) = &read {
            check(register, &mut context);
            closed_by(register, today, &mut context);
        }
        let (errors, _) = context.into_parts();
        match read {
            Some(register) if errors.is_empty() => Ok(register),
            _ => Err(in_order(errors)),
        }
    }
}

fn in_order(mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    errors.sort_by_key(|error| error.mark);
    errors.dedup_by(|later, earlier| later.mark == earlier.mark && later.path == earlier.path);
    errors
}

/// What no field shows alone: ids and keys are each there once, and what is closed says when.
fn check(register: &FindingsRegister, context: &mut Context<'_>) {
    let mut ids: HashMap<&str, u32> = HashMap::new();
    let mut keys: HashMap<&str, u32> = HashMap::new();
    for (n, entry) in register.entries.iter().enumerate() {
        let item = context.item_path("findings", n);
        let mut once = |seen: &mut HashMap<&'_ str, u32>, field: &str, value, line| {
            if let Some(first) = seen.get(value) {
                let path = format!("{item}.{field}");
                let allowed = format!("each {field} once (it is on line {first} already)");
                context.error(
                    context.mark_of(&path),
                    path,
                    format!("{value:?} again"),
                    &allowed,
                    None,
                );
                return None;
            }
            Some(line)
        };
        if let Some(line) = once(&mut ids, "id", entry.id.as_str(), entry.line) {
            ids.insert(&entry.id, line);
        }
        if let Some(line) = once(&mut keys, "key", entry.key.as_str(), entry.line) {
            keys.insert(&entry.key, line);
        }
        if entry.status == Status::Closed && entry.closed_on.is_none() {
            let path = format!("{item}.closed_on");
            let found = "no `closed_on` of a closed finding".to_owned();
            let hint = Some("say when it was closed: closed_on: 2026-12-31".to_owned());
            context.error(context.mark_of(&path), path, found, Day::ALLOWED, hint);
        }
    }
}

/// Nothing is closed in the future: it would hide a finding until then.
fn closed_by(register: &FindingsRegister, today: Option<&Day>, context: &mut Context<'_>) {
    let Some(today) = today else { return };
    for (n, entry) in register.entries.iter().enumerate() {
        if let Some(day) = entry.closed_on.as_ref().filter(|day| *day > today) {
            let path = format!("{}.closed_on", context.item_path("findings", n));
            let allowed = format!("a date until today, {today} (UTC)");
            context.error(context.mark_of(&path), path, format!("{day}"), &allowed, None);
        }
    }
}

/// A time in RFC 3339, in UTC.
pub(super) fn instant(text: &str) -> Option<String> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(at.to_string())
}

/// When something began, as reports have it.
struct Instant(String);

impl InWords for Instant {
    const ALLOWED: &'static str = "a time, as 2026-12-31T10:00:00Z";
    const PATTERN: &'static str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        instant(text).map(Instant).ok_or(None)
    }
}

impl Table for FindingsRegister {
    const DOC: &'static str = "A register of findings.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        f.required("version", "The version of the format.", Whole(1, 1));
        let entries = f.or_empty("findings", "The findings.", ListOf::new(ENTRIES));
        Some(FindingsRegister { entries })
    }
}

impl Table for Entry {
    const DOC: &'static str = "One finding.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let id = f.required("id", "Its id, as F-001.", Name::Free);
        let key = f.required(
            "key",
            "Which finding it is, as firedrill findings shows it.",
            Text,
        );
        let scenario = f
            .optional(
                "scenario",
                "The scenario whose drills find it.",
                OrBlank(Name::Free),
            )
            .flatten();
        let text = f.optional("text", "What it says.", OrBlank(LongText)).flatten();
        let severity = f
            .optional("severity", "How much it matters.", OrBlank(severities()))
            .flatten();
        let step = f
            .optional("step", "The step that it is about.", OrBlank(Text))
            .flatten();
        let service = f
            .optional("service", "The service that it is about.", OrBlank(Text))
            .flatten();
        let fault = f
            .optional("fault", "The fault that it is about.", OrBlank(Text))
            .flatten();
        let owner = f.optional("owner", "Who sees to it.", OrBlank(Text)).flatten();
        let due = f.optional("due", "By when.", OrBlank(written())).flatten();
        let remedy = f
            .optional("remedy", "What is to be done.", OrBlank(LongText))
            .flatten();
        let status = f.or("status", "What became of it.", statuses(), Status::Open.name());
        let first_seen = f
            .optional("first_seen", "The first run that found it.", OrBlank(Text))
            .flatten();
        let last_seen = f
            .optional("last_seen", "The last run that found it.", OrBlank(Text))
            .flatten();
        let last_seen_at = f
            .optional(
                "last_seen_at",
                "When that run began.",
                OrBlank(written::<Instant>()),
            )
            .flatten();
        let retested_by = f
            .optional(
                "retested_by",
                "The run that did not find it any more.",
                OrBlank(Text),
            )
            .flatten();
        let closed_on = f
            .optional("closed_on", "When it was closed.", OrBlank(written()))
            .flatten();
        let note = f
            .optional("note", "Whatever else is to be remembered.", OrBlank(LongText))
            .flatten();
        Some(Entry {
            id: id?,
            key: key?,
            scenario,
            text,
            severity,
            step,
            service,
            fault,
            owner,
            due,
            remedy,
            status,
            first_seen,
            last_seen,
            last_seen_at: last_seen_at.map(|Instant(at)| at),
            retested_by,
            closed_on,
            note,
            line: f.line,
        })
    }
}

/// A field that may stand there without a value, to be filled in later.
struct OrBlank<K>(K);

impl<K: Kind> Kind for OrBlank<K> {
    type Out = Option<K::Out>;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Self::Out> {
        if node.is_null() {
            Some(None)
        } else {
            self.0.read(node, at, context).map(Some)
        }
    }

    fn allowed(&self) -> String {
        self.0.allowed()
    }

    fn schema(&self) -> Json {
        self.0.schema()
    }
}

fn severities() -> Choice<'static, Severity> {
    Choice::new([
        ("critical", Severity::Critical),
        ("warning", Severity::Warning),
        ("note", Severity::Note),
    ])
}

fn statuses() -> Choice<'static, Status> {
    Choice::new(Status::ALL.map(|status| (status.name(), status)))
}

impl InWords for Day {
    const ALLOWED: &'static str = "a date, as 2026-12-31";
    const PATTERN: &'static str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        Day::parse(text).ok_or_else(|| {
            let parts: Vec<&str> = text.split(['.', '/', '-']).collect();
            match parts[..] {
                [day, month, year] if year.len() == 4 => {
                    Some(format!("year first: {year}-{month:0>2}-{day:0>2}"))
                }
                _ => None,
            }
        })
    }
}
