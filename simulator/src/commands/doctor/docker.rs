//! The Docker engine, and the image of LocalStack on it.

use std::time::Duration;

use cloud_emulator::containers::{DEFAULT_IMAGE, inspect};
use runtime::wall;

use super::{Finding, State};

/// How long the engine may take for its answers, in wall time.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The engine, and the image.
pub(super) async fn examine() -> [Finding; 2] {
    let looked = wall::timeout(TIMEOUT, inspect(DEFAULT_IMAGE)).await;
    let ((state, found), image) = match looked {
        Some(Ok(engine)) => {
            let unknown = || "unknown".to_owned();
            let found = format!(
                "version {}, API {}",
                engine.version.unwrap_or_else(unknown),
                engine.api.unwrap_or_else(unknown)
            );
            ((State::Ok, found), Some(engine.has_image))
        }
        Some(Err(error)) => ((State::Missing, error.to_string()), None),
        None => {
            let late = format!("no answer within {} s", TIMEOUT.as_secs());
            ((State::Missing, late), None)
        }
    };
    let engine = Finding {
        name: "Docker engine",
        state,
        found,
        needed_for: "drills on LocalStack (--cloud localstack), docker-compose.yml",
        how_to_get:
            "install Docker and start it, let this user reach its socket (group docker), or name another \
                     engine of this machine with DOCKER_HOST"
                .to_owned(),
        required: false,
    };
    [engine, of_image(image)]
}

fn of_image(there: Option<bool>) -> Finding {
    let (state, found) = match there {
        Some(true) => (State::Ok, DEFAULT_IMAGE.to_owned()),
        Some(false) => (State::Missing, format!("{DEFAULT_IMAGE} is not on this engine")),
        None => (State::Missing, "there is no engine that could have it".to_owned()),
    };
    Finding {
        name: "LocalStack image",
        state,
        found,
        needed_for: "drills on LocalStack; without it the first one pulls it",
        how_to_get: format!("docker pull {DEFAULT_IMAGE}"),
        required: false,
    }
}
