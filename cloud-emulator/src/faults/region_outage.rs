//! `region.outage`: a region is lost, wholly, partly, or grey.
//!
//! ```text
//!   S3, Lambda, STS ── gateway: outage of the region, or a rule per service
//!   broker ──────────── killed and held down (frozen, where clients are to hang)
//!   functions ───────── environments killed, nothing runs
//!   replication ─────── stopped, in and out, until a step puts it again
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use cloud_gateway::{Glob, Latency, Match, Principal, Rule, RuleGuard, Verdict};
use cloud_service::faults::{
    ActiveFault, FaultContext, FaultError, FaultEvidence, InjectableFault, PartialInjection,
};
use drill::scenario::{FailureMode, Fault, OutageForm, RegionOutage};
use drill::units::Fraction;
use http::StatusCode;

use super::{machine, requests};
use crate::cloud::{Cloud, Registered};

/// The listener of a region cannot be closed.
#[derive(Debug, thiserror::Error)]
#[error("the listener of {region} cannot be closed: {cause}")]
struct StillOpen {
    region: String,
    cause: std::io::Error,
}

/// A region is lost, wholly, partly, or grey.
pub(super) struct Outage<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) spec: &'a RegionOutage,
}

#[async_trait]
impl InjectableFault for Outage<'_> {
    async fn inject(
        &self,
        fault: &Fault,
        context: &FaultContext<'_>,
        _targets: &[String],
    ) -> Result<ActiveFault, PartialInjection> {
        let mut broken = ActiveFault::damage(Vec::new());
        // First: what it takes to break the rest is time in which no copy may still be made.
        for one in self.cloud.services() {
            if self.spec.form == OutageForm::Grey || self.spec.loses(one.kind.name()) {
                let unreplicated = one.service.stop_protection(self.spec, context);
                broken.unreplicated.extend(unreplicated);
            }
        }
        match self.spec.form {
            OutageForm::Full => self.lose_everything(context, &mut broken).await?,
            OutageForm::Partial => {
                for service in &self.spec.services {
                    self.lose(service, fault, context, &mut broken)?;
                }
            }
            OutageForm::Grey => self.turn_grey(fault, context, &mut broken),
        }
        Ok(broken)
    }

    async fn verify(&self, context: &FaultContext<'_>, broken: &ActiveFault) -> FaultEvidence {
        let mut sights = Sights::default();
        // That nothing answers is waited for in wall time, of which drill time must not run ahead: the outage may be short.
        let held = context.clock.hold("verification");
        for one in self.cloud.services() {
            if self.spec.loses(one.kind.name()) {
                sights.record(one.service.verify_outage(self.spec, context).await);
            }
        }
        drop(held);
        let spec = self.spec;
        let only_traffic_shows_it = spec.form == OutageForm::Partial && sights.seen.is_empty();
        if only_traffic_shows_it
            || (spec.form == OutageForm::Grey && (spec.errors.is_some() || spec.latency.is_some()))
        {
            sights.record(Some(requests::traffic(context, broken).await));
        }
        if spec.form == OutageForm::Grey {
            for store in &broken.unreplicated {
                for one in self.cloud.services() {
                    let since = broken.injected;
                    sights.record(one.service.verify_unprotected(store, since, context).await);
                }
            }
        }
        FaultEvidence {
            proven: sights.proven && !sights.seen.is_empty(),
            observed: if sights.seen.is_empty() {
                "there was nothing to be seen of it".to_owned()
            } else {
                sights.seen.join("; ")
            },
        }
    }
}

impl Outage<'_> {
    async fn lose_everything(
        &self,
        context: &FaultContext<'_>,
        broken: &mut ActiveFault,
    ) -> Result<(), FaultError> {
        let aws = context.aws_region(&self.spec.region);
        let guard = context.gateway.start_outage(aws, self.spec.manner);
        let guard = guard.map_err(|cause| {
            FaultError::new(StillOpen {
                region: aws.to_owned(),
                cause,
            })
        })?;
        broken.touched.push(format!("every service of {aws}"));
        match self.spec.container.zip(self.cloud.machine(aws)) {
            Some((how, machine)) => {
                let taken = machine::stop(how, machine, aws, guard, self.cloud, context).await;
                let taken = taken.map_err(FaultError::new)?;
                broken.touched.push(taken.describe());
                broken.hold(taken);
            }
            None => broken.hold(guard),
        }
        for one in self.cloud.services() {
            one.service.start_outage(self.spec, context, broken)?;
        }
        Ok(())
    }

    /// One service of a region. Its listener serves others, so that what would be refused is reset.
    fn lose(
        &self,
        service: &str,
        fault: &Fault,
        context: &FaultContext<'_>,
        broken: &mut ActiveFault,
    ) -> Result<(), FaultError> {
        let mut services = self.cloud.services();
        let one: Option<&Registered> = services.find(|one| one.kind.name() == service);
        if let Some(one) = one {
            one.service.start_outage(self.spec, context, broken)?;
        }
        let name = one.and_then(|one| one.kind.signing_name()).unwrap_or(service);
        let verdict = match self.spec.manner {
            FailureMode::Refuse => Verdict::Reset,
            FailureMode::Hang => Verdict::Hang,
            FailureMode::Unavailable => unavailable(),
        };
        let aws = context.aws_region(&self.spec.region);
        broken.touched.push(format!("{name} of {aws}"));
        broken.hold(self.rule(fault, context, vec![Glob::new(name)], verdict, None));
        Ok(())
    }

    /// It is slow, fails for some, and still acknowledges.
    fn turn_grey(&self, fault: &Fault, context: &FaultContext<'_>, broken: &mut ActiveFault) {
        let aws = context.aws_region(&self.spec.region);
        broken.touched.push(format!("{aws}, which turned grey"));
        if let Some(share) = self.spec.errors {
            broken.hold(self.rule(fault, context, Vec::new(), unavailable(), Some(share)));
        }
        if let Some(latency) = self.spec.latency {
            let verdict = Verdict::Delay(requests::latency(latency));
            broken.hold(self.rule(fault, context, Vec::new(), verdict, None));
        }
    }

    /// A rule for everything of the region but what the audit asks.
    fn rule(
        &self,
        fault: &Fault,
        context: &FaultContext<'_>,
        services: Vec<Glob>,
        verdict: Verdict<Latency>,
        share: Option<Fraction>,
    ) -> RuleGuard {
        let everybody_else = Principal::ALL.into_iter().filter(|who| *who != Principal::Audit);
        context.gateway.rules().add(Rule {
            order: context.order(fault),
            id: fault.id.clone(),
            matches: Match {
                regions: Some(vec![Arc::from(context.aws_region(&self.spec.region))]),
                services,
                principals: everybody_else.collect(),
                probability: share.unwrap_or(Fraction::ONE),
                ..Match::default()
            },
            verdict,
        })
    }
}

fn unavailable() -> Verdict<Latency> {
    Verdict::Error {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "ServiceUnavailable".into(),
        message: "Service is unable to handle request.".into(),
    }
}

/// What was seen of an outage so far.
struct Sights {
    proven: bool,
    seen: Vec<String>,
}

impl Default for Sights {
    fn default() -> Sights {
        Sights {
            proven: true,
            seen: Vec::new(),
        }
    }
}

impl Sights {
    fn record(&mut self, evidence: Option<FaultEvidence>) {
        if let Some(evidence) = evidence {
            self.proven &= evidence.proven;
            self.seen.push(evidence.observed);
        }
    }
}
