//! The real `aws` command line client configures functions: concurrency, versions, aliases, code in S3, events.

use test_harness::{installed, trial};

use crate::lambda::bench::bash;
use crate::lambda::cli::{ROLE, bench, create};

trial!(aws_cli_throttles_by_concurrency);
fn aws_cli_throttles_by_concurrency() {
    if !installed("aws") {
        return;
    }
    let bench = bench();
    let package = bench.file("code.zip", &bash());
    create(&bench, "mine", "provided.al2", "any", &package);
    let put = |n: &str| {
        let put = ["put-function-concurrency", "--function-name", "mine"];
        bench.aws(&[&put[..], &["--reserved-concurrent-executions", n]].concat())
    };
    assert_eq!(put("0")["ReservedConcurrentExecutions"], 0);
    let refused = bench.refused(&["invoke", "--function-name", "mine", "/dev/null"]);
    assert!(refused.contains("TooManyRequestsException"), "{refused}");
    let (status, document) = bench.api("POST", "/2015-03-31/functions/mine/invocations", "{}");
    assert_eq!(status, 429);
    assert_eq!(
        document["Reason"],
        "ReservedFunctionConcurrentInvocationLimitExceeded"
    );
    let got = bench.aws(&["get-function-concurrency", "--function-name", "mine"]);
    assert_eq!(got["ReservedConcurrentExecutions"], 0);
    let got = bench.aws(&["get-function", "--function-name", "mine"]);
    assert_eq!(got["Concurrency"]["ReservedConcurrentExecutions"], 0);
    let too_many = [
        "put-function-concurrency",
        "--function-name",
        "mine",
        "--reserved-concurrent-executions",
        "901",
    ];
    assert!(
        bench
            .refused(&too_many)
            .contains("InvalidParameterValueException")
    );
    bench.aws(&["delete-function-concurrency", "--function-name", "mine"]);
    assert_eq!(bench.aws_invoke(&["--function-name", "mine"]).1["n"], 1);
}

trial!(aws_cli_moves_aliases_between_versions);
fn aws_cli_moves_aliases_between_versions() {
    if !installed("aws") || !installed("python3") {
        return;
    }
    let bench = bench();
    bench.python(
        "f",
        "def handler(event, context):\n    return context.function_version\n",
    );
    let publish = || bench.aws(&["publish-version", "--function-name", "f"])["Version"].clone();
    assert_eq!(publish(), "1");
    assert_eq!(publish(), "1", "nothing has changed");
    let describe = [
        "update-function-configuration",
        "--function-name",
        "f",
        "--timeout",
        "7",
    ];
    bench.aws(&describe);
    bench.provisioned();
    assert_eq!(publish(), "2");
    bench.provisioned();
    let alias = ["--function-name", "f", "--name", "live"];
    let alias =
        |operation: &'static str, more: &[&str]| bench.aws(&[&[operation], &alias[..], more].concat());
    alias("create-alias", &["--function-version", "1"]);
    let executed = || bench.aws_invoke(&["--function-name", "f:live"]);
    assert_eq!(executed().0["ExecutedVersion"], "1");
    assert_eq!(executed().1, "1");
    alias("update-alias", &["--function-version", "2"]);
    assert_eq!(executed().1, "2");
    alias(
        "update-alias",
        &["--routing-config", "AdditionalVersionWeights={1=0.5}"],
    );
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..200 {
        let (_, version) = bench.api("POST", "/2015-03-31/functions/f/invocations?Qualifier=live", "{}");
        *seen.entry(version.as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    assert!(
        seen.len() == 2 && seen.values().all(|n| (70..=130).contains(n)),
        "{seen:?}"
    );
    assert_eq!(
        bench.aws(&["list-versions-by-function", "--function-name", "f"])["Versions"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        bench.aws(&["list-aliases", "--function-name", "f"])["Aliases"][0]["Name"],
        "live"
    );
    let used = bench.refused(&["delete-function", "--function-name", "f", "--qualifier", "1"]);
    assert!(used.contains("ResourceConflictException"), "{used}");
    let unknown = bench.refused(&[
        "create-alias",
        "--function-name",
        "f",
        "--name",
        "x",
        "--function-version",
        "9",
    ]);
    assert!(unknown.contains("ResourceNotFoundException"), "{unknown}");
    alias("delete-alias", &[]);
    bench.aws(&["delete-function", "--function-name", "f", "--qualifier", "1"]);
    assert!(
        bench
            .refused(&["invoke", "--function-name", "f:live", "/dev/null"])
            .contains("ResourceNotFoundException")
    );
    let page = bench.aws(&[
        "list-versions-by-function",
        "--function-name",
        "f",
        "--max-items",
        "1",
    ]);
    assert_eq!(page["Versions"].as_array().unwrap().len(), 1);
}

trial!(aws_cli_deploys_code_from_s3);
fn aws_cli_deploys_code_from_s3() {
    if !installed("aws") {
        return;
    }
    let bench = bench();
    bench
        .store
        .create_bucket("artifacts", crate::lambda::bench::REGION, true)
        .unwrap();
    bench.store.write("artifacts", "f.zip", &bash()).unwrap();
    let create = |key: &'static str| {
        let code = format!("S3Bucket=artifacts,S3Key={key}");
        bench.run(&[
            "lambda",
            "create-function",
            "--function-name",
            "f",
            "--runtime",
            "provided.al2023",
            "--handler",
            "x",
            "--role",
            ROLE,
            "--code",
            &code,
        ])
    };
    let missing = create("missing.zip");
    assert!(
        String::from_utf8_lossy(&missing.stderr).contains("S3 Error Code: NoSuchKey"),
        "{missing:?}"
    );
    assert!(create("f.zip").status.success());
    bench.provisioned();
    assert_eq!(bench.aws_invoke(&["--function-name", "f"]).1["n"], 1);
}

trial!(aws_cli_configures_events);
fn aws_cli_configures_events() {
    if !installed("aws") {
        return;
    }
    let bench = bench();
    let package = bench.file("code.zip", &bash());
    let arn = create(&bench, "f", "provided.al2023", "x", &package)["FunctionArn"].clone();
    let arn = arn.as_str().unwrap();
    let put = ["put-function-event-invoke-config", "--function-name", "f"];
    let failure = |arn: &str| format!("{{\"OnFailure\":{{\"Destination\":\"{arn}\"}}}}");
    let bucket = failure("arn:aws:s3:::failed");
    bench.aws(
        &[
            &put[..],
            &["--maximum-retry-attempts", "1", "--destination-config", &bucket],
        ]
        .concat(),
    );
    let got = bench.aws(&["get-function-event-invoke-config", "--function-name", "f"]);
    assert_eq!(got["MaximumRetryAttempts"], 1);
    assert_eq!(
        got["DestinationConfig"]["OnFailure"]["Destination"],
        "arn:aws:s3:::failed"
    );
    let queue = failure("arn:aws:sqs:us-west-2:000000000000:q");
    assert!(
        bench
            .refused(&[&put[..], &["--destination-config", &queue]].concat())
            .contains("no SQS")
    );
    let update = [
        "update-function-event-invoke-config",
        "--function-name",
        "f",
        "--maximum-event-age-in-seconds",
        "60",
    ];
    assert_eq!(bench.aws(&update)["MaximumRetryAttempts"], 1);
    let listed = bench.aws(&["list-function-event-invoke-configs", "--function-name", "f"]);
    assert_eq!(listed["FunctionEventInvokeConfigs"].as_array().unwrap().len(), 1);
    bench.aws(&["delete-function-event-invoke-config", "--function-name", "f"]);
    let gone = bench.refused(&["get-function-event-invoke-config", "--function-name", "f"]);
    assert!(gone.contains("ResourceNotFoundException"), "{gone}");

    for unknown in [
        &["list-layers"][..],
        &["get-policy", "--function-name", "f"],
        &["list-tags", "--resource", arn],
        &["get-account-settings"],
    ] {
        let refused = bench.refused(unknown);
        assert!(refused.contains("UnknownOperationException"), "{refused}");
    }
}
