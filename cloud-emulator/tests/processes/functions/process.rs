//! A function as a process of this executable.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use runtime::wall;

use crate::functions::bench::{KEY, REGION, SECRET};
use crate::functions::runtime_api::RuntimeApi;

const TIMEOUT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// What it is told by Lambda.
pub(crate) fn environment(api: &RuntimeApi, endpoint: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_LAMBDA_RUNTIME_API", api.address.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "f".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ("BUCKET", "telemetry".to_owned()),
    ]
}

/// The function `name`, about to be started.
pub(crate) fn command(name: &str, environment: &[(&'static str, String)]) -> Command {
    let exe = std::env::current_exe().expect("this is an executable");
    let mut command = Command::new(exe);
    command.args(["as-function", name]).env_clear();
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// A running function, killed when a test gives it up.
pub(crate) struct Function(pub(crate) Child);

impl Function {
    pub(crate) fn start(name: &str, api: &RuntimeApi, endpoint: &str) -> Function {
        let mut command = command(name, &environment(api, endpoint));
        Function(command.spawn().expect("it starts"))
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let waited = wall::timeout(TIMEOUT, async {
            loop {
                if let Some(status) = self.0.try_wait().expect("it can be waited for") {
                    return status;
                }
                wall::sleep(PAUSE).await;
            }
        });
        waited.await.expect("it ends")
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.0.try_wait().expect("it can be waited for").is_none()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
