//! What names stand for.

/// What names stand for; each has a space of its own. Services have kinds of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NameKind {
    word: &'static str,
    of_data: bool,
}

impl NameKind {
    pub(crate) const REGION: NameKind = NameKind::new("region");
    pub(crate) const WRITER: NameKind = NameKind::of_data("writer");
    pub(crate) const PROBE: NameKind = NameKind::new("probe");
    pub(crate) const SERVICE: NameKind = NameKind::new("service");
    pub(crate) const FAULT: NameKind = NameKind::new("fault");
    pub(crate) const STEP: NameKind = NameKind::new("step");
    /// What windows count from: steps, and the instants of [`INSTANTS`].
    pub(crate) const INSTANT: NameKind = NameKind::new("step or instant");
    /// What `data:` may name: whatever is of data.
    pub(crate) const DATA: NameKind = NameKind::new("store, rule or writer");
    /// Variables of an environment, which each step has of its own.
    pub(crate) const VARIABLE: NameKind = NameKind::new("variable");
    /// The scenarios that a recovery plan lists.
    pub(crate) const PLAN_SCENARIO: NameKind = NameKind::new("scenario of the plan");

    /// Names of things of which one is called `word`.
    pub(crate) const fn new(word: &'static str) -> NameKind {
        NameKind { word, of_data: false }
    }

    /// Likewise, of what holds, passes on or makes data, so that `data:` may name it.
    pub(crate) const fn of_data(word: &'static str) -> NameKind {
        NameKind { word, of_data: true }
    }

    /// What one of them is called.
    pub(crate) fn word(self) -> &'static str {
        self.word
    }

    /// Whether `data:` may name one of them.
    pub(super) fn is_of_data(self) -> bool {
        self.of_data
    }
}

/// The instants of a drill that windows may count from, beside the ends of steps.
pub(crate) const INSTANTS: [&str; 3] = ["fault", "detection", "declaration"];
