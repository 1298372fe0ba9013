//! What decoding gathers on its way: errors, the places of fields, names declared and referred to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use super::name_kind::{INSTANTS, NameKind};
use crate::scenario::diagnostic::{Diagnostic, Mark, Places, nearest};
use crate::scenario::yaml::{MAX_ERRORS, Node, shortened};

/// The path of a field, from the field up to the root.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    /// The file as a whole.
    Root,
    /// An entry of a map.
    Key(&'a Path<'a>, &'a str),
    /// An item of a list.
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Key(Path::Root, key) => f.write_str(&shortened(key)),
            Path::Key(parent, key) => write!(f, "{parent}.{}", shortened(key)),
            Path::Item(parent, n) => write!(f, "{parent}[{n}]"),
        }
    }
}

struct Referred {
    names: NameKind,
    text: String,
    mark: Mark,
    path: String,
}

/// See the module.
pub(crate) struct Context<'a> {
    file: &'a str,
    pub(crate) errors: Vec<Diagnostic>,
    places: Places,
    /// The items of each list that could be read.
    kept: BTreeMap<String, Vec<usize>>,
    /// In the order of the file.
    declared: BTreeMap<NameKind, Vec<String>>,
    /// Where each was declared.
    marks: HashMap<(NameKind, String), Mark>,
    referred: Vec<Referred>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(file: &'a str, errors: Vec<Diagnostic>) -> Self {
        Context {
            file,
            errors,
            places: Places::default(),
            kept: BTreeMap::new(),
            declared: BTreeMap::new(),
            marks: HashMap::new(),
            referred: Vec::new(),
        }
    }

    /// The errors, and where fields stand.
    pub(crate) fn into_parts(self) -> (Vec<Diagnostic>, Places) {
        (self.errors, self.places)
    }

    /// The file, as the user named it.
    pub(crate) fn file(&self) -> &str {
        self.file
    }

    /// Whether there are so many errors that no more are noted.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.len() >= MAX_ERRORS
    }

    /// Notes an error.
    pub(crate) fn error(
        &mut self,
        mark: Mark,
        path: String,
        found: String,
        allowed: &str,
        hint: Option<String>,
    ) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(Diagnostic {
                file: self.file.to_owned(),
                mark,
                path,
                found,
                allowed: allowed.to_owned(),
                hint,
            });
        }
    }

    /// Notes that something else than `allowed` stands in `node`.
    pub(crate) fn unexpected(&mut self, node: &Node, at: &Path<'_>, allowed: &str, hint: Option<String>) {
        self.error(node.mark, at.to_string(), node.shown(), allowed, hint);
    }

    /// Notes where a field stands.
    pub(crate) fn place(&mut self, at: &Path<'_>, mark: Mark) {
        self.places.insert(at.to_string(), mark);
    }

    /// Where the field of this path stands; if it is not given, where its nearest ancestor does.
    pub(crate) fn mark_of(&self, path: &str) -> Mark {
        self.places.mark_of(path)
    }

    /// Notes which items of a list could be read.
    pub(crate) fn keep(&mut self, list: &Path<'_>, items: Vec<usize>) {
        self.kept.insert(list.to_string(), items);
    }

    /// The path of the `n`-th item among those of a list that could be read.
    pub(crate) fn item_path(&self, list: &str, n: usize) -> String {
        let item = self.kept.get(list).and_then(|items| items.get(n)).unwrap_or(&n);
        format!("{list}[{item}]")
    }

    /// Whether something stands at this path, be it right or wrong.
    pub(crate) fn given(&self, path: &str) -> bool {
        self.places.contains(path)
    }

    /// Whether there is an error at this very path.
    pub(crate) fn failed(&self, path: &str) -> bool {
        self.errors.iter().any(|error| error.path == path)
    }

    /// Declares a name; a second of that name is an error.
    pub(crate) fn declare(&mut self, names: NameKind, name: &str, mark: Mark, path: String) {
        if names == NameKind::VARIABLE {
            return;
        }
        match self.marks.get(&(names, name.to_owned())) {
            Some(first) => {
                let allowed = format!(
                    "a name of its own for each {} (it is on line {} already)",
                    names.word(),
                    first.line
                );
                self.error(mark, path, format!("{name:?} again"), &allowed, None);
            }
            None => {
                self.marks.insert((names, name.to_owned()), mark);
                self.declared.entry(names).or_default().push(name.to_owned());
            }
        }
    }

    /// Refers to a name that may be declared later in the file.
    pub(crate) fn refer(&mut self, names: NameKind, text: &str, mark: Mark, path: String) {
        self.referred.push(Referred {
            names,
            text: text.to_owned(),
            mark,
            path,
        });
    }

    /// Every reference to a name that nothing declares is an error.
    pub(crate) fn resolve(&mut self) {
        let mut all: BTreeMap<NameKind, (Vec<String>, HashSet<String>)> = BTreeMap::new();
        for referred in std::mem::take(&mut self.referred) {
            if self.is_full() {
                return;
            }
            let (known, set) = all.entry(referred.names).or_insert_with(|| {
                let known = self.known(referred.names);
                let set = known.iter().cloned().collect();
                (known, set)
            });
            if set.contains(&referred.text) {
                continue;
            }
            let word = referred.names.word();
            let allowed = if known.is_empty() {
                format!("a {word}, of which the scenario has none")
            } else {
                format!("a {word} of the scenario: {}", listed(known))
            };
            let hint = nearest(&referred.text, known.iter().map(String::as_str));
            let found = format!("{:?}", shortened(&referred.text));
            self.error(referred.mark, referred.path, found, &allowed, hint);
        }
    }

    fn known(&self, names: NameKind) -> Vec<String> {
        let of = |names: NameKind| self.declared.get(&names).into_iter().flatten().cloned();
        match names {
            NameKind::DATA => {
                let of_data = self.declared.iter().filter(|(names, _)| names.is_of_data());
                let mut all: Vec<String> = of_data.flat_map(|(_, names)| names.clone()).collect();
                all.sort();
                all.dedup();
                all
            }
            NameKind::INSTANT => {
                let steps = of(NameKind::STEP);
                INSTANTS
                    .iter()
                    .map(|name| (*name).to_owned())
                    .chain(steps)
                    .collect()
            }
            names => of(names).collect(),
        }
    }
}

/// `a, b, c`, cut off when there are many.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [first @ .., _] if names.len() > 12 => {
            format!("{} and {} more", first[..11].join(", "), names.len() - 11)
        }
        names => names.join(", "),
    }
}
