//! Two LocalStacks, as a drill has them.

use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata;
use cloud_emulator::client::{Connections, KeyPair, RetryPolicy, S3};
use cloud_emulator::containers::{ContainerError, DEFAULT_IMAGE, LocalStack, start};
use runtime::wall;
use test_harness::trial;

use crate::containers::docker::{
    Image, TIMEOUT, docker, exists, has_base, has_localstack, options, supervisor, try_docker, until,
};

/// How long a frozen LocalStack is given to answer after all.
const FROZEN: Duration = Duration::from_millis(500);

fn s3(stack: &LocalStack, attempt: Duration) -> S3 {
    let keys = KeyPair {
        access_key: "test".to_owned(),
        secret_key: "test".to_owned(),
    };
    let policy = RetryPolicy {
        attempt,
        ..RetryPolicy::ONCE
    };
    S3::new(
        &Connections::new(),
        &format!("http://{}", stack.address()),
        stack.region(),
        &keys,
        policy,
    )
}

async fn buckets(stack: &LocalStack, attempt: Duration) -> Result<Vec<String>, String> {
    let s3 = s3(stack, attempt);
    let listed = s3.client().list_buckets().send().await;
    let listed = listed.map_err(|error| format!("{error:?}"))?;
    Ok(listed
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.name().map(str::to_owned))
        .collect())
}

trial!(async two_regions_start_freeze_die_and_restart);
async fn two_regions_start_freeze_die_and_restart() {
    if !has_localstack() {
        return;
    }
    let supervisor = supervisor();
    let begun = wall::mono();
    let options = options(&supervisor, DEFAULT_IMAGE, &["s3", "sts", "lambda", "sqs"]);
    let stacks = start(options).await.unwrap();
    println!("two containers are ready after {:?}", wall::mono().since(begun));
    let [west, east] = &stacks[..] else {
        panic!("{stacks:?}")
    };
    assert_eq!((west.region(), east.region()), ("us-west-2", "us-east-1"));
    only_on_loopback(west);
    only_on_loopback(east);
    // Each has a world of its own.
    for stack in [west, east] {
        let name = format!("only-in-{}", stack.region());
        let s3 = s3(stack, TIMEOUT);
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint("us-west-2".into())
            .build();
        let request = s3.client().create_bucket().bucket(&name);
        let request = match stack.region() {
            "us-west-2" => request.create_bucket_configuration(place),
            _ => request,
        };
        request
            .send()
            .await
            .map_err(|error| format!("{:?}", error.code()))
            .unwrap();
        assert_eq!(buckets(stack, TIMEOUT).await.unwrap(), [name]);
    }
    let died = west.died();

    west.pause().await.unwrap();
    west.pause().await.unwrap();
    let frozen = buckets(west, FROZEN).await.unwrap_err();
    assert!(frozen.contains("Timeout"), "{frozen}");
    assert_eq!(
        buckets(east, TIMEOUT).await.unwrap(),
        ["only-in-us-east-1"],
        "the other goes on"
    );
    west.unpause().await.unwrap();
    assert_eq!(buckets(west, TIMEOUT).await.unwrap(), ["only-in-us-west-2"]);

    let address = west.address();
    west.pause().await.unwrap(); // A frozen one can be killed, too.
    west.kill().await.unwrap();
    west.kill().await.unwrap();
    let refused = std::net::TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let taken = std::net::TcpListener::bind(address).unwrap_err();
    assert_eq!(
        taken.kind(),
        std::io::ErrorKind::AddrInUse,
        "no other process gets its port"
    );
    let error = west.pause().await.unwrap_err().to_string();
    assert!(
        error.starts_with("the Docker engine did not pause the container of us-west-2: "),
        "{error}"
    );
    west.revive().await.unwrap();
    // The engine's word for it: the same port as before.
    only_on_loopback(west);
    assert_eq!(
        buckets(west, TIMEOUT).await.unwrap(),
        Vec::<String>::new(),
        "what it held is lost"
    );
    west.kill().await.unwrap();
    west.revive().await.unwrap();
    west.revive().await.unwrap();
    assert!(
        wall::timeout(Duration::ZERO, died).await.is_none(),
        "all of that was asked for"
    );

    // A removal waits for no revival: what comes back is not needed.
    west.kill().await.unwrap();
    let removal = async {
        let begun = wall::mono();
        while docker(&["inspect", "--format", "{{.State.Running}}", west.container()]) != "true" {
            assert!(wall::mono().since(begun) < TIMEOUT, "it does not start");
            wall::sleep(Duration::from_millis(50)).await;
        }
        west.remove().await
    };
    let (revived, removed) = tokio::join!(west.revive(), removal);
    assert!(
        matches!(revived, Err(ContainerError::Leaving { .. })),
        "{revived:?}"
    );
    removed.unwrap();
    let error = west.revive().await.unwrap_err().to_string();
    assert_eq!(error, "the container of us-west-2 is being removed");

    for stack in &stacks {
        stack.remove().await.unwrap();
        stack.remove().await.unwrap();
        assert!(!exists(stack.container()));
    }
    let error = east.pause().await.unwrap_err().to_string();
    assert!(error.contains("No such container"), "{error}");
}

/// The engine says where a container listens, and the kernel where anything listens on its port.
fn only_on_loopback(stack: &LocalStack) {
    let port = stack.address().port();
    assert!(stack.address().ip().is_loopback());
    let published = docker(&["port", stack.container()]);
    assert_eq!(published, format!("4566/tcp -> 127.0.0.1:{port}"));
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let table = std::fs::read_to_string(table).unwrap();
        // Field 2 is the local address, field 4 the state, 0A is LISTEN.
        let lines = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let local = lines.filter(|line| line[3] == "0A" && line[1].ends_with(&format!(":{port:04X}")));
        for line in local {
            assert!(line[1].starts_with("0100007F:"), "it listens on {}", line[1]);
        }
    }
    let mounts = docker(&["inspect", "--format", "{{json .Mounts}}", stack.container()]);
    assert!(!mounts.contains("docker.sock"), "{mounts}");
}

trial!(async an_unexpected_exit_is_reported);
async fn an_unexpected_exit_is_reported() {
    if !has_base() {
        return;
    }
    let supervisor = supervisor();
    let image = Image::build("CMD echo the secret word is mellon; exec sleep 100000", &[]);
    let mut options = options(&supervisor, &image.0, &[]);
    options.auth_token = Some("mellon".to_owned());
    assert!(!format!("{options:?}").contains("mellon"));
    let stacks = start(options).await.unwrap();
    let environment = docker(&["inspect", "--format", "{{.Config.Env}}", stacks[0].container()]);
    assert!(
        environment.contains("LOCALSTACK_AUTH_TOKEN=mellon"),
        "{environment}"
    );
    // The log is empty until the shell has come so far.
    until("the shell speaks", || {
        !try_docker(&["logs", stacks[0].container()]).stdout.is_empty()
    });
    docker(&["kill", "--signal", "KILL", stacks[0].container()]);
    let death = wall::timeout(TIMEOUT, stacks[0].died())
        .await
        .expect("it is seen to die");
    assert_eq!(death.code, Some(137));
    assert_eq!(
        death.to_string(),
        "exited with code 137; it said last:\n  the secret word is ***"
    );
    assert!(wall::timeout(Duration::ZERO, stacks[1].died()).await.is_none());
    // It can be had back, once the process that took its port meanwhile has left.
    let intruder = std::net::TcpListener::bind(stacks[0].address()).unwrap();
    let leaves = async {
        let error = ["inspect", "--format", "{{.State.Error}}", stacks[0].container()];
        let begun = wall::mono();
        // Not `until`, which would block the revival that it waits for.
        while docker(&error).is_empty() {
            assert!(
                wall::mono().since(begun) < TIMEOUT,
                "the engine finds its port free"
            );
            wall::sleep(Duration::from_millis(50)).await;
        }
        drop(intruder);
    };
    tokio::join!(stacks[0].revive(), leaves).0.unwrap();
    assert!(wall::timeout(Duration::ZERO, stacks[0].died()).await.is_none());
    docker(&["rm", "--force", stacks[1].container()]);
    let death = wall::timeout(TIMEOUT, stacks[1].died())
        .await
        .expect("it is seen to vanish");
    assert!(death.code == Some(137) || death.unknown.is_some(), "{death}");
}
