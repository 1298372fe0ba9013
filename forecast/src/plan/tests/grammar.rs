//! A grammar of scenarios: of every kind of fault and of step, on small clouds.

use std::fmt::Write as _;

use super::wild::Chooser;

/// What a scenario has that faults, steps and probes may name.
struct Named {
    regions: Vec<&'static str>,
    buckets: Vec<String>,
    /// How many objects each of them has from the beginning.
    counts: Vec<usize>,
    written: Vec<String>,
    replicated: Vec<String>,
    functions: Vec<String>,
    iot: bool,
    probes: Vec<String>,
}

fn cloud(choose: &mut Chooser<'_>) -> (String, Named) {
    let regions = if choose.below(3) > 0 {
        vec!["primary", "backup"]
    } else {
        vec!["primary"]
    };
    let mut text = "cloud:\n  regions: {primary: us-east-1".to_owned();
    text.push_str(if regions.len() > 1 {
        ", backup: eu-west-1}\n"
    } else {
        "}\n"
    });
    let _ = writeln!(text, "  dns: {{ttl: {}}}", choose.one(&["0", "10s", "60s", "1h"]));
    let mut named = Named {
        buckets: (0..choose.below(4)).map(|n| format!("b{n}")).collect(),
        counts: Vec::new(),
        written: Vec::new(),
        replicated: Vec::new(),
        functions: (0..choose.below(3)).map(|n| format!("f{n}")).collect(),
        iot: false,
        probes: Vec::new(),
        regions,
    };
    if named.buckets.is_empty() && named.functions.is_empty() {
        named.buckets.push("b0".to_owned());
    }
    if !named.buckets.is_empty() {
        text.push_str("  buckets:\n");
    }
    for label in named.buckets.clone() {
        let home = choose.one(&named.regions);
        let _ = write!(text, "    {label}: {{name: the-{label}, region: {home}");
        let replica = named.regions.iter().find(|region| **region != home);
        let replicated = replica.filter(|_| choose.yes());
        let versioned = choose.yes() || replicated.is_some();
        let _ = write!(text, ", versioned: {versioned}");
        let (count, size) = (
            choose.one(&[1, 20, 150]),
            choose.one(&["1KiB..1KiB", "1KiB..64KiB"]),
        );
        let _ = write!(text, ", objects: {{count: {count}, size: {size}}}");
        named.counts.push(count);
        if choose.yes() {
            let objects = choose.one(&["200", "1000000", "1000000000000"]);
            let _ = write!(text, ", stands_for: {{objects: {objects}, bytes: 1000GB}}");
        }
        if let Some(to) = replicated {
            let lag = choose.one(&["p50: 1s, p99: 1s", "p50: 20s, p99: 10m", "p50: 1h, p99: 9d"]);
            let markers = choose.yes();
            let _ = write!(
                text,
                ", replicate: {{to: {to}, lag: {{{lag}}}, delete_markers: {markers}}}"
            );
            named.replicated.push(label);
        }
        text.push_str("}\n");
    }
    if !named.functions.is_empty() {
        text.push_str("  functions:\n");
    }
    for label in &named.functions {
        let code = match (choose.yes(), named.buckets.first()) {
            (true, Some(bucket)) => {
                format!(
                    "built_in: telemetry-ingest, bucket: {bucket}, on_failure: {bucket}, retries: {}",
                    choose.below(3)
                )
            }
            _ => "built_in: program-validator".to_owned(),
        };
        let more = choose.one(&["", ", regions: [primary]", "", ", reserved_concurrency: 5"]);
        let _ = writeln!(text, "    {label}: {{name: the-{label}, {code}{more}}}");
    }
    if let Some(bucket) = named.buckets.first().filter(|_| choose.yes()) {
        named.iot = true;
        let window = choose.one(&["1s", "10s"]);
        let _ = writeln!(
            text,
            "  iot:\n    quotas: {{connects_per_second: {}}}\n    rules:\n      t: {{topic: \"dt/+/t\", to: {{bucket: \
             {bucket}}}, batch: {{max: 500, window: {window}}}}}",
            choose.one(&[1, 20, 500])
        );
    }
    (text, named)
}

fn load(choose: &mut Chooser<'_>, named: &mut Named) -> String {
    let mut text = String::new();
    for label in named.buckets.clone() {
        if choose.yes() {
            let start = if named.written.is_empty() {
                "writers:\n"
            } else {
                ""
            };
            let every = choose.one(&["1s", "15s", "5m", "1h"]);
            let keys = choose.one(&["", ", keys: 1", ", keys: 40"]);
            let _ = writeln!(
                text,
                "{start}  w-{label}: {{do: s3.put_object, bucket: {label}, every: {every}, size: 1KiB..1KiB{keys}}}"
            );
            named.written.push(label);
        }
    }
    if named.iot && choose.yes() {
        let profile = choose.one(&["esp-idf-default", "esp-aws-iot", "aws-full-jitter"]);
        let devices = choose.one(&[1, 50, 2000]);
        let _ = writeln!(text, "fleet:\n  devices: {devices}\n  profile: {profile}");
        if choose.yes() {
            let _ = writeln!(text, "  discovery: {}", choose.one(&["hardcoded", "dns", "list"]));
        }
        if choose.yes() {
            text.push_str("  telemetry: {every: 60s}\n");
        }
    }
    text
}

fn probes(choose: &mut Chooser<'_>, named: &mut Named) -> String {
    let mut text = "probes:\n".to_owned();
    let mut kinds: Vec<String> = Vec::new();
    for (bucket, count) in named.buckets.iter().zip(&named.counts) {
        let sample = choose.one(&[1, 5, 20]).min(*count);
        let (pass, verify) = (choose.below(sample) + 1, choose.one(&["sha256", "none"]));
        kinds.push(format!(
            "do: s3.get_object, bucket: {bucket}, sample: {sample}, pass: {pass} of {sample}, verify: {verify}"
        ));
    }
    kinds.extend(
        named
            .functions
            .iter()
            .map(|label| format!("do: lambda.invoke, function: {label}")),
    );
    kinds.extend(named.iot.then(|| "do: path.telemetry".to_owned()));
    for (n, kind) in kinds.iter().enumerate() {
        let every = choose.one(&["5s", "30s", "2m", "1h"]);
        let timeout = choose.one(&["20s", "90s", "3h"]);
        let debounce = choose.one(&[1, 2, 5]);
        let _ = writeln!(
            text,
            "  p{n}: {{{kind}, every: {every}, timeout: {timeout}, debounce: {debounce}}}"
        );
        named.probes.push(format!("p{n}"));
    }
    text
}

fn fault(choose: &mut Chooser<'_>, named: &Named, n: usize, steps: &[String]) -> String {
    let region = choose.one(&named.regions);
    let fraction = choose.one(&["1", "0.5", "0.01"]);
    let mut kinds: Vec<String> = Vec::new();
    if let Some(bucket) = named.buckets.get(choose.below(named.buckets.len())) {
        for mode in ["marker", "purge", "overwrite"] {
            kinds.push(format!(
                "s3.delete_objects, bucket: {bucket}, fraction: {fraction}, mode: {mode}"
            ));
        }
        kinds.push(format!(
            "s3.corrupt_objects, bucket: {bucket}, fraction: {fraction}"
        ));
        kinds.push(format!("s3.delete_bucket, bucket: {bucket}"));
    }
    if let Some(function) = named.functions.get(choose.below(named.functions.len())) {
        kinds.push(format!("lambda.bad_deploy, function: {function}"));
        kinds.push(format!("lambda.delete, function: {function}"));
    }
    let at_once = kinds.len();
    if let Some(bucket) = named.replicated.get(choose.below(named.replicated.len())) {
        kinds.push(format!("s3.pause_replication, bucket: {bucket}"));
    }
    if let Some(function) = named.functions.get(choose.below(named.functions.len())) {
        kinds.push(format!("lambda.error, function: {function}, share: {fraction}"));
        kinds.push(format!(
            "lambda.latency, function: {function}, latency: {{p50: 1s, p99: 5m}}"
        ));
        kinds.push(format!("lambda.throttle, function: {function}"));
    }
    if named.iot {
        kinds.push("iot.kill_broker".to_owned());
        kinds.push("iot.freeze_broker".to_owned());
    }
    kinds.push("dns.stale".to_owned());
    for more in [
        "",
        ", manner: hang",
        ", manner: unavailable",
        ", form: partial, services: s3",
        ", form: partial, services: \"lambda, iot\"",
        ", form: grey, latency: 10s, errors: 0.3",
        ", form: grey, latency: {p50: 1s, p99: 1h}",
    ] {
        kinds.push(format!("region.outage, region: {region}{more}"));
    }
    let about = choose.one(&[
        "",
        ", service: s3",
        ", operation: \"Get*\"",
        ", principals: any",
        ", probability: 0.3",
    ]);
    for kind in [
        "aws.error, code: InternalError",
        "aws.throttle",
        "aws.access_denied",
        "aws.hang",
        "aws.reset",
        "aws.corrupt_response",
        "aws.latency, latency: {p50: 2s, p99: 30s}",
    ] {
        kinds.push(format!("{kind}{about}"));
    }
    let chosen = choose.below(kinds.len());
    let ends = if chosen >= at_once && choose.yes() {
        choose.one(&[", for: 1m", ", for: 20m", ", for: 3d"])
    } else {
        ""
    };
    let at = match (n, steps.get(choose.below(steps.len()))) {
        (1.., Some(step)) if choose.yes() => format!("\"step:{step}+{}\"", choose.one(&["0", "30s", "20m"])),
        _ => choose.one(&["20m", "20m10s", "35m", "50m30s"]).to_owned(),
    };
    format!("  - {{id: x{n}, at: {at}, do: {}{ends}}}\n", kinds[chosen])
}

/// What a step does. `audits` are the audits before it.
fn action(choose: &mut Chooser<'_>, named: &Named, audits: &[String]) -> String {
    let region = choose.one(&named.regions);
    let mut kinds = vec![
        "human, takes: {p50: 5m, p95: 1h}".to_owned(),
        "wait, for: 7m".to_owned(),
        "notify, to: team, message: \"{{impact}}\"".to_owned(),
        format!("dns.failover, to: {region}"),
        format!("stack.deploy, region: {region}, takes: {{least: 1m, likely: 10m, most: 40m}}"),
        "shell, run: \"true\", takes: {seen: [1m, 9m, 3h]}".to_owned(),
        format!(
            "check, probe: {}, green: {}, timeout: 2h",
            named.probes[0],
            choose.one(&[1, 3])
        ),
    ];
    if let Some(bucket) = named.buckets.get(choose.below(named.buckets.len())) {
        kinds.push(format!(
            "s3.audit, bucket: {bucket}, depth: {}",
            choose.one(&["listing", "bodies"])
        ));
        kinds.push(format!("s3.verify_integrity, bucket: {bucket}"));
        kinds.push(format!("s3.create_bucket, bucket: {bucket}"));
        kinds.push(format!("s3.put_versioning, bucket: {bucket}, status: Suspended"));
        for audit in audits {
            kinds.push(format!("s3.restore_versions, damaged: {audit}"));
            kinds.push(format!(
                "s3.restore_objects, damaged: {audit}, from: {{bucket: {bucket}, region: {region}}}"
            ));
        }
    }
    if let Some(bucket) = named.replicated.get(choose.below(named.replicated.len())) {
        let (from, to) = choose.one(&[("primary", "backup"), ("backup", "primary")]);
        kinds.push(format!(
            "s3.sync, from: {{bucket: {bucket}, region: {from}}}, to: {{bucket: {bucket}, region: {to}}}, delete: {}",
            choose.yes()
        ));
        kinds.push(format!(
            "s3.put_replication, bucket: {bucket}, status: {}",
            choose.one(&["Enabled", "Disabled"])
        ));
        kinds.push(format!(
            "replication.reverse, bucket: {bucket}, existing: {}",
            choose.yes()
        ));
        kinds.push(format!("replication.drain, bucket: {bucket}, timeout: 1h"));
    }
    if let Some(function) = named.functions.get(choose.below(named.functions.len())) {
        for step in [
            "lambda.deploy",
            "lambda.rollback",
            "lambda.redrive",
            "lambda.put_concurrency",
        ] {
            kinds.push(format!("{step}, function: {function}, region: {region}"));
        }
    }
    if named.iot {
        kinds.push(format!("iot.restart_broker, region: {region}"));
    }
    let chosen = choose.below(kinds.len());
    kinds.swap_remove(chosen)
}

fn runbook(choose: &mut Chooser<'_>, named: &Named) -> (String, Vec<String>) {
    let (mut text, mut ids, mut audits) = (String::new(), Vec::new(), Vec::new());
    for n in 0..choose.below(9) {
        let action = action(choose, named, &audits);
        let id = format!("s{n}");
        if action.starts_with("s3.audit") {
            audits.push(id.clone());
        }
        let more = choose.one(&[
            "",
            "",
            ", on_failure: abort",
            ", on_failure: retry, max_attempts: 5, retry_after: 10m",
        ]);
        let after = match (ids.last(), choose.below(4)) {
            (Some(_), 0) => format!(", after: [{}]", ids[choose.below(ids.len())]),
            _ => String::new(),
        };
        let _ = writeln!(text, "  - {{id: {id}, do: {action}{more}{after}}}");
        ids.push(id);
    }
    if ids.is_empty() {
        ("runbook: []\n".to_owned(), ids)
    } else {
        (format!("runbook:\n{text}"), ids)
    }
}

fn services(choose: &mut Chooser<'_>, named: &Named, steps: &[String]) -> String {
    let mut text = format!(
        "objectives:\n  mtd: {}\n  wrt: {}\n",
        choose.one(&["2h", "9h"]),
        choose.one(&["0", "30m"])
    );
    if let (Some(step), true) = (steps.last(), choose.yes()) {
        let _ = writeln!(text, "  failback: {{from: {step}, rto: 15m}}");
    }
    text.push_str("  services:\n");
    for (n, probe) in named.probes.iter().enumerate() {
        let expect = choose.one(&["", "", ", expect: unaffected", ", expect: ride_out"]);
        let data = match named.written.get(n) {
            Some(label) if choose.yes() => format!(", data: {label}, rpo: {}", choose.one(&["1m", "1h"])),
            _ => String::new(),
        };
        let mtd = choose.one(&["", ", mtd: 1h"]);
        let _ = writeln!(
            text,
            "    v{n}: {{probe: {probe}, rto: {}{data}{expect}{mtd}}}",
            choose.one(&["10m", "1h"])
        );
    }
    text
}

/// The scenario that these bytes choose.
pub(super) fn scenario(bytes: &[u8]) -> String {
    let mut choose = Chooser::new(bytes);
    let choose = &mut choose;
    let (cloud, mut named) = cloud(choose);
    let load = load(choose, &mut named);
    let probes = probes(choose, &mut named);
    let (runbook, steps) = runbook(choose, &named);
    let services = services(choose, &named, &steps);
    let mut faults = "faults:\n".to_owned();
    for n in 0..=choose.below(4) {
        faults.push_str(&fault(choose, &named, n, &steps));
    }
    let detection = match choose.below(5) {
        0 if steps.is_empty() => String::new(),
        n => format!(
            "detection: {{probe: {}, failing: {}, every: {}}}\n",
            named.probes[n % named.probes.len()],
            choose.one(&["1 of 1", "3 of 5"]),
            choose.one(&["10s", "1m", "1h"])
        ),
    };
    let give_up = choose.one(&["3h", "1d", "5d"]);
    let stable = choose.one(&["5m", "10s"]);
    format!(
        "version: 1\nname: wild\ntitle: t\nsystem: t\ngive_up: {give_up}\nstable_for: {stable}\nobserve_for: 10m\n\
         {services}{cloud}{load}{probes}{faults}{detection}{runbook}"
    )
}
