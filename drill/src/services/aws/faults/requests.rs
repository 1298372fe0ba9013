//! Faults that differ only in what becomes of a request.

use crate::scenario::Scenario;
use crate::scenario::checks::FaultCheck;
use crate::scenario::chosen::{Choosable, place};
use crate::scenario::decode::{Documentation, Fields, duration};
use crate::scenario::faults::{Effect, FaultSpec, Impact};
use crate::scenario::limits::{INSTANT, LONGEST};
use crate::scenario::registry::Entry;
use crate::services::aws::Selector;

/// Some requests do not get the answer that they should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFault {
    /// Which requests.
    pub requests: Selector,
    /// What becomes of them.
    pub effect: RequestEffect,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestEffect {
    /// It is refused for want of rights.
    Denied,
    /// It is throttled.
    Throttled,
    /// It gets no answer.
    Unanswered,
    /// Its connection is reset instead of an answer.
    Reset,
    /// The body of its answer is altered on its way.
    Corrupted,
}

impl RequestEffect {
    /// The name by which a scenario chooses it.
    pub const fn name(self) -> &'static str {
        match self {
            RequestEffect::Denied => "aws.access_denied",
            RequestEffect::Throttled => "aws.throttle",
            RequestEffect::Unanswered => "aws.hang",
            RequestEffect::Reset => "aws.reset",
            RequestEffect::Corrupted => "aws.corrupt_response",
        }
    }
}

impl Choosable for RequestFault {
    fn name(&self) -> &'static str {
        self.effect.name()
    }
}

impl FaultSpec for RequestFault {
    fn check(&self, fault: &mut FaultCheck<'_, '_, '_, '_>) {
        self.requests.check(fault);
    }

    fn impacts<'a>(&'a self, scenario: &'a Scenario) -> Vec<Impact<'a>> {
        self.requests.impacts(scenario, Effect::Fails)
    }
}

fn read(f: &mut Fields<'_, '_>, effect: RequestEffect) -> Option<RequestFault> {
    let requests = Selector::fields(f);
    f.ends_after = f.optional("for", "After how long it is over.", duration(INSTANT, LONGEST));
    Some(RequestFault { requests, effect })
}

/// Lists them: the effect, what the fault is, what the reference says of it beside what holds for all, and an example.
macro_rules! request_faults {
    ($($effect:ident: $doc:literal, $details:literal, $example:literal;)+) => {
        pub(super) const FAULTS: &[Entry<place::Fault, dyn FaultSpec>] = &[$(
            entry!(
                RequestFault as FaultSpec,
                RequestEffect::$effect.name(),
                $doc,
                Documentation {
                    details: concat!(
                        "The gateway decides on each request that the selector matches, from the injection until \
                         `for` is over or the drill ends. The fault is proven by the requests that it has hit. \
                         Requests of users (people, runbooks, scripts, writers) and probes are matched unless \
                         `principals` says otherwise.",
                        $details
                    ),
                    needs: &[],
                    example: concat!("\nfaults:\n  - {at: 35m, do: ", $example, ", for: 30m}\n"),
                },
                None,
                |f| read(f, RequestEffect::$effect)
            ),
        )+];
    };
}

request_faults! {
    Denied:
        "Requests are denied (S3: 403 AccessDenied; Lambda: 403 AccessDeniedException).",
        " Use it for a broken policy or role.",
        "aws.access_denied, service: s3, operation: GetObject";
    Throttled:
        "Requests are throttled, as each service says it (S3: 503 SlowDown; Lambda: 429).",
        " Clients that retry with backoff get through later; those that do not, fail.",
        "aws.throttle, service: s3, operation: \"Put*\", probability: 0.5";
    Unanswered:
        "Requests are accepted and never answered.",
        " Clients wait until their own timeout.",
        "aws.hang, service: s3, operation: GetObject";
    Reset:
        "Connections are reset before a response is sent.",
        "",
        "aws.reset, service: s3, probability: 0.3";
    Corrupted:
        "Bodies of responses are altered in transit.",
        " Only bodies of successful responses are altered; what is stored stays as it is.",
        "aws.corrupt_response, service: s3, operation: GetObject, probability: 0.2";
}
