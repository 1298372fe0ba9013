//! Acting on verdicts.

use std::sync::Arc;

use drill::draw::Draws;
use http::{Request, Response};
use http_body_util::BodyExt;
use s3s::Body;

use super::connection::Connection;
use super::corrupt::corrupted;
use super::error::AwsError;
use super::handler::Gateway;
use super::protocol::Protocol;
use super::request_info::RequestInfo;
use super::rules::{Decision, Entry};
use super::verdict::Verdict;

/// What is left to be done with a request after its verdict.
pub(crate) enum VerdictOutcome {
    /// Serve it.
    Serve,
    /// Serve it, and corrupt the answer for this rule.
    Corrupt(Arc<Entry>),
    /// It is answered with this error.
    Answer(AwsError),
}

impl Gateway {
    /// Asks the rules, and does what is to be done before a request is served. `body` is what was not yet
    /// read of it.
    pub(crate) async fn judge(
        &self,
        connection: &Connection,
        seen: &RequestInfo,
        protocol: Protocol,
        body: Option<&mut Body>,
    ) -> VerdictOutcome {
        let mut decision = self.rules.decide(seen, self.clock.now());
        if let Verdict::Delay(span) = decision.verdict {
            self.clock.sleep(span).await;
            // The region may have fallen silent meanwhile.
            decision = self.rules.decide_outage(seen, self.clock.now());
        }
        let Decision {
            verdict,
            by: Some(rule),
        } = decision
        else {
            return VerdictOutcome::Serve;
        };
        match verdict {
            Verdict::Pass | Verdict::Delay(_) => VerdictOutcome::Serve,
            Verdict::Error {
                status,
                code,
                message,
            } => VerdictOutcome::Answer(AwsError::new(status, code, message)),
            Verdict::Throttle => VerdictOutcome::Answer(self.throttled(protocol, &seen.service)),
            Verdict::AccessDenied => VerdictOutcome::Answer(AwsError::denied(protocol)),
            Verdict::Reset => reset(connection).await,
            Verdict::Hang => hang(connection, &rule, body).await,
            Verdict::Corrupt => VerdictOutcome::Corrupt(rule),
        }
    }

    /// Alters the body of a successful answer, as `rule` wants it.
    pub(crate) fn corrupt(
        &self,
        rule: &Entry,
        seen: &RequestInfo,
        response: Response<Body>,
    ) -> Response<Body> {
        if !response.status().is_success() {
            return response;
        }
        let (head, body) = response.into_parts();
        let n = rule.hits();
        let path = format!("fault/{}/{}/corrupt/{n}", rule.id(), seen.service);
        let body = match corrupted(body, Draws::new(self.rules.seed(), &path)) {
            Ok(altered) => {
                rule.matched(seen, self.clock.now());
                altered
            }
            Err(empty) => empty,
        };
        Response::from_parts(head, body)
    }
}

/// Resets the connection, which ends this request with it.
async fn reset(connection: &Connection) -> VerdictOutcome {
    connection.ending.reset();
    std::future::pending().await
}

/// Sends nothing until the client goes away, the rule ends or everything does; then the connection is reset.
async fn hang(connection: &Connection, rule: &Entry, body: Option<&mut Body>) -> VerdictOutcome {
    connection.ending.stall();
    let client_gone = async {
        // While a body is coming, only who reads it learns that the client went away. After it, hyper does.
        let Some(body) = body else {
            return std::future::pending().await;
        };
        while let Some(frame) = body.frame().await {
            if frame.is_err() {
                return;
            }
        }
        std::future::pending().await
    };
    tokio::select! {
        () = rule.ended() => {}
        () = connection.shutdown.cancelled() => {}
        () = client_gone => {}
    }
    reset(connection).await
}

/// Reads what is left of a request that is answered early, so that its client reads the answer instead of
/// being cut off; a client that waits for `100 Continue` has nothing under way.
pub(crate) async fn drain(request: &mut Request<Body>) {
    if request.headers().contains_key(http::header::EXPECT) {
        return;
    }
    while let Some(Ok(_)) = request.body_mut().frame().await {}
}
