//! LocalStack as drills have it: one container for each region behind our gateway, with replication, Lambda and STS of
//! our own.

use cloud_emulator::remote::{Endpoint, Remote, RemoteOptions};
use drill::units::Span;
use http::uri::Authority;

use super::assembly::{self, Parts};
use super::{RunningTarget, container};
use crate::lab::{CLASSIC, HOME};
use crate::localstack;

/// How long copies take: more than a second, so that a copy never has the date of its original by chance.
const LAG: Span = Span::from_us(1_100_000);

pub(super) fn stand_up(checks: &[String]) -> Result<Option<RunningTarget>, String> {
    // The home region's is the one that is asked without a gateway, too.
    let (Some(home), Some(classic)) = (container::shared()?, localstack::start()?) else {
        return Ok(None);
    };
    let endpoint = |region: &str, address: &str| -> Result<Endpoint, String> {
        let to: Authority = address.parse().map_err(|error| format!("{address}: {error}"))?;
        Ok(Endpoint {
            region: region.to_owned(),
            to,
        })
    };
    let endpoints = vec![
        endpoint(HOME, home.address())?,
        endpoint(CLASSIC, classic.address())?,
    ];
    let remote = |parts: Parts| {
        let remote = Remote::new(RemoteOptions {
            endpoints,
            observer: parts.replicator.observer(),
            keys: parts.keys,
            clock: parts.clock,
            seed: 1,
        });
        remote.into()
    };
    assembly::stand_up(checks, LAG, remote, Box::new((home, classic))).map(Some)
}
