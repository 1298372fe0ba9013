//! What keeps containers from standing up is told with the next step, in time, and nothing is left running.

use std::sync::Arc;
use std::time::Duration;

use cloud_emulator::containers::{ContainerError, ContainerOptions, DEFAULT_IMAGE, Pull, start};
use parking_lot::Mutex;
use runtime::{Supervisor, wall};
use test_harness::trial;

use crate::containers::child::ProcessIdentity;
use crate::containers::docker::{Image, containers_of, has_base, options, supervisor, try_docker};
use crate::containers::registry::{LAYER, Registry};

/// Within this an error must be told: [`cloud_emulator::containers::STAND_UP`] and a removal on a machine that is busy
/// with all the other tests.
const SOON: Duration = Duration::from_secs(180);

/// The error of a start that must fail, after which nothing is left.
async fn fails(supervisor: &Arc<Supervisor>, options: ContainerOptions) -> (ContainerError, String) {
    let begun = wall::mono();
    let error = start(options).await.expect_err("it cannot stand up");
    let took = wall::mono().since(begun);
    assert!(took < SOON, "{took:?}: {error}");
    assert_eq!(containers_of(supervisor.run()), Vec::<String>::new(), "{error}");
    let text = error.to_string();
    (error, text)
}

trial!(a_missing_engine_is_named);
fn a_missing_engine_is_named() {
    let start = "; start the engine (`systemctl start docker`), or let DOCKER_HOST say where it is";
    let cases = [
        ("unix:///no/such/socket", "/no/such/socket", start),
        ("tcp://127.0.0.1:1", "Connection refused", start),
        (
            "tcp://10.1.2.3:2375",
            "another machine",
            ": unset DOCKER_HOST, or run Firedrill there",
        ),
    ];
    for (place, cause, next) in cases {
        let mut starter = ProcessIdentity::new(DEFAULT_IMAGE, &[("DOCKER_HOST", place)]);
        let line = starter.line();
        assert!(line.starts_with("failed: "), "{line}");
        assert!(line.contains(&format!("{place} (from DOCKER_HOST)")), "{line}");
        assert!(line.contains(cause) && line.ends_with(next), "{line}");
    }
}

trial!(async an_image_that_cannot_be_pulled_is_named);
async fn an_image_that_cannot_be_pulled_is_named() {
    if !has_base() {
        return;
    }
    let supervisor = supervisor();
    let (error, text) = fails(
        &supervisor,
        options(&supervisor, "localhost:1/none:none", &["s3"]),
    )
    .await;
    assert!(matches!(error, ContainerError::Pull { .. }), "{text}");
    assert!(
        text.starts_with("the image localhost:1/none:none is not on this machine and cannot be pulled: ")
    );
    assert!(text.contains("connection refused"), "{text}");
    let next = "; `docker pull localhost:1/none:none` shows more, and --localstack-image names another";
    assert!(text.ends_with(next), "{text}");
}

trial!(async pulling_an_image_is_reported);
async fn pulling_an_image_is_reported() {
    if !has_base() {
        return;
    }
    let (supervisor, registry) = (supervisor(), Registry::new());
    let image = registry.image();
    let told: Arc<Mutex<Vec<Pull>>> = Arc::default();
    let mut options = options(&supervisor, &image, &["s3"]);
    let log = Arc::clone(&told);
    options.on_pull = Arc::new(move |pull| log.lock().push(pull.clone()));
    // It arrives, and is then seen to hold nothing that runs.
    let (error, text) = fails(&supervisor, options).await;
    let here = try_docker(&["image", "inspect", &image]).status.success();
    try_docker(&["image", "rm", "--force", &image]);
    assert!(here, "{text}");
    assert!(matches!(error, ContainerError::Engine { .. }), "{text}");
    assert!(
        text.starts_with("the Docker engine did not start the container of us-"),
        "{text}"
    );
    assert!(text.contains("/data"), "{text}");
    let told = told.lock();
    assert!(
        told.iter()
            .all(|pull| pull.image == image && pull.done <= pull.total),
        "{told:?}"
    );
    let last = told.last().expect("a pull is told");
    assert!(last.done >= LAYER as u64, "all of it has arrived: {told:?}");
}

trial!(async an_immediate_exit_is_reported_with_the_last_output);
async fn an_immediate_exit_is_reported_with_the_last_output() {
    if !has_base() {
        return;
    }
    let supervisor = supervisor();
    let image = Image::build("CMD echo License activation failed >&2; exit 55", &[]);
    let (error, text) = fails(&supervisor, options(&supervisor, &image.0, &["s3"])).await;
    assert!(matches!(error, ContainerError::Exited { .. }), "{text}");
    assert!(text.contains("exited with code 55"), "{text}");
    assert!(
        text.contains(&format!("set LOCALSTACK_AUTH_TOKEN, or take {DEFAULT_IMAGE}")),
        "{text}"
    );
    assert!(
        text.ends_with("it said last:\n  License activation failed"),
        "{text}"
    );
    let image = Image::build("CMD seq 1 100; exit 3", &[]);
    let (_, text) = fails(&supervisor, options(&supervisor, &image.0, &["s3"])).await;
    assert!(
        text.contains("exited with code 3; it said last:\n  91\n  92"),
        "{text}"
    );
}

trial!(async a_container_that_never_answers_times_out);
async fn a_container_that_never_answers_times_out() {
    if !has_base() {
        return;
    }
    let (supervisor, image) = (
        supervisor(),
        Image::build("CMD echo hello; exec sleep 100000", &[]),
    );
    let mut options = options(&supervisor, &image.0, &["sts"]);
    options.limit = Duration::from_secs(30);
    let (error, text) = fails(&supervisor, options).await;
    assert!(matches!(error, ContainerError::NeverReady(_)), "{text}");
    assert!(
        text.contains("was not ready within 30s: sts did not answer GetCallerIdentity at 127.0.0.1:"),
        "{text}"
    );
    assert!(
        text.ends_with("shows whether it listens on port 4566; it said last:\n  hello"),
        "{text}"
    );
}

/// Says of S3 that it runs, and sends a greeting to every client.
const LIAR: &str = r#"
use IO::Socket::INET;
my $listener = IO::Socket::INET->new(LocalPort => 4566, Listen => 9, ReuseAddr => 1) or die;
while (my $connection = $listener->accept) {
    my $request = <$connection>;
    while (my $line = <$connection>) { last if $line eq "\r\n" }
    my $body = $request =~ /health/ ? '{"services": {"s3": "running"}}' : 'Welcome!';
    my $length = length $body;
    print $connection "HTTP/1.1 200 OK\r\nContent-Length: $length\r\nConnection: close\r\n\r\n$body";
    close $connection;
}
"#;

trial!(async a_wrong_health_page_is_no_running_service);
async fn a_wrong_health_page_is_no_running_service() {
    if !has_base() {
        return;
    }
    let supervisor = supervisor();
    let lines = "COPY liar.pl /liar.pl\nCMD [\"perl\", \"/liar.pl\"]";
    let image = Image::build(lines, &[("liar.pl", LIAR)]);
    let (error, text) = fails(&supervisor, options(&supervisor, &image.0, &["s3"])).await;
    assert!(matches!(error, ContainerError::Wrong(_)), "{text}");
    assert!(
        text.ends_with(
            "is no LocalStack that works: s3 answered ListBuckets with \"Welcome!\", though its health page says \
             \"running\" of s3; take another image with --localstack-image"
        ),
        "{text}"
    );
    // Where there is no call to make, the page is all that there is.
    let (error, text) = fails(&supervisor, options(&supervisor, &image.0, &["quantum"])).await;
    assert!(matches!(error, ContainerError::UnknownService { .. }), "{text}");
    assert!(
        text.ends_with(
            "has no service \"quantum\": its health page names s3; take another image with --localstack-image, or route \
             the service elsewhere"
        ),
        "{text}"
    );
}

trial!(async invalid_options_are_refused_at_once);
async fn invalid_options_are_refused_at_once() {
    let supervisor = Arc::new(Supervisor::without_reaper().unwrap());
    let error = start(options(&supervisor, "not an image", &["s3"]))
        .await
        .unwrap_err();
    assert!(matches!(error, ContainerError::ImageName { .. }), "{error}");
}
