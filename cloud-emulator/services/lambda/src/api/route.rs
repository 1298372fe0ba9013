//! Which operation a method and a path ask for.

use http::Method;
use percent_encoding::percent_decode_str;

macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        /// The operations that are emulated, in AWS's words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Operation { $($name),* }

        impl Operation {
            pub(crate) fn name(self) -> &'static str {
                match self { $(Operation::$name => stringify!($name)),* }
            }
        }
    };
}

operations! {
    CreateFunction, ListFunctions, GetFunction, DeleteFunction, GetFunctionConfiguration,
    UpdateFunctionConfiguration, UpdateFunctionCode, Invoke, InvokeAsync, PublishVersion, ListVersionsByFunction,
    CreateAlias, UpdateAlias, GetAlias, ListAliases, DeleteAlias, PutFunctionConcurrency, GetFunctionConcurrency,
    DeleteFunctionConcurrency, PutFunctionEventInvokeConfig, UpdateFunctionEventInvokeConfig,
    GetFunctionEventInvokeConfig, DeleteFunctionEventInvokeConfig, ListFunctionEventInvokeConfigs,
}

/// An operation, and what its path names: the function first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    pub(crate) parts: Vec<String>,
}

/// The route of a request; `None` for what is not emulated.
pub(crate) fn route(method: &Method, path: &str) -> Option<Route> {
    use Operation::*;
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(decode)
        .collect();
    let texts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (operation, named): (Operation, &[&str]) = match (method.as_str(), &texts[..]) {
        ("POST", ["2015-03-31", "functions"]) => (CreateFunction, &[]),
        ("GET", ["2015-03-31", "functions"]) => (ListFunctions, &[]),
        ("GET", ["2015-03-31", "functions", name]) => (GetFunction, &[name]),
        ("DELETE", ["2015-03-31", "functions", name]) => (DeleteFunction, &[name]),
        ("GET", ["2015-03-31", "functions", name, "configuration"]) => (GetFunctionConfiguration, &[name]),
        ("PUT", ["2015-03-31", "functions", name, "configuration"]) => (UpdateFunctionConfiguration, &[name]),
        ("PUT", ["2015-03-31", "functions", name, "code"]) => (UpdateFunctionCode, &[name]),
        ("POST", ["2015-03-31", "functions", name, "invocations"]) => (Invoke, &[name]),
        ("POST", ["2014-11-13", "functions", name, "invoke-async"]) => (InvokeAsync, &[name]),
        ("POST", ["2015-03-31", "functions", name, "versions"]) => (PublishVersion, &[name]),
        ("GET", ["2015-03-31", "functions", name, "versions"]) => (ListVersionsByFunction, &[name]),
        ("POST", ["2015-03-31", "functions", name, "aliases"]) => (CreateAlias, &[name]),
        ("GET", ["2015-03-31", "functions", name, "aliases"]) => (ListAliases, &[name]),
        ("GET", ["2015-03-31", "functions", name, "aliases", alias]) => (GetAlias, &[name, alias]),
        ("PUT", ["2015-03-31", "functions", name, "aliases", alias]) => (UpdateAlias, &[name, alias]),
        ("DELETE", ["2015-03-31", "functions", name, "aliases", alias]) => (DeleteAlias, &[name, alias]),
        ("PUT", ["2017-10-31", "functions", name, "concurrency"]) => (PutFunctionConcurrency, &[name]),
        ("GET", ["2019-09-30", "functions", name, "concurrency"]) => (GetFunctionConcurrency, &[name]),
        ("DELETE", ["2017-10-31", "functions", name, "concurrency"]) => (DeleteFunctionConcurrency, &[name]),
        ("PUT", ["2019-09-25", "functions", name, "event-invoke-config"]) => {
            (PutFunctionEventInvokeConfig, &[name])
        }
        ("POST", ["2019-09-25", "functions", name, "event-invoke-config"]) => {
            (UpdateFunctionEventInvokeConfig, &[name])
        }
        ("GET", ["2019-09-25", "functions", name, "event-invoke-config"]) => {
            (GetFunctionEventInvokeConfig, &[name])
        }
        ("DELETE", ["2019-09-25", "functions", name, "event-invoke-config"]) => {
            (DeleteFunctionEventInvokeConfig, &[name])
        }
        ("GET", ["2019-09-25", "functions", name, "event-invoke-config", "list"]) => {
            (ListFunctionEventInvokeConfigs, &[name])
        }
        _ => return None,
    };
    Some(Route {
        operation,
        parts: named.iter().map(|part| (*part).to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_operations_and_functions() {
        let found = route(
            &Method::POST,
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3A1/invocations",
        )
        .unwrap();
        assert_eq!(found.operation.name(), "Invoke");
        assert_eq!(found.parts, ["arn:aws:lambda:1"]);
        let found = route(&Method::GET, "/2015-03-31/functions/").unwrap();
        assert_eq!(found.operation, Operation::ListFunctions);
        for (method, path) in [
            (Method::GET, "/"),
            (Method::PATCH, "/2015-03-31/functions"),
            (Method::GET, "/2018-10-31/layers"),
            (Method::GET, "/2015-03-31/functions/a/b/c/d/e"),
        ] {
            assert_eq!(route(&method, path), None, "{path}");
        }
    }
}
