//! What the scenario's own figures say: whether an RPO could be judged, and whether the quota lets the fleet back in time.

use std::sync::atomic::AtomicBool;

use drill::firmware::Profile;
use drill::journal::ReadinessCheck;
use drill::scenario::Scenario;
use drill::units::Span;
use forecast::capacity::{Policy, Question};

use super::check::check;

/// A fleet up to this size is simulated device by device, a larger one in counts, which costs less and tells the same
/// within a percent.
const EACH_UP_TO: u64 = 20_000;

/// Whether writes are dense enough for each RPO to be judged.
pub(super) fn resolution(scenario: &Scenario) -> Vec<ReadinessCheck> {
    let services = scenario.objectives.services.iter();
    let of = |service: &drill::scenario::ServiceObjective| {
        let (rpo, data) = (service.rpo?, service.data.as_ref()?);
        let doubt = scenario.rpo_doubt(service);
        let what = format!("resolution of the RPO of {}", service.name);
        let found = match &doubt {
            None => format!("writes to {data} are dense enough for an RPO of {rpo}"),
            Some(doubt) => doubt.why.clone(),
        };
        let remedy = doubt.as_ref().map_or("", |doubt| &doubt.remedy);
        Some(check(what, Some(doubt.is_none()), found, remedy))
    };
    services.filter_map(of).collect()
}

/// The storm in which all devices reconnect at once, against the quota of connects.
pub(super) struct Storm {
    question: Question,
    devices: u64,
    rate: u32,
    /// Whose RTO it is.
    service: String,
}

impl Storm {
    /// The storm of a scenario that has a fleet and an RTO. It is of as many devices as the fleet stands for.
    pub(super) fn from_scenario(scenario: &Scenario, seed: u64) -> Option<Storm> {
        let (fleet, iot) = (scenario.fleet.as_ref()?, scenario.cloud.iot()?);
        let services = scenario.objectives.services.iter();
        let shortest = services.filter_map(|service| Some((service.rto?, service.name.as_str())));
        let (target, service) = shortest.min()?;
        let devices = fleet.stands_for.unwrap_or(u64::from(fleet.devices));
        let policy = Policy {
            name: fleet.profile.name().to_owned(),
            reconnect: Profile::from(fleet.profile).reconnect,
        };
        Some(Storm {
            question: Question {
                devices: vec![devices],
                rates: vec![iot.connects_per_second],
                policies: vec![policy],
                closed_for: Span::ZERO,
                over: Span::from_secs(1),
                target,
                each_up_to: EACH_UP_TO,
                seed,
            },
            devices,
            rate: iot.connects_per_second,
            service: service.to_owned(),
        })
    }

    pub(super) fn devices(&self) -> u64 {
        self.devices
    }

    fn what(&self) -> String {
        format!("quota of {} connects/s against the storm of the fleet", self.rate)
    }

    /// In the course of a drill there is no time for it.
    pub(super) fn left_out(&self) -> ReadinessCheck {
        let found = format!(
            "{} devices are not simulated in the course of a drill",
            self.devices
        );
        check(
            self.what(),
            None,
            found,
            "run firedrill ready, or firedrill capacity",
        )
    }

    /// Whether all are back within the shortest RTO: simulated.
    pub(super) fn check(&self) -> ReadinessCheck {
        let Some(policy) = self.question.policies.first() else {
            return self.left_out();
        };
        let point = self
            .question
            .point(self.devices, self.rate, policy, &AtomicBool::new(false));
        let Some((point, _)) = point else {
            return self.left_out();
        };
        let (target, service) = (self.question.target, &self.service);
        let back = match point.all_back_after() {
            Some(after) => format!("all back after {after}"),
            None => "never all back in the time that is simulated".to_owned(),
        };
        let found = format!(
            "modelled: {} devices with {}, their sessions lost at once and the endpoint open: {back}; the RTO of {service} \
             is {target}",
            self.devices, policy.name
        );
        let remedy = "firedrill capacity says how many connects per second to buy, or which policy to ship";
        check(self.what(), Some(point.meets), found, remedy)
    }
}
