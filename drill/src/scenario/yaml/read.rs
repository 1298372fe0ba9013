//! From the parser's events to the tree, without recursion.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::tree::{Key, MAX_ERRORS, Node, Value, shortened};
use crate::scenario::diagnostic::{Diagnostic, Mark};

/// The largest file that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting.
const MAX_DEPTH: usize = 32;
/// The most values in one file.
const MAX_NODES: usize = 50_000;

/// Reads a scenario's text as one tree; see [`read_document`].
pub(crate) fn read(file: &str, text: &str, errors: &mut Vec<Diagnostic>) -> Option<Node> {
    read_document(file, text, "a scenario", errors)
}

/// Reads a file's text as one tree; `what` is what it should be, in messages. Errors that leave the tree whole (a duplicate
/// key, a tag) go to `errors`; without a tree there is at least one of them.
pub(crate) fn read_document(
    file: &str,
    text: &str,
    what: &'static str,
    errors: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let mut reader = Reader {
        file,
        what,
        errors,
        open: Vec::new(),
        root: None,
        nodes: 0,
    };
    if text.len() > MAX_BYTES {
        let found = format!("{} bytes", text.len());
        reader.error(FIRST, found, "at most 1 MiB", None);
        return None;
    }
    reader.run(text)?;
    if reader.root.is_none() {
        reader.error(
            FIRST,
            "an empty file".to_owned(),
            what,
            Some("begin with `version: 1`"),
        );
    }
    reader.root
}

const FIRST: Mark = Mark { line: 1, column: 1 };

/// A collection that is not yet closed.
struct Open {
    mark: Mark,
    items: Vec<Node>,
    entries: Vec<(Key, Node)>,
    /// The lines of its keys.
    lines: HashMap<String, u32>,
    key: Option<Key>,
    is_map: bool,
}

struct Reader<'a> {
    file: &'a str,
    what: &'static str,
    errors: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
}

impl Reader<'_> {
    /// Takes events until the end; `None` when the rest cannot be understood.
    fn run(&mut self, text: &str) -> Option<()> {
        let mut documents = 0;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for event in Parser::new_from_str(text) {
            if self.errors.len() >= MAX_ERRORS {
                return None;
            }
            let (event, span) = match event {
                Ok(event) => event,
                Err(e) => {
                    let mark = mark(e.marker());
                    let hint = "look at the indentation, brackets and quotes up to here";
                    self.error(
                        mark,
                        format!("broken YAML ({})", e.info()),
                        "YAML 1.2",
                        Some(hint),
                    );
                    return None;
                }
            };
            if matches!(event, Event::DocumentStart(_)) {
                documents += 1;
            }
            if documents > 1 {
                self.error(
                    start(span),
                    "a second document".to_owned(),
                    &format!("{} a file", self.what.replacen("a ", "one ", 1)),
                    None,
                );
                return None;
            }
            self.handle(event, start(span))?;
        }
        Some(())
    }

    fn handle(&mut self, event: Event<'_>, mark: Mark) -> Option<()> {
        match event {
            Event::Alias(_) => {
                self.refuse(mark, "an alias", "write the value out");
                self.scalar(mark, String::new(), false)
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_decoration(mark, anchor, tag.is_some());
                self.scalar(mark, text.into_owned(), style != ScalarStyle::Plain)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_decoration(mark, anchor, tag.is_some());
                self.begin(mark, false)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_decoration(mark, anchor, tag.is_some());
                self.begin(mark, true)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self.open.pop()?;
                let value = if open.is_map {
                    Value::Map(open.entries)
                } else {
                    Value::List(open.items)
                };
                self.put(Node {
                    mark: open.mark,
                    value,
                })
            }
            _ => Some(()),
        }
    }

    fn begin(&mut self, mark: Mark, is_map: bool) -> Option<()> {
        if self.open.len() >= MAX_DEPTH {
            let found = format!("more than {MAX_DEPTH} levels of nesting");
            self.error(mark, found, &format!("at most {MAX_DEPTH}"), None);
            return None;
        }
        self.open.push(Open {
            mark,
            items: Vec::new(),
            entries: Vec::new(),
            lines: HashMap::new(),
            key: None,
            is_map,
        });
        Some(())
    }

    fn scalar(&mut self, mark: Mark, text: String, quoted: bool) -> Option<()> {
        if let Some(open) = self.open.last_mut()
            && open.is_map
            && open.key.is_none()
        {
            open.key = Some(Key { mark, text });
            return Some(());
        }
        self.put(Node {
            mark,
            value: Value::Scalar { text, quoted },
        })
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, node: Node) -> Option<()> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let found = format!("more than {MAX_NODES} values");
            self.error(node.mark, found, &format!("at most {MAX_NODES}"), None);
            return None;
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(open) if !open.is_map => open.items.push(node),
            Some(open) => match open.key.take() {
                Some(key) => self.entry(key, node),
                None => {
                    // The node is a key itself; a text stands in for it, so that its value finds a place.
                    let mark = node.mark;
                    open.key = Some(Key {
                        mark,
                        text: String::new(),
                    });
                    self.error(
                        mark,
                        format!("{} as a key", node.shown()),
                        "a text as a key",
                        None,
                    );
                }
            },
        }
        Some(())
    }

    fn entry(&mut self, key: Key, node: Node) {
        let Some(open) = self.open.last_mut() else { return };
        if let Some(before) = open.lines.get(&key.text) {
            let found = format!("the key {:?} again", shortened(&key.text));
            let allowed = format!("each key once (it is on line {before} already)");
            self.error(key.mark, found, &allowed, None);
        } else {
            open.lines.insert(key.text.clone(), key.mark.line);
            open.entries.push((key, node));
        }
    }

    fn refuse_decoration(&mut self, mark: Mark, anchor: usize, tagged: bool) {
        if anchor > 0 {
            self.refuse(mark, "an anchor", "take the `&name` away");
        }
        if tagged {
            self.refuse(mark, "a tag", "take the `!name` away");
        }
    }

    fn refuse(&mut self, mark: Mark, found: &str, hint: &str) {
        let allowed = "plain YAML without anchors, aliases and tags";
        self.error(mark, found.to_owned(), allowed, Some(hint));
    }

    fn error(&mut self, mark: Mark, found: String, allowed: &str, hint: Option<&str>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(Diagnostic {
                file: self.file.to_owned(),
                mark,
                path: self.path(),
                found,
                allowed: allowed.to_owned(),
                hint: hint.map(str::to_owned),
            });
        }
    }

    /// The path of the value that is being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match (&open.key, open.is_map) {
                (Some(key), _) => {
                    let dot = if path.is_empty() { "" } else { "." };
                    path = format!("{path}{dot}{}", shortened(&key.text));
                }
                (None, false) => path = format!("{path}[{}]", open.items.len()),
                (None, true) => {}
            }
        }
        path
    }
}

fn start(span: Span) -> Mark {
    mark(&span.start)
}

fn mark(marker: &saphyr_parser::Marker) -> Mark {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Mark {
        line: number(marker.line()).max(1),
        column: number(marker.col()).saturating_add(1),
    }
}
