//! What a scenario says of functions.

use super::{BuiltIn, Function, FunctionCode};
use crate::scenario::beside::{INSIDE, leads_out};
use crate::scenario::decode::{
    AnyText, Choice, Fields, Listed, Name, NameKind, ScalarMap, Table, Text, Whole, duration, size, small,
};
use crate::scenario::limits::{INSTANT, ITEMS, REGIONS};
use crate::scenario::or_primary;
use crate::services::s3;
use crate::units::Span;

/// The longest that Lambda lets an invocation take.
const LONGEST_TIMEOUT: Span = Span::from_mins(15);

impl Table for Function {
    const DOC: &'static str = "A function of the cloud.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.optional("name", "Its name at AWS (default: the label).", Name::Free);
        let regions = f.or_empty(
            "regions",
            "The regions that have it from the start, the one in use first (default: primary).",
            Listed {
                max: REGIONS,
                item: Name::Of(NameKind::REGION),
            },
        );
        let code = code(f);
        let doc = "After how long an invocation is ended (wall time).";
        let timeout = f.or("timeout", doc, duration(INSTANT, LONGEST_TIMEOUT), "3s");
        let memory = f.or("memory", "Its memory.", size(128 << 20, 10 << 30), "128MiB");
        let reserved_concurrency = f.optional(
            "reserved_concurrency",
            "Execution environments reserved for it.",
            Whole(0, 1000),
        );
        let bucket = f.optional(
            "bucket",
            "The label of the bucket that it writes to.",
            Name::Of(s3::BUCKETS),
        );
        let env = f.or_empty(
            "env",
            "Further variables of its environment.",
            ScalarMap {
                names: NameKind::VARIABLE,
                max: ITEMS,
                item: AnyText,
            },
        );
        let on_failure = f.optional(
            "on_failure",
            "The label of the bucket for asynchronous events that failed for good.",
            Name::Of(s3::BUCKETS),
        );
        let retries = f.or(
            "retries",
            "How often an asynchronous event is tried again.",
            Whole(0, 2),
            "2",
        );
        Some(Function {
            label: f.name.clone(),
            name: name.unwrap_or_else(|| f.name.clone()),
            regions: or_primary(regions),
            code: code?,
            timeout,
            memory,
            reserved_concurrency: reserved_concurrency.map(small),
            bucket,
            env: env.into_iter().map(|(name, _, value)| (name, value)).collect(),
            on_failure,
            retries: small(retries),
            line: f.line,
        })
    }
}

/// What it runs: `built_in`, or a `package` with its runtime and handler.
fn code(f: &mut Fields<'_, '_>) -> Option<FunctionCode> {
    let built_in = Choice::new(BuiltIn::ALL.map(|function| (function.name(), function)));
    let built_in = f.optional("built_in", "A function that ships with Firedrill.", built_in);
    let package = f.optional(
        "package",
        "A zip or a folder in the scenario's folder (instead of `built_in`).",
        Text,
    );
    let runtime = f.optional(
        "runtime",
        "Of a package (default: provided.al2023).",
        Choice::names(&RUNTIMES),
    );
    let handler = f.optional(
        "handler",
        "Of a package, as Lambda has it (default: bootstrap).",
        Text,
    );
    if f.has("built_in") == f.has("package") {
        let found = if f.has("package") {
            "`built_in` and `package`"
        } else {
            "a function without code"
        };
        f.wrong("", found.to_owned(), "`built_in:` or `package:`", None);
        return None;
    }
    if let Some(path) = package.as_deref().filter(|path| leads_out(path)) {
        f.wrong("package", format!("{path:?}"), INSIDE, None);
    }
    for (field, given) in [("runtime", runtime.is_some()), ("handler", handler.is_some())] {
        if given && built_in.is_some() {
            f.wrong(
                field,
                format!("`{field}` with `built_in`"),
                "`package:` beside it",
                None,
            );
        }
    }
    match (built_in, package) {
        (Some(built_in), _) => Some(FunctionCode::BuiltIn(built_in)),
        (None, Some(path)) => Some(FunctionCode::Package {
            path,
            runtime: runtime.unwrap_or("provided.al2023").to_owned(),
            handler: handler.unwrap_or_else(|| "bootstrap".to_owned()),
        }),
        (None, None) => None,
    }
}

/// Those that can run here.
const RUNTIMES: [&str; 8] = [
    "provided.al2023",
    "provided.al2",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
];
