//! A region that is silent, to everybody but the audit, through whichever door they come.

use std::io;
use std::sync::Arc;

use http::StatusCode;

use super::Gateway;
use super::door::DoorGuard;
use super::principal::Principal;
use super::rules::{Hit, Rule, RuleGuard};
use super::verdict::{Act, Match};

/// How a region is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Its door is closed: connections are refused. What is meant for it through another door is reset.
    Refuse,
    /// Requests are taken and never answered.
    Hang,
    /// Every request is answered 503.
    Unavailable,
}

impl Manner {
    fn act(self) -> Act {
        match self {
            Manner::Refuse => Act::Reset,
            Manner::Hang => Act::Hang,
            Manner::Unavailable => Act::Error {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "ServiceUnavailable".into(),
                message: "Service is unable to handle request.".into(),
            },
        }
    }
}

/// Keeps a region silent.
#[derive(Debug)]
#[must_use = "the region answers again when its guard is dropped"]
pub struct SilenceGuard {
    rule: RuleGuard,
    _door: Option<DoorGuard>,
}

impl SilenceGuard {
    /// How many requests met silence. Connections that were refused are not among them: nobody here sees
    /// those.
    pub fn hits(&self) -> u64 {
        self.rule.hits()
    }

    /// The latest of them, oldest first.
    pub fn sample(&self) -> Vec<Hit> {
        self.rule.sample()
    }
}

impl Gateway {
    /// Silences `region` until the guard is dropped: for all that is routed to it and all copies that read
    /// from it. The audit still gets its answers, through another region's door or its own.
    ///
    /// # Errors
    /// The region's door cannot be closed.
    pub fn silence(&self, region: &str, manner: Manner) -> io::Result<SilenceGuard> {
        let everybody_else = Principal::ALL.into_iter().filter(|who| *who != Principal::Audit);
        let rule = self.rules.add_silence(Rule {
            order: 0,
            id: format!("silence/{region}"),
            matches: Match {
                regions: Some(vec![Arc::from(region)]),
                principals: everybody_else.collect(),
                ..Match::default()
            },
            act: manner.act(),
        });
        let door = match manner {
            Manner::Refuse => Some(self.door(region).close()?),
            Manner::Hang | Manner::Unavailable => None,
        };
        Ok(SilenceGuard { rule, _door: door })
    }
}
