//! The `aws` of a drill calls the drill's endpoint, for every service and however it is asked.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use parking_lot::Mutex;
use runtime::sandbox::{Ended, HOME, SandboxSpec, environment, shim};
use test_harness::{installed, skip, trial};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::bench::Bench;

/// Whether the real client is there. An ordinary user may not reach that of root.
fn has_aws() -> bool {
    if rustix::process::geteuid().is_root() {
        return installed("aws");
    }
    let found = Command::new("aws").arg("--version").output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        skip("aws is not installed for this user");
    }
    found
}

/// Refuses every request, and keeps what it was asked: the request line and the scope of the signature.
async fn recorder() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 64 * 1024];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let scope = text
                .split("Credential=")
                .nth(1)
                .and_then(|rest| rest.split(',').next());
            let scope: Vec<&str> = scope.unwrap_or_default().split('/').skip(2).take(2).collect();
            keep.lock().push(scope.join(" "));
            let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

/// A script with the shim first in its search path.
fn script(bench: &Bench, text: &str, endpoint: SocketAddr) -> SandboxSpec {
    let folder = bench.path("shim");
    shim(&folder).unwrap();
    let own = [
        ("FIREDRILL_ENDPOINT", format!("http://{endpoint}")),
        ("AWS_ACCESS_KEY_ID", "AKIAFIREDRILLUSER000".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "of-the-drill".to_owned()),
        ("AWS_DEFAULT_REGION", "us-west-2".to_owned()),
        ("AWS_MAX_ATTEMPTS", "1".to_owned()),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    let env = environment(&folder, Path::new(HOME), &own);
    SandboxSpec::new("a script", "/bin/sh", bench.folder.path())
        .args(["-c", text])
        .env(env)
        .endpoints([endpoint])
}

trial!(async every_service_is_called_at_the_drill);
async fn every_service_is_called_at_the_drill() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    if !has_aws() {
        return;
    }
    let (endpoint, asked) = recorder().await;
    let commands = format!(
        "aws s3 ls; aws --region eu-west-1 s3 ls; aws s3api list-buckets; aws sqs list-queues; \
         aws sqs receive-message --queue-url https://sqs.us-east-1.amazonaws.com/1/q; \
         aws rds describe-db-instances --region us-east-1; aws lambda list-functions; \
         aws iot describe-endpoint; aws sts get-caller-identity --no-verify-ssl; \
         aws s3 sync s3://one s3://two --source-region us-east-1; \
         AWS_ENDPOINT_URL_SQS=http://192.0.2.1 aws sqs list-queues; \
         aws --endpoint-url http://{endpoint} s3 ls; aws s3 ls --endpoint-url=http://{endpoint}/; true"
    );
    let (ended, lines) = bench.run(script(&bench, &commands, endpoint)).await;
    assert_eq!(ended, Ended::Code(0));
    let expected = [
        "us-west-2 s3",
        "eu-west-1 s3",
        "us-west-2 s3",
        "us-west-2 sqs",
        "us-west-2 sqs",
        "us-east-1 rds",
        "us-west-2 lambda",
        "us-west-2 iot",
        "us-west-2 sts",
        "us-east-1 s3",
        "us-west-2 sqs",
        "us-west-2 s3",
        "us-west-2 s3",
    ];
    let asked = asked.lock().clone();
    // A sync asks for both sides at the same time, and may give up after the first answer.
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    assert!(asked.len() >= expected.len(), "{asked:#?} {lines:#?}");
    for scope in expected {
        let count = |all: &[&str]| all.iter().filter(|one| **one == scope).count();
        assert!(
            count(&asked) >= count(&expected),
            "{scope} of {asked:#?} {lines:#?}"
        );
    }
    assert!(
        !lines.iter().any(|line| line.contains("Could not connect")),
        "{lines:#?}"
    );
}

trial!(async another_endpoint_is_refused);
async fn another_endpoint_is_refused() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (endpoint, asked) = recorder().await;
    for arguments in [
        "--endpoint-url https://s3.amazonaws.com s3 ls",
        "s3 ls --endpoint-url=http://127.0.0.1:1",
        "--endpoint http://192.0.2.1 s3 ls",
        "--end=http://192.0.2.1 s3 ls",
    ] {
        let (ended, lines) = bench
            .run(script(&bench, &format!("aws {arguments}"), endpoint))
            .await;
        assert_eq!(ended, Ended::Code(253), "{arguments}: {lines:?}");
        assert!(
            lines[0].starts_with("firedrill: aws was asked to call "),
            "{lines:?}"
        );
        assert!(
            lines[0].contains("which is no endpoint of this drill"),
            "{lines:?}"
        );
    }
    let (ended, lines) = bench
        .run(script(&bench, "unset FIREDRILL_ENDPOINT; aws s3 ls", endpoint))
        .await;
    assert_eq!((ended, lines.len()), (Ended::Code(253), 1), "{lines:?}");
    assert!(asked.lock().is_empty());
}

trial!(async no_configuration_of_the_user_is_read);
async fn no_configuration_of_the_user_is_read() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    if !has_aws() {
        return;
    }
    let (endpoint, _) = recorder().await;
    let lines = bench
        .output(script(&bench, "aws configure list; ls -A $HOME", endpoint))
        .await
        .join("\n");
    assert!(lines.contains("000 env") || lines.contains("R000"), "{lines}");
    assert!(lines.contains("us-west-2"), "{lines}");
    assert!(
        !lines.contains("config-file") && !lines.contains("shared-credentials"),
        "{lines}"
    );
}

trial!(async configuration_by_a_script_takes_effect);
/// A script that says how many requests the client makes at once is as fast or slow as it says.
async fn configuration_by_a_script_takes_effect() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    if !has_aws() {
        return;
    }
    let (endpoint, _) = recorder().await;
    let text = "aws configure set default.s3.max_concurrent_requests 3 && aws configure get default.s3.max_concurrent_requests";
    let lines = bench.output(script(&bench, text, endpoint)).await;
    assert_eq!(lines, ["3"]);
}

trial!(async the_shim_reports_a_missing_client);
async fn the_shim_reports_a_missing_client() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (endpoint, _) = recorder().await;
    let text = "PATH=${PATH%%:*}:/bin/nowhere; export PATH; aws s3 ls";
    let (ended, lines) = bench.run(script(&bench, text, endpoint)).await;
    assert_eq!(ended, Ended::Code(127), "{lines:?}");
    assert!(
        lines
            .last()
            .unwrap()
            .ends_with("the aws command line client is not installed"),
        "{lines:?}"
    );
}
