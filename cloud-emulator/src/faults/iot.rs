//! `iot.kill_broker`, `iot.freeze_broker`: the process of a region's broker dies, or stands still.

use std::time::Duration;

use drill::scenario::Fault;

use super::{Broken, Scene, Standing, Testimony};
use crate::iot::{FreezeGuard, KillGuard, Site};

/// How long the witness waits for an answer, in wall time.
const ANSWER: Duration = Duration::from_millis(500);

struct Dead {
    _guard: KillGuard,
    site: Site,
}

impl Standing for Dead {
    fn stands(&self) -> bool {
        !self.site.is_running()
    }
}

struct Frozen {
    _guard: FreezeGuard,
    site: Site,
    pid: Option<u32>,
}

impl Standing for Frozen {
    fn stands(&self) -> bool {
        self.site.pid() == self.pid
    }
}

fn site<'a>(region: &str, scene: &Scene<'a>) -> Result<&'a Site, String> {
    let broker = scene.cloud.broker(region).filter(|broker| broker.is_running());
    broker.ok_or_else(|| format!("no broker runs in region {region}"))
}

pub(super) fn kill(region: &str, fault: &Fault, scene: &Scene<'_>) -> Result<Broken, String> {
    let site = site(region, scene)?;
    let guard = site.kill();
    let guard = match fault.for_ {
        Some(_) => guard.restarting(),
        None => guard,
    };
    let dead = Dead {
        _guard: guard,
        site: site.clone(),
    };
    Ok(Broken::while_held(
        vec![format!("the broker of region {region}")],
        dead,
    ))
}

pub(super) fn freeze(region: &str, scene: &Scene<'_>) -> Result<Broken, String> {
    let site = site(region, scene)?;
    let frozen = Frozen {
        pid: site.pid(),
        _guard: site.freeze(),
        site: site.clone(),
    };
    Ok(Broken::while_held(
        vec![format!("the broker of region {region}")],
        frozen,
    ))
}

/// A client that asks for a session must get none.
pub(super) async fn witness(region: &str, scene: &Scene<'_>) -> Testimony {
    let Some(site) = scene.cloud.broker(region) else {
        return Testimony {
            proven: false,
            witness: format!("region {region} has no broker"),
        };
    };
    // Silence is waited for in wall time, of which drill time must not run ahead: the fault may be short.
    let held = scene.clock.hold("witness");
    let answers = site.answers(ANSWER).await;
    drop(held);
    Testimony {
        proven: !answers,
        witness: match answers {
            true => format!("the broker of region {region} answers"),
            false => format!("an MQTT CONNECT to the broker of region {region} has no answer"),
        },
    }
}
