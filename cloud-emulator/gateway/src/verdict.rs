//! What becomes of a request: the rule decides, the gateway acts.

use std::borrow::Cow;
use std::sync::Arc;

use drill::units::{Fraction, Span};
use http::StatusCode;

use super::glob::Glob;
use super::principal::Principal;
use super::request_info::RequestInfo;

/// What the gateway does with a request. A rule says it with a [`Latency`], which may be drawn for each request; of a
/// request it is said with the time itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<L = Span> {
    /// It is served.
    Pass,
    /// It is served after so much drill time.
    Delay(L),
    /// It is answered with an error of AWS, in the shape of its protocol.
    Error {
        /// The status.
        status: StatusCode,
        /// The code (`InternalError`).
        code: Cow<'static, str>,
        /// The message.
        message: Cow<'static, str>,
    },
    /// It is answered as AWS does when there are too many requests.
    Throttle,
    /// It is answered as AWS does when it is not allowed.
    AccessDenied,
    /// Its connection is reset.
    Reset,
    /// It is never answered: until the client goes away or the rule ends, which resets the connection.
    Hang,
    /// It is served, and what is in the body of a successful answer is altered.
    Corrupt,
}

impl<L> Verdict<L> {
    /// The same, with its latency given otherwise.
    pub(crate) fn map_latency<M>(&self, latency: impl FnOnce(&L) -> M) -> Verdict<M> {
        match self {
            Verdict::Pass => Verdict::Pass,
            Verdict::Delay(given) => Verdict::Delay(latency(given)),
            Verdict::Error {
                status,
                code,
                message,
            } => Verdict::Error {
                status: *status,
                code: code.clone(),
                message: message.clone(),
            },
            Verdict::Throttle => Verdict::Throttle,
            Verdict::AccessDenied => Verdict::AccessDenied,
            Verdict::Reset => Verdict::Reset,
            Verdict::Hang => Verdict::Hang,
            Verdict::Corrupt => Verdict::Corrupt,
        }
    }
}

/// How long a request is delayed, in drill time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Always as long.
    Constant(Span),
    /// Drawn for each request.
    LogNormal {
        /// The median.
        p50: Span,
        /// The 99th percentile.
        p99: Span,
    },
}

/// Which requests a rule is about: those that match all of it. An empty list matches everything, except
/// that of the principals, which matches none.
#[derive(Clone, Debug)]
pub struct Match {
    /// Where they belong, in AWS's words; `None`: anywhere.
    pub regions: Option<Vec<Arc<str>>>,
    /// Services (`s3`, `lambda`).
    pub services: Vec<Glob>,
    /// Operations (`Get*`).
    pub operations: Vec<Glob>,
    /// Resources: buckets, functions.
    pub resources: Vec<Glob>,
    /// Keys of objects.
    pub keys: Vec<Glob>,
    /// Who asks. Requests without a key of this run count as the user's.
    pub principals: Vec<Principal>,
    /// The share of them.
    pub probability: Fraction,
}

/// Faults are about users and probes, unless they say otherwise.
impl Default for Match {
    fn default() -> Match {
        Match {
            regions: None,
            services: Vec::new(),
            operations: Vec::new(),
            resources: Vec::new(),
            keys: Vec::new(),
            principals: vec![Principal::User, Principal::Probe],
            probability: Fraction::ONE,
        }
    }
}

impl Match {
    /// Whether a request is one of those, apart from the share.
    pub(crate) fn covers(&self, seen: &RequestInfo) -> bool {
        let in_region = |regions: &Vec<Arc<str>>| regions.contains(&seen.region);
        self.principals
            .contains(&seen.principal.unwrap_or(Principal::User))
            && self.regions.as_ref().is_none_or(in_region)
            && any(&self.services, Some(&seen.service))
            && any(&self.operations, seen.operation.as_deref())
            && any(&self.resources, seen.resource.as_deref())
            && any(&self.keys, seen.key.as_deref())
    }
}

fn any(globs: &[Glob], name: Option<&str>) -> bool {
    globs.is_empty() || name.is_some_and(|name| globs.iter().any(|glob| glob.matches(name)))
}
