//! One event's way, from the queue to its end.

use std::sync::Arc;

use drill::units::{DrillTime, Span};

use super::destination::{Condition, Record};
use super::queued::Queued;
use crate::Lambda;
use crate::error::LambdaError;
use crate::function::EventConfig;
use crate::invoke::{Attempt, Invoked};
use crate::options::{DropReason, LambdaEventKind};

/// Retries after errors of the function (AWS's default, and its maximum).
const RETRIES: u32 = 2;

/// How old an event may become (AWS's default, and its maximum), in seconds.
const AGE: u32 = 21_600;

/// The pause after the first error of the function, and after the second.
const PAUSES: [Span; 2] = [Span::from_mins(1), Span::from_mins(2)];

/// The longest pause after throttles and errors of Lambda; the first is one second.
const LONGEST_PAUSE: Span = Span::from_mins(5);

/// What follows an attempt.
enum Next {
    /// It is over.
    Done,
    /// Another attempt, then.
    Again(DrillTime, String),
    /// No other attempt.
    GiveUp(Condition),
}

/// Attempts an event until it is delivered, handed on or dropped.
pub(super) async fn deliver(lambda: Arc<Lambda>, mut event: Queued) {
    let mut last = None;
    loop {
        event.region.up_again().await;
        let config = match config(&event) {
            Ok(config) => config,
            Err(_) => return event.dropped(&lambda, DropReason::FunctionGone),
        };
        let expires = event.accepted + Span::from_secs(age(config.as_ref()).into());
        if lambda.options.clock.now() >= expires {
            return event.give_up(&lambda, Condition::EventAgeExceeded, last).await;
        }
        let attempt = lambda.attempt(&event.region.clone(), event.attempt()).await;
        if let Ok(invoked) = &attempt {
            event.report(&lambda, LambdaEventKind::Ran { wall: invoked.wall });
        }
        let next = event.judge(&lambda, &attempt, config.as_ref());
        match next {
            Next::Done => {
                if let Ok(invoked) = &attempt {
                    event.delivered(&lambda, config, invoked).await;
                }
                return;
            }
            Next::GiveUp(condition) => return event.give_up(&lambda, condition, attempt.ok()).await,
            Next::Again(due, why) => {
                event.retried(&lambda, due, why);
                lambda.options.clock.sleep_until(due.min(expires)).await;
            }
        }
        last = attempt.ok().or(last);
    }
}

/// How events of its function are treated.
fn config(event: &Queued) -> Result<Option<EventConfig>, LambdaError> {
    event.region.with(&event.reference.name, |function| {
        Ok(function
            .event_config(event.reference.qualifier.as_deref())
            .cloned())
    })
}

fn age(config: Option<&EventConfig>) -> u32 {
    config.and_then(|config| config.age).unwrap_or(AGE)
}

impl Queued {
    fn attempt(&self) -> Attempt {
        Attempt {
            reference: self.reference.clone(),
            request: self.request.clone(),
            payload: self.payload.clone(),
            client_context: self.client_context.clone(),
            tail: false,
        }
    }

    /// What an attempt means.
    fn judge(
        &mut self,
        lambda: &Lambda,
        attempt: &Result<Invoked, LambdaError>,
        config: Option<&EventConfig>,
    ) -> Next {
        let now = lambda.options.clock.now();
        match attempt {
            Ok(invoked) => {
                self.invocations += 1;
                self.refusals = 0;
                if !invoked.failed {
                    return Next::Done;
                }
                let retries = config.and_then(|config| config.retries).unwrap_or(RETRIES);
                if self.invocations > retries {
                    return Next::GiveUp(Condition::RetriesExhausted);
                }
                let pause = PAUSES[(self.invocations as usize - 1).min(PAUSES.len() - 1)];
                Next::Again(now + pause, "the function failed".to_owned())
            }
            Err(error) if self.may_not_run() => {
                tracing::debug!(%error, request = %self.request, "its function may not run");
                Next::GiveUp(Condition::ZeroReservedConcurrency)
            }
            // Throttled, or an error of Lambda. A function that is gone is found to be so at the next attempt.
            Err(error) => {
                let pause = Span::from_secs(1 << self.refusals.min(9)).min(LONGEST_PAUSE);
                self.refusals += 1;
                Next::Again(now + pause, error.to_string())
            }
        }
    }

    /// Whether its function has a reserved concurrency of 0.
    fn may_not_run(&self) -> bool {
        let reserved = self
            .region
            .with(&self.reference.name, |function| Ok(function.reserved));
        reserved == Ok(Some(0))
    }

    fn retried(&self, lambda: &Lambda, due: DrillTime, why: String) {
        self.region.queue.lock().retries += 1;
        self.report(
            lambda,
            LambdaEventKind::Retried {
                request: self.request.clone(),
                attempt: self.invocations + self.refusals,
                why,
                due,
            },
        );
    }

    async fn delivered(&self, lambda: &Arc<Lambda>, config: Option<EventConfig>, invoked: &Invoked) {
        {
            let mut counts = self.region.queue.lock();
            counts.queued -= 1;
            counts.delivered += 1;
        }
        self.report(
            lambda,
            LambdaEventKind::Delivered {
                request: self.request.clone(),
                payload: self.payload.clone(),
            },
        );
        let destination = config.and_then(|config| config.destinations.on_success?.destination);
        if let Some(destination) = destination {
            let record = Record::new(lambda, self, Condition::Success, Some(invoked));
            if let Err(error) = record.send(lambda, &self.region, &destination).await {
                tracing::warn!(%error, destination, "the on-success destination did not take a record");
            }
        }
    }

    /// No attempt is left: to the on-failure destination, if there is one.
    async fn give_up(self, lambda: &Arc<Lambda>, condition: Condition, last: Option<Invoked>) {
        let config = config(&self).ok().flatten();
        let destination = config.and_then(|config| config.destinations.on_failure?.destination);
        let Some(destination) = destination else {
            return self.dropped(lambda, condition.drop_reason());
        };
        let record = Record::new(lambda, &self, condition, last.as_ref());
        if let Err(error) = record.send(lambda, &self.region, &destination).await {
            tracing::warn!(%error, destination, "the on-failure destination did not take an event");
            return self.dropped(lambda, DropReason::DestinationFailed);
        }
        {
            let mut counts = self.region.queue.lock();
            counts.queued -= 1;
            counts.to_destination += 1;
        }
        self.report(
            lambda,
            LambdaEventKind::SentToDestination {
                request: self.request.clone(),
                destination,
                payload: self.payload.clone(),
            },
        );
    }

    fn dropped(&self, lambda: &Lambda, why: DropReason) {
        {
            let mut counts = self.region.queue.lock();
            counts.queued -= 1;
            counts.dropped += 1;
        }
        self.report(
            lambda,
            LambdaEventKind::Dropped {
                request: self.request.clone(),
                why,
                payload: self.payload.clone(),
            },
        );
    }

    fn report(&self, lambda: &Lambda, kind: LambdaEventKind) {
        lambda.report(&self.region.name, &self.function, kind);
    }
}
