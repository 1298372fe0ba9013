//! `region.outage`: a region is lost, wholly, partly, or grey.
//!
//! ```text
//!   S3, Lambda, STS ── gateway: silence of the region, or a rule per service
//!   broker ──────────── killed and held down (frozen, where clients are to hang)
//!   functions ───────── environments killed, nothing runs
//!   replication ─────── stopped, in and out, until a step puts it again
//! ```

use std::sync::Arc;
use std::time::Duration;

use drill::scenario::{Fault, OutageForm, OutageManner, OutageService, RegionOutage};
use http::StatusCode;
use runtime::wall;

use super::{Broken, Scene, Standing, Testimony, aws, container, s3_pause_replication};
use crate::client::{Patience, ask};
use crate::gateway::{Act, Glob, Manner, Match, Principal, Rule, SilenceGuard};
use crate::iot::{FreezeGuard, HoldGuard};
use crate::lambda::Silence;

/// How long the witness waits for an answer, in wall time.
const ANSWER: Duration = Duration::from_millis(750);

impl Standing for SilenceGuard {}
impl Standing for Silence {}
impl Standing for HoldGuard {}
impl Standing for FreezeGuard {}

pub(super) async fn strike(
    outage: &RegionOutage,
    fault: &Fault,
    scene: &Scene<'_>,
) -> Result<Broken, String> {
    let mut broken = Broken::damage(Vec::new());
    // First: what it takes to break the rest is time in which no copy may still be made.
    if outage.form == OutageForm::Grey || outage.loses(OutageService::S3) {
        stop_replication(outage, scene, &mut broken);
    }
    match outage.form {
        OutageForm::Full => lose_everything(outage, scene, &mut broken).await?,
        OutageForm::Partial => {
            for service in &outage.services {
                lose(*service, outage, fault, scene, &mut broken)?;
            }
        }
        OutageForm::Grey => turn_grey(outage, fault, scene, &mut broken),
    }
    Ok(broken)
}

async fn lose_everything(
    outage: &RegionOutage,
    scene: &Scene<'_>,
    broken: &mut Broken,
) -> Result<(), String> {
    let aws = scene.aws_region(&outage.region);
    let silence = scene.cloud.gateway().silence(aws, manner(outage.manner));
    let silence = silence.map_err(|error| format!("the door of {aws} cannot be closed: {error}"))?;
    broken.touched.push(format!("every service of {aws}"));
    match outage.container.zip(scene.cloud.container(aws)) {
        Some((how, _)) => {
            let taken = container::take(how, aws, silence, scene).await?;
            broken.touched.push(taken.words());
            broken.hold(taken);
        }
        None => broken.hold(silence),
    }
    end_functions(outage, scene, broken)?;
    end_broker(outage, scene, broken);
    Ok(())
}

fn manner(manner: OutageManner) -> Manner {
    match manner {
        OutageManner::Refuse => Manner::Refuse,
        OutageManner::Hang => Manner::Hang,
        OutageManner::Unavailable => Manner::Unavailable,
    }
}

/// One service of a region. Its door serves others, so that what would be refused is reset.
fn lose(
    service: OutageService,
    outage: &RegionOutage,
    fault: &Fault,
    scene: &Scene<'_>,
    broken: &mut Broken,
) -> Result<(), String> {
    let name = match service {
        OutageService::Iot => {
            end_broker(outage, scene, broken);
            "iotdata"
        }
        OutageService::Lambda => {
            end_functions(outage, scene, broken)?;
            "lambda"
        }
        OutageService::S3 => "s3",
        OutageService::Sts => "sts",
    };
    let act = match outage.manner {
        OutageManner::Refuse => Act::Reset,
        OutageManner::Hang => Act::Hang,
        OutageManner::Unavailable => unavailable(),
    };
    let aws = scene.aws_region(&outage.region);
    broken.touched.push(format!("{name} of {aws}"));
    broken.hold(rule(outage, fault, scene, vec![Glob::new(name)], act, None));
    Ok(())
}

fn unavailable() -> Act {
    Act::Error {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "ServiceUnavailable".into(),
        message: "Service is unable to handle request.".into(),
    }
}

/// It is slow, fails for some, and still acknowledges.
fn turn_grey(outage: &RegionOutage, fault: &Fault, scene: &Scene<'_>, broken: &mut Broken) {
    let aws = scene.aws_region(&outage.region);
    broken.touched.push(format!("{aws}, which turned grey"));
    if let Some(share) = outage.errors {
        broken.hold(rule(outage, fault, scene, Vec::new(), unavailable(), Some(share)));
    }
    if let Some(latency) = outage.latency {
        let act = Act::Latency(aws::latency(latency));
        broken.hold(rule(outage, fault, scene, Vec::new(), act, None));
    }
}

/// A rule for everything of the region but what the audit asks.
fn rule(
    outage: &RegionOutage,
    fault: &Fault,
    scene: &Scene<'_>,
    services: Vec<Glob>,
    act: Act,
    share: Option<drill::units::Fraction>,
) -> crate::gateway::RuleGuard {
    let everybody_else = Principal::ALL.into_iter().filter(|who| *who != Principal::Audit);
    scene.cloud.gateway().rules().add(Rule {
        order: scene.order(fault),
        id: fault.id.clone(),
        matches: Match {
            regions: Some(vec![Arc::from(scene.aws_region(&outage.region))]),
            services,
            principals: everybody_else.collect(),
            probability: share.unwrap_or(drill::units::Fraction::ONE),
            ..Match::default()
        },
        act,
    })
}

fn end_functions(outage: &RegionOutage, scene: &Scene<'_>, broken: &mut Broken) -> Result<(), String> {
    let silence = scene.cloud.lambda().silence(scene.aws_region(&outage.region));
    broken.hold(silence.map_err(|error| error.to_string())?);
    Ok(())
}

fn end_broker(outage: &RegionOutage, scene: &Scene<'_>, broken: &mut Broken) {
    let Some(broker) = scene.cloud.broker(&outage.region) else {
        return;
    };
    let why = format!("region {} is out", outage.region);
    if broker.is_running() {
        broken
            .touched
            .push(format!("the broker of region {}", outage.region));
    }
    match outage.manner {
        OutageManner::Hang => broken.hold(broker.hold_frozen(&why)),
        OutageManner::Refuse | OutageManner::Unavailable => broken.hold(broker.hold_down(&why)),
    }
}

/// Copies out of the region's stores and into them stop. Nothing but a step lets them go on.
fn stop_replication(outage: &RegionOutage, scene: &Scene<'_>, broken: &mut Broken) {
    for bucket in &scene.scenario.cloud.buckets {
        let Some(replicate) = &bucket.replicate else {
            continue;
        };
        if bucket.region == outage.region || replicate.to == outage.region {
            for store in [&bucket.name, &replicate.name] {
                scene.cloud.replicator().stop(scene.cloud.backend(), store);
            }
            broken.unreplicated.push(bucket.label.clone());
        }
    }
}

pub(super) async fn witness(outage: &RegionOutage, scene: &Scene<'_>, broken: &Broken) -> Testimony {
    let mut sights = Sights::default();
    // Silence is waited for in wall time, of which drill time must not run ahead: the outage may be short.
    let held = scene.clock.hold("witness");
    if outage.loses(OutageService::S3) {
        sights.take(s3_is_silent(outage, scene).await);
    }
    if outage.loses(OutageService::Iot) {
        sights.take(broker_is_silent(outage, scene).await);
    }
    drop(held);
    let only_lambda_or_sts = outage.form == OutageForm::Partial && sights.seen.is_empty();
    if only_lambda_or_sts
        || (outage.form == OutageForm::Grey && (outage.errors.is_some() || outage.latency.is_some()))
    {
        let testimony = aws::witness(scene, broken).await;
        sights.take(Some((testimony.proven, testimony.witness)));
    }
    if outage.form == OutageForm::Grey {
        for label in &broken.unreplicated {
            let testimony = s3_pause_replication::overdue(scene, scene.bucket(label), broken.struck).await;
            sights.take(Some((testimony.proven, testimony.witness)));
        }
    }
    Testimony {
        proven: sights.proven && !sights.seen.is_empty(),
        witness: match sights.seen.is_empty() {
            true => "there was nothing to be seen of it".to_owned(),
            false => sights.seen.join("; "),
        },
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
    fn take(&mut self, sight: Option<(bool, String)>) {
        if let Some((proven, seen)) = sight {
            self.proven &= proven;
            self.seen.push(seen);
        }
    }
}

/// A listing with the keys of a user, through the door of the region and through any other that is open.
async fn s3_is_silent(outage: &RegionOutage, scene: &Scene<'_>) -> Option<(bool, String)> {
    let store = scene.scenario.cloud.buckets.iter().find_map(|bucket| {
        let name = bucket.name_in(&outage.region);
        scene.cloud.backend().region_of(&name).map(|_| name)
    })?;
    let clients = scene.cloud.clients(Principal::User, Patience::ONCE);
    let mut silent = true;
    let mut seen = Vec::new();
    for region in scene.cloud.regions() {
        let asked = wall::timeout(
            ANSWER,
            ask::list_after(clients.at(&region.label).client(), &store, "", ""),
        )
        .await;
        let said = match asked {
            None => "no answer".to_owned(),
            Some(Err(error)) => error.code,
            Some(Ok(_)) => {
                silent = false;
                "a listing".to_owned()
            }
        };
        seen.push(format!("{said} through {}", region.region));
    }
    Some((silent, format!("ListObjectsV2 of {store}: {}", seen.join(", "))))
}

async fn broker_is_silent(outage: &RegionOutage, scene: &Scene<'_>) -> Option<(bool, String)> {
    let broker = scene.cloud.broker(&outage.region)?;
    let answers = broker.answers(ANSWER).await;
    let said = if answers { "a session" } else { "no session" };
    Some((
        !answers,
        format!("the broker of region {} gives {said}", outage.region),
    ))
}
