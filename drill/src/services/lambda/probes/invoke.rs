//! `lambda.invoke`: a function answers.

use crate::scenario::decode::{AnyText, Documentation, Fields, LongText, Name, Table};
use crate::scenario::probes::{ProbeSpec, Reads, Route};
use crate::services::lambda::{FUNCTIONS, invoke};

/// Invokes a function and looks at its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LambdaInvoke {
    /// The label of the function.
    pub function: String,
    /// The event, as JSON; default `{}`.
    pub payload: String,
    /// A text that the answer must contain; without it any answer that is no error will do.
    pub expect: Option<String>,
}

impl LambdaInvoke {
    /// Its name in a scenario.
    pub const NAME: &'static str = "lambda.invoke";
}

impl Table for LambdaInvoke {
    const DOC: &'static str = "Invokes a function and checks its answer.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Invokes the function synchronously where clients are sent to. It is red on an error, a \
            timeout, or an answer without `expect`.",
        needs: &[("cloud.functions", "the function")],
        example: r#"
probes:
  ingest-function: {do: lambda.invoke, function: ingest, payload: '{"id": "probe"}', every: 1m, timeout: 20s}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let function = f.required("function", "The label of the function.", Name::Of(FUNCTIONS));
        let payload = f.optional("payload", "The event, as JSON in a text (default: {}).", LongText);
        let payload = payload.unwrap_or_else(|| "{}".to_owned());
        let expect = f.optional("expect", "A text that the answer must contain.", AnyText);
        if serde_json::from_str::<serde_json::Value>(&payload).is_err() {
            f.wrong("payload", format!("{payload:?}"), "JSON, as '{\"id\": 1}'", None);
        }
        Some(LambdaInvoke {
            function: function?,
            payload,
            expect,
        })
    }
}

impl ProbeSpec for LambdaInvoke {
    fn route<'a>(&'a self, route: &mut Route<'a, '_>) {
        if let Some(region) = route.region_of(&self.function) {
            invoke(route, &self.function, region);
        }
    }

    fn names(&self) -> Vec<&str> {
        vec![&self.function]
    }

    fn reads(&self) -> Reads<'_> {
        Reads::Anything
    }
}
