//! The real `aws` client publishes.

use std::process::{Command, Output, Stdio};

use cloud_emulator::iot_data::PublishError;
use test_harness::{installed, trial};

use crate::functions::bench::REGION;
use crate::functions::iot_listener::IotListener;

async fn publish(endpoint: &IotListener, arguments: &[&str]) -> Output {
    let mut command = Command::new("aws");
    command
        .args(["--endpoint-url", &endpoint.url, "iot-data", "publish"])
        .args(arguments)
        .env_clear()
        .envs(std::env::vars().filter(|(name, _)| name == "PATH" || name.starts_with("PYENV")))
        .env("HOME", "/nonexistent")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_ACCESS_KEY_ID", "AKIDUSER")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await.expect("it does not panic").expect("aws runs")
}

trial!(async aws_cli_publishes_to_iot_data);
async fn aws_cli_publishes_to_iot_data() {
    if !installed("aws") {
        return;
    }
    let endpoint = IotListener::open().await;
    let sent = publish(
        &endpoint,
        &[
            "--topic",
            "cmd/all/ü program",
            "--qos",
            "1",
            "--payload",
            "{\"on\": true}",
        ],
    )
    .await;
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let given = endpoint.brokers.drain();
    let [(region, message)] = &given[..] else {
        panic!("{given:?}")
    };
    assert_eq!((&**region, &*message.topic), (REGION, "cmd/all/ü program"));
    assert_eq!(
        (&message.payload[..], message.at_least_once),
        (&b"{\"on\": true}"[..], true)
    );
    {
        let headers = endpoint.headers.lock();
        let signed = headers[0]["authorization"].to_str().expect("it is text");
        assert!(
            signed.contains(&format!("/{REGION}/iotdata/aws4_request")),
            "{signed}"
        );
    }
    let refused = publish(&endpoint, &["--topic", "cmd/#", "--payload", "x"]).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("An error occurred (InvalidRequestException) when calling the Publish operation")
            && said.contains("wildcards"),
        "{said}"
    );
    *endpoint.brokers.refusing.lock() = Some(PublishError::NoBroker(REGION.to_owned()));
    let refused = publish(&endpoint, &["--topic", "cmd/all", "--payload", "x"]).await;
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("(ServiceUnavailableException)") && said.contains("the region us-west-2 has no broker"),
        "{said}"
    );
    assert!(endpoint.brokers.drain().is_empty());
}
