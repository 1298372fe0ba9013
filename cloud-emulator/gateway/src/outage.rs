//! A region that is silent, to everybody but the audit, through whichever listener they come.

use std::io;
use std::sync::Arc;

use drill::scenario::FailureMode;
use http::StatusCode;

use super::handler::Gateway;
use super::principal::Principal;
use super::region_listener::ClosedListener;
use super::rules::{Hit, Rule, RuleGuard};
use super::verdict::{Latency, Match, Verdict};

/// What a request gets in a region that is down.
fn answer(mode: FailureMode) -> Verdict<Latency> {
    match mode {
        // Its listener is closed, so that connections are refused; what is meant for it through another one is reset.
        FailureMode::Refuse => Verdict::Reset,
        FailureMode::Hang => Verdict::Hang,
        FailureMode::Unavailable => Verdict::Error {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "ServiceUnavailable".into(),
            message: "Service is unable to handle request.".into(),
        },
    }
}

/// Keeps a region down.
#[derive(Debug)]
#[must_use = "the region answers again when its guard is dropped"]
pub struct RegionOutageGuard {
    rule: RuleGuard,
    _listener: Option<ClosedListener>,
}

impl RegionOutageGuard {
    /// How many requests met the outage. Refused connections are not among them: they are not visible here.
    pub fn hits(&self) -> u64 {
        self.rule.hits()
    }

    /// The latest of them, oldest first.
    pub fn sample(&self) -> Vec<Hit> {
        self.rule.sample()
    }
}

impl Gateway {
    /// Takes `region` down until the guard is dropped: for all that is routed to it and all copies that read
    /// from it. The audit still gets its answers, through another region's listener or its own.
    ///
    /// # Errors
    /// The region's listener cannot be closed.
    pub fn start_outage(&self, region: &str, mode: FailureMode) -> io::Result<RegionOutageGuard> {
        let everybody_else = Principal::ALL.into_iter().filter(|who| *who != Principal::Audit);
        let rule = self.rules.add_outage(Rule {
            order: 0,
            id: format!("outage/{region}"),
            matches: Match {
                regions: Some(vec![Arc::from(region)]),
                principals: everybody_else.collect(),
                ..Match::default()
            },
            verdict: answer(mode),
        });
        let region_listener = match mode {
            FailureMode::Refuse => Some(self.listener(region).close()?),
            FailureMode::Hang | FailureMode::Unavailable => None,
        };
        Ok(RegionOutageGuard {
            rule,
            _listener: region_listener,
        })
    }
}
