//! Faults, detection, and the steps of the runbook.

use crate::scenario::actions::{self, Branch, Parallel};
use crate::scenario::chosen::StepAction;
use crate::scenario::decode::{
    Choice, Context, Documentation, Fields, INSTANTS, Kind, Listed, LongText, Name, NameKind, NotEmpty, Path,
    Record, Shape, Shaped, Switch, Table, Text, Variant, Whole, duration, either, ordered, small, written,
};
use crate::scenario::faults;
use crate::scenario::limits::{INSTANT, ITEMS, LONGEST, SEEN, SHORTEST_PERIOD};
use crate::scenario::registry::variants;
use crate::scenario::yaml::{Node, Value};
use crate::scenario::{
    DECLARE, Detection, Fault, Inject, OnFailure, Reference, Source, Step, Takes, Vantage, When, Within,
};
use crate::units::Span;

impl Table for Fault {
    const DOC: &'static str = "A fault: what is broken on purpose, and when.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let id = f.optional("id", "Its id (default: what it does).", Name::Free);
        if let Some(id) = &id {
            f.declare(NameKind::FAULT, "id", id);
        }
        let at = f.required(
            "at",
            "When: from drill 0, or from the beginning of a step, as step:restore+30s.",
            Moment,
        );
        let action = f.variant("What it does.", &variants(faults::registered()));
        Some(Fault {
            id: id.unwrap_or_default(),
            at: at?,
            action: action?,
            for_: f.ends_after,
            line: f.line,
        })
    }
}

/// A fault as the file has it, which may be injected several times.
pub(super) struct Repeated {
    fault: Fault,
    repeat: Option<Repeat>,
}

struct Repeat {
    every: Span,
    times: u32,
}

impl Table for Repeat {
    const DOC: &'static str = "How often it is injected.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let every = f.required(
            "every",
            "From one time to the next.",
            duration(SHORTEST_PERIOD, LONGEST),
        );
        let times = f.required("times", "How often in all.", Whole(2, 100));
        Some(Repeat {
            every: every?,
            times: small(times?),
        })
    }
}

impl Table for Repeated {
    const DOC: &'static str = Fault::DOC;
    const DOCUMENTATION: Documentation = Documentation {
        details: "A fault is injected at a time from drill 0 (`at: 35m`), or relative to the beginning \
            of a step (`at: \"step:restore+30s\"`). What it breaks is chosen by the seed, and it \
            is verified by reading back that it is in force. Faults may overlap; two that hold the \
            same thing at once are an error.",
        needs: &[],
        example: r"
faults:
  - {at: 35m, do: s3.delete_objects, bucket: programs, fraction: 0.6, mode: marker}
  - {id: slow-down, at: 40m, do: aws.throttle, service: s3, for: 2m, repeat: {every: 10m, times: 3}}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let fault = Fault::table(f);
        let repeat = f.optional::<Record<Repeat>>("repeat", "How often it is injected.", Record::new());
        let fault = fault?;
        if let Some(repeat) = &repeat {
            let lasts = fault.for_.unwrap_or(Span::MAX);
            if fault.for_.is_none() {
                let found = "a fault that is repeated and never ends".to_owned();
                f.wrong("repeat", found, "`for:` beside it, shorter than `every`", None);
            } else if lasts >= repeat.every {
                let found = format!("every {}, and it lasts {lasts}", repeat.every);
                f.wrong("repeat.every", found, "longer than `for`", None);
            }
        }
        Some(Repeated { fault, repeat })
    }
}

impl Repeated {
    /// The fault, once for each time; the first has its id, the others that with `-2`, `-3` and so on.
    pub(super) fn times(self) -> Vec<Fault> {
        let Repeated { fault, repeat } = self;
        let times = repeat.as_ref().map_or(1, |repeat| repeat.times);
        let nth = |n: u32| {
            let later = repeat
                .as_ref()
                .map_or(Span::ZERO, |repeat| repeat.every.times(i64::from(n)));
            let at = match &fault.at {
                When::Clock(at) => When::Clock(*at + later),
                When::Step { step, after } => When::Step {
                    step: step.clone(),
                    after: *after + later,
                },
            };
            let id = match (n, fault.id.as_str()) {
                (0, id) => id.to_owned(),
                (_, "") => String::new(),
                (n, id) => format!("{id}-{}", n + 1),
            };
            Fault {
                id,
                at,
                ..fault.clone()
            }
        };
        (0..times).map(nth).collect()
    }
}

/// The kind of the time of a fault.
struct Moment;

impl Kind for Moment {
    type Out = When;

    fn read(&self, node: &Node, at: &Path<'_>, context: &mut Context<'_>) -> Option<When> {
        let text = match &node.value {
            Value::Scalar { text, .. } => text.trim(),
            _ => "",
        };
        let Some(relative) = text.strip_prefix("step:") else {
            return duration(INSTANT, LONGEST)
                .read(node, at, context)
                .map(When::Clock);
        };
        let (step, after) = match relative.split_once('+') {
            Some((step, after)) => (step.trim(), after.trim().parse::<Span>().ok()),
            None => (relative.trim(), Some(Span::ZERO)),
        };
        let Some(after) = after.filter(|after| (Span::ZERO..=LONGEST).contains(after)) else {
            context.unexpected(node, at, &self.allowed(), None);
            return None;
        };
        context.refer(NameKind::STEP, step, node.mark, at.to_string());
        Some(When::Step {
            step: step.to_owned(),
            after,
        })
    }

    fn allowed(&self) -> String {
        format!("{}, or step:ID+DURATION", duration(INSTANT, LONGEST).allowed())
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({"anyOf": [
            duration(INSTANT, LONGEST).schema(),
            {"type": "string", "pattern": "^step: *[A-Za-z0-9][A-Za-z0-9._-]*( *\\+.*)?$"},
        ]})
    }
}

impl Table for Inject {
    const DOC: &'static str = "Tells people something at a time of the drill.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "An inject is information for the people who take part, in any kind of exercise. It \
            changes nothing in the emulated cloud.",
        needs: &[],
        example: r#"
inject:
  - {at: 45m, to: press officer, text: "A journalist asks since when you have known."}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let at = f.required("at", "When, from drill 0.", duration(Span::ZERO, LONGEST));
        let text = f.required("text", "What they are told.", LongText);
        let to = f.optional("to", "The role that it is for (default: all).", Text);
        Some(Inject {
            at: at?,
            text: text?,
            to,
            line: f.line,
        })
    }
}

impl Table for Detection {
    const DOC: &'static str = "Detects that a service is down, as monitoring would, and starts the runbook.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Starts the runbook: its first step begins when detection fires.",
        needs: &[("probes", "the probe")],
        example: r"
detection: {probe: program-delivery, failing: 3 of 5, every: 1m}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let probe = f.required(
            "probe",
            "The probe whose results it watches.",
            Name::Of(NameKind::PROBE),
        );
        let failing = f.or(
            "failing",
            "How many of its last results must be failures.",
            written(),
            "3 of 5",
        );
        let every = f.or(
            "every",
            "The interval at which it reads them.",
            duration(SHORTEST_PERIOD, LONGEST),
            "1m",
        );
        let from = f.or(
            "from",
            "Where it stands.",
            Choice::new([("external", Vantage::External)]),
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
    const DOCUMENTATION: Documentation = Documentation {
        details: "A step begins when those in `after` have ended (default: the one before it). It lasts \
            as long as its modelled time (`takes`) plus the work that is done here. `within` is \
            checked at its end and never waited for. The end of the step `declare` is the \
            declaration of the disaster, from which windows count.",
        needs: &[("detection", "who starts the runbook")],
        example: r#"
runbook:
  - {id: declare, do: human, within: 0m..20m, takes: {p50: 5m, p95: 15m}}
  - {id: assess, do: s3.audit, bucket: programs, within: 10m..20m, source: "plan:168-170"}
  - {id: restore, do: s3.restore_versions, damaged: assess, timeout: 1h, on_failure: retry}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        step(f, &variants(actions::registered()))
    }
}

impl Table for Branch {
    const DOC: &'static str = "A step of the recovery procedure, side by side with others.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let no_parallel = |variant: &&Variant<StepAction>| variant.name != Parallel::NAME;
        let variants = variants(actions::registered());
        let variants: Vec<Variant<StepAction>> = variants.iter().filter(no_parallel).cloned().collect();
        step(f, &variants).map(Branch)
    }
}

/// The fields of a step that does one of `variants`.
fn step(f: &mut Fields<'_, '_>, variants: &[Variant<StepAction>]) -> Option<Step> {
    let id = f.required(
        "id",
        "Its id; that of the step that declares the disaster is `declare`.",
        Name::Free,
    );
    let action = f.variant("What it does.", variants);
    if let Some(id) = &id {
        declare_step(f, id, variants);
    }
    let doc = "When it should end, counted from the declaration unless `from` says otherwise.";
    let within = f.optional("within", doc, either(Record::<Window>::new(), window()));
    let doc = "What `within` counts from: fault, detection, declaration, or the end of an earlier step.";
    let from = if f.taken("from") {
        None
    } else {
        f.optional("from", doc, Instant)
    };
    if from.is_some() {
        check_from(f, within.as_ref());
    }
    let takes = f.optional(
        "takes",
        "Modelled time that it takes beside the work done here.",
        Shaped(TAKES),
    );
    let source = f.or(
        "source",
        "Where the step, its window and its duration come from.",
        written(),
        "assumed",
    );
    let on_failure = f.or(
        "on_failure",
        "What happens when it fails: the steps after it go on (continue), the runbook ends (abort), or it is tried again (retry).",
        failures(),
        "continue",
    );
    let after = f.optional(
        "after",
        "The steps that must have ended before it begins (default: the one before it).",
        Listed {
            max: ITEMS,
            item: Name::Of(NameKind::STEP),
        },
    );
    let timeout = f.optional(
        "timeout",
        "When it has failed if it is not done by then (of shell: in wall time, default 10m).",
        duration(INSTANT, LONGEST),
    );
    let (max_attempts, retry_after) = retries(f, on_failure);
    let leaves_off = f.or(
        "leaves_off",
        "The plan leaves a protection off that this step turns off; its `source:` says where.",
        Switch,
        "false",
    );
    if leaves_off && source == Source::Assumed {
        f.wrong(
            "leaves_off",
            "`leaves_off` of a step without a plan as its source".to_owned(),
            "`source:` beside it, as plan:44",
            None,
        );
    }
    let (path, line) = (f.path(), f.line);
    let id = id?;
    Some(Step {
        leaves_off,
        within: within.map(|window| window.filled(&id, from)),
        action: action?,
        takes,
        source,
        on_failure,
        after: after.unwrap_or_else(|| vec![String::new()]),
        timeout,
        max_attempts,
        retry_after,
        path,
        line,
        id,
    })
}

/// How often a step is tried, and how long it pauses in between; only where it says `on_failure: retry`.
fn retries(f: &mut Fields<'_, '_>, on_failure: OnFailure) -> (u32, Span) {
    let doc = "How often it is tried in all (default 3, with on_failure: retry).";
    let max_attempts = f.optional("max_attempts", doc, Whole(2, 100));
    let doc = "How long it pauses before it is tried again (default 30s, with on_failure: retry).";
    let retry_after = f.optional("retry_after", doc, duration(Span::ZERO, LONGEST));
    for (field, given) in [
        ("max_attempts", max_attempts.is_some()),
        ("retry_after", retry_after.is_some()),
    ] {
        if given && on_failure != OnFailure::Retry {
            let found = format!("`{field}` of a step that is tried once");
            f.wrong(field, found, "`on_failure: retry` beside it", None);
        }
    }
    match on_failure {
        OnFailure::Retry => (
            max_attempts.map_or(3, small),
            retry_after.unwrap_or(Span::from_secs(30)),
        ),
        _ => (1, Span::ZERO),
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

fn declare_step(f: &mut Fields<'_, '_>, id: &str, variants: &[Variant<StepAction>]) {
    f.declare(NameKind::STEP, "id", id);
    for variant in variants {
        if let Some(names) = variant.declares
            && f.may_say("do", variant.name)
        {
            f.declare(names, "id", id);
        }
    }
    if INSTANTS.contains(&id) {
        let allowed = format!("any name but {}, which `from` knows", INSTANTS.join(", "));
        f.wrong("id", format!("{id:?}"), &allowed, None);
    }
}

fn failures() -> Choice<'static, OnFailure> {
    Choice::new([
        ("continue", OnFailure::Continue),
        ("abort", OnFailure::Abort),
        ("retry", OnFailure::Retry),
    ])
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
        context.refer(NameKind::INSTANT, &name, node.mark, at.to_string());
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

/// The distributions of a modelled duration.
const TAKES: &[Shape<Takes>] = &[
    Shape {
        doc: "Log-normal, from its median and its 95th percentile; a constant if they are equal.",
        keys: &["p50", "p95"],
        table: lognormal,
    },
    Shape {
        doc: "PERT (a Beta distribution), from its bounds and its most likely value.",
        keys: &["least", "likely", "most"],
        table: pert,
    },
    Shape {
        doc: "Uniform between its bounds.",
        keys: &["least", "most"],
        table: uniform,
    },
    Shape {
        doc: "One of the values that past runs took, each as likely as another.",
        keys: &["seen"],
        table: seen,
    },
];

fn lognormal(f: &mut Fields<'_, '_>) -> Option<Takes> {
    let p50 = modelled(f, "p50", "The median.");
    let p95 = modelled(f, "p95", "The 95th percentile.");
    let (p50, p95) = (p50?, p95?);
    ordered(f, ("p50", p50), ("p95", p95));
    Some(Takes::Lognormal { p50, p95 })
}

fn pert(f: &mut Fields<'_, '_>) -> Option<Takes> {
    let least = modelled(f, "least", "The shortest that it can be.");
    let likely = modelled(f, "likely", "The most likely one.");
    let most = modelled(f, "most", "The longest that it can be.");
    let (least, likely, most) = (least?, likely?, most?);
    ordered(f, ("least", least), ("likely", likely));
    ordered(f, ("likely", likely), ("most", most));
    Some(Takes::Pert { least, likely, most })
}

fn uniform(f: &mut Fields<'_, '_>) -> Option<Takes> {
    let least = modelled(f, "least", "The shortest that it can be.");
    let most = modelled(f, "most", "The longest that it can be.");
    let (least, most) = (least?, most?);
    ordered(f, ("least", least), ("most", most));
    Some(Takes::Uniform { least, most })
}

fn seen(f: &mut Fields<'_, '_>) -> Option<Takes> {
    let values = Listed {
        max: SEEN,
        item: duration(Span::ZERO, LONGEST),
    };
    let mut seen = f.required("seen", "The values, in any order.", NotEmpty(values))?;
    seen.sort_unstable();
    Some(Takes::Seen { seen })
}

fn modelled(f: &mut Fields<'_, '_>, key: &'static str, doc: &str) -> Option<Span> {
    f.required(key, doc, duration(Span::ZERO, LONGEST))
}
