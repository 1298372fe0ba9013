//! Faults, detection, and the steps of the runbook.

use crate::scenario::decode::{
    Choice, Context, Fields, INSTANTS, Kind, Name, Names, Path, Record, Table, duration, either, written,
};
use crate::scenario::limits::{INSTANT, LONGEST, SHORTEST_PERIOD};
use crate::scenario::yaml::Node;
use crate::scenario::{
    DECLARE, Detection, Fault, FaultAction, OnFailure, Reference, S3Audit, Step, StepAction, Takes, Vantage,
    Within,
};
use crate::units::Span;

impl Table for Fault {
    const DOC: &'static str = "Something that breaks.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let id = f.optional("id", "Its id (default: what it does).", Name::Free);
        if let Some(id) = &id {
            f.declare(Names::Fault, "id", id);
        }
        let at = f.required("at", "When, from drill 0.", duration(INSTANT, LONGEST));
        let action = f.variant("What it does.", FaultAction::VARIANTS);
        Some(Fault {
            id: id.unwrap_or_default(),
            at: at?,
            action: action?,
            for_: f.ends_after,
            line: f.line,
        })
    }
}

impl Table for Detection {
    const DOC: &'static str = "Notices that a service is down, as monitoring would.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let probe = f.required("probe", "The probe that it asks.", Name::Of(Names::Probe));
        let failing = f.or(
            "failing",
            "How many of its last asks must fail.",
            written(),
            "3 of 5",
        );
        let every = f.or(
            "every",
            "How often it asks.",
            duration(SHORTEST_PERIOD, LONGEST),
            "1m",
        );
        let from = f.or(
            "from",
            "Where it stands.",
            Choice::of([("external", Vantage::External)]),
            "external",
        );
        Some(Detection {
            probe: probe?,
            failing,
            every,
            from,
            line: f.line,
        })
    }
}

impl Table for Step {
    const DOC: &'static str = "A step of the recovery procedure.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let id = f.required(
            "id",
            "Its id; that of the step that declares the disaster is `declare`.",
            Name::Free,
        );
        let action = f.variant("What it does.", StepAction::VARIANTS);
        if let Some(id) = &id {
            declare_step(f, id);
        }
        let doc = "When it should end, counted from the declaration unless `from` says otherwise.";
        let within = f.optional("within", doc, either(Record::<Window>::new(), window()));
        let doc = "What `within` counts from: fault, detection, declaration, or the end of an earlier step.";
        let from = match f.taken("from") {
            true => None,
            false => f.optional("from", doc, Instant),
        };
        if from.is_some() {
            check_from(f, within.as_ref());
        }
        let takes = f.optional(
            "takes",
            "Modelled time that it takes beside the work done here.",
            Record::new(),
        );
        let source = f.or(
            "source",
            "Where the step, its window and its duration come from.",
            written(),
            "assumed",
        );
        let on_failure = f.or(
            "on_failure",
            "What becomes of the steps after it.",
            failures(),
            "continue",
        );
        let id = id?;
        Some(Step {
            within: within.map(|window| window.filled(&id, from)),
            action: action?,
            takes,
            source,
            on_failure,
            line: f.line,
            id,
        })
    }
}

/// A `from` has one window to count from it, which does not say so itself.
fn check_from(f: &mut Fields<'_, '_>, within: Option<&Window>) {
    let (found, allowed) = match within {
        None => (
            "`from` without a window to count from it",
            "`from` beside `within: a..b`",
        ),
        Some(window) if window.from.is_some() => ("`from` twice, here and in `within`", "one of them"),
        Some(_) => return,
    };
    f.wrong("from", found.to_owned(), allowed, None);
}

fn declare_step(f: &mut Fields<'_, '_>, id: &str) {
    f.declare(Names::Step, "id", id);
    if f.may_say("do", S3Audit::NAME) {
        f.declare(Names::Audit, "id", id);
    }
    if INSTANTS.contains(&id) {
        let allowed = format!("any name but {}, which `from` knows", INSTANTS.join(", "));
        f.wrong("id", format!("{id:?}"), &allowed, None);
    }
}

fn failures() -> Choice<'static, OnFailure> {
    Choice::of([("continue", OnFailure::Continue), ("abort", OnFailure::Abort)])
}

/// A window, and what it counts from if it says so itself.
struct Window {
    window: (Span, Span),
    from: Option<Reference>,
}

impl Window {
    fn filled(self, id: &str, from: Option<Reference>) -> Within {
        let default = match id {
            DECLARE => Reference::Detection,
            _ => Reference::Declaration,
        };
        Within {
            from: self.window.0,
            to: self.window.1,
            counted_from: self.from.or(from).unwrap_or(default),
        }
    }
}

impl Table for Window {
    const DOC: &'static str = "A window that says itself what it counts from.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let window = f.required("window", "From when to when.", written());
        let from = f.optional("from", "What it counts from.", Instant);
        Some(Window {
            window: window?,
            from,
        })
    }
}

/// A window as `10m..20m`.
fn window() -> crate::scenario::decode::Written<Window> {
    let window = written::<(Span, Span)>();
    crate::scenario::decode::Written {
        allowed: window.allowed,
        pattern: window.pattern,
        number: window.number,
        parse: Box::new(move |text| {
            let window = (window.parse)(text)?;
            Ok(Window { window, from: None })
        }),
    }
}

/// The kind of an instant that windows count from.
struct Instant;

impl Kind for Instant {
    type Out = Reference;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<Reference> {
        let name = Name::Free.read(node, at, context)?;
        context.refer(Names::Instant, &name, node.mark, at.to_string());
        Some(match name.as_str() {
            "fault" => Reference::Fault,
            "detection" => Reference::Detection,
            "declaration" => Reference::Declaration,
            _ => Reference::Step(name),
        })
    }

    fn allowed(&self) -> String {
        "fault, detection, declaration or the id of an earlier step".to_owned()
    }

    fn schema(&self) -> serde_json::Value {
        Name::Free.schema()
    }
}

impl Table for Takes {
    const DOC: &'static str = "A modelled duration (log-normal when it is drawn).";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let p50 = f.required("p50", "The median.", duration(Span::ZERO, LONGEST));
        let p95 = f.required("p95", "The 95th percentile.", duration(Span::ZERO, LONGEST));
        let (p50, p95) = (p50?, p95?);
        ordered(f, ("p50", p50), ("p95", p95));
        Some(Takes { p50, p95 })
    }
}

/// The higher percentile is not below the lower one.
pub(super) fn ordered(
    f: &mut Fields<'_, '_>,
    (low_name, low): (&str, Span),
    (high_name, high): (&str, Span),
) {
    if high < low {
        let found = format!("{high}, which is below {low_name} ({low})");
        f.wrong(high_name, found, &format!("at least {low_name}"), None);
    }
}
