//! What is said of wrong scenarios: every message as a snapshot.
//!
//! Each case is the design document's example with one thing changed; `INSTA_UPDATE=always` writes the
//! snapshots anew.

use drill::scenario::{Platform, Scenario};

const DESIGN: &str = include_str!("scenario/design.yaml");

/// All errors of a text, or all its warnings if it is right; one a line.
fn diagnostics(text: &str) -> String {
    let lines: Vec<String> = match Scenario::parse("drill.yaml", text) {
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
        Ok((_, warnings)) => warnings.iter().map(ToString::to_string).collect(),
    };
    lines.join("\n")
}

/// The example with each `from` replaced by its `to`.
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(DESIGN.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the example has no {from:?}");
        text.replacen(from, to, 1)
    })
}

/// One test a case: its name is that of its snapshot.
macro_rules! cases {
    ($($name:ident: $($from:literal => $to:expr),+;)+) => {
        $(
            #[test]
            fn $name() {
                let said = diagnostics(&changed(&[$(($from, $to)),+]));
                assert!(!said.is_empty(), "nothing is said of it");
                insta::assert_snapshot!(stringify!($name), said);
            }
        )+
    };
}

cases! {
    // Format.
    unknown_key_near_a_known_one: "stable_for: 5m" => "stabel_for: 5m";
    unknown_key_far_from_all: "fleet:\n" => "zeppelin: 3\nfleet:\n";
    missing_field: "probe: program-delivery, data: programs,  rto: 1h, rpo" => "data: programs, rto: 1h, rpo", "  mtd: 8h\n" => "";
    missing_action: "{at: 35m, do: s3.delete_objects,  bucket" => "{at: 35m, bucket";
    expect_fail_without_a_reason: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: fail}";
    expect_fail_that_misses_nothing: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: fail, because: {steps: [declare]}}";
    expect_names_near_known_ones: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: fail, because: {missed: [program-delivery rot, \"* mtd\", \"* mtd\"], open: [telemetry], steps: [contian]}}";
    expect_pass_that_misses: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: pass, because: {missed: [telemetry rto], open: [telemetry rpo]}}";
    expect_missed_and_open: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: fail, because: {missed: [telemetry rto], open: [telemetry rto]}}";
    expect_inconclusive_without_a_reason: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: inconclusive}";
    expect_inconclusive_for_anything: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: inconclusive, because: {steps: [declare]}}";
    expect_an_error_of_no_step: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: fail, because: {missed: [telemetry rto], errors: {contian: Denied}}}";
    expect_another_verdict: "observe_for: 10m" => "observe_for: 10m\nexpect: {verdict: failed, because: {missd: []}}";
    duplicate_key: "observe_for: 10m" => "observe_for: 10m\nstable_for: 6m";
    duplicate_bucket: "    telemetry: {name: aws-iot-steel-telemetry" => "    programs: {name: aws-iot-steel-telemetry";
    wrong_shape_of_a_list: "faults:\n  - {at: 35m, do: s3.delete_objects,  bucket: programs, fraction: 0.6, mode: marker}\n  - {" => "faults:\n  {";
    wrong_shape_of_a_map: "clock: {speed: 120, durations: p95}" => "clock: fast";
    text_for_a_number: "devices: 1000" => "devices: many";
    fleet_that_stands_for_fewer: "devices: 1000" => "devices: 1000\n  stands_for: 999";
    fleet_that_stands_for_more_than_are_simulated: "devices: 1000" => "devices: 1000\n  stands_for: 8000000001";
    fleet_that_stands_for_a_number_in_words: "devices: 1000" => "devices: 1000\n  stands_for: 1M";
    quoted_number: "devices: 1000" => "devices: \"1000\"";
    texts_that_are_not_on_one_line: "title: Firmware and program buckets are deleted and partly corrupted" => "title: \"x\\n ✔ PASS   hello\"",
        "source: assumed}" => "source: \"vendor: a\\nb\"}", "faults:\n" => "faults:\n  - {at: 35m, do: aws.error, code: \"a\\e[2Jb\"}\n",
        "writers:\n" => "secrets: [A, \"B\\nC\"]\nwriters:\n";
    number_for_a_text: "title: Firmware and program buckets are deleted and partly corrupted" => "title: 42";
    nothing_for_a_value: "profile: aws-full-jitter" => "profile:";
    yes_for_a_switch: "versioned: true\n" => "versioned: yes\n";
    version_of_the_future: "version: 1" => "version: 2";
    full_scale_exercise: "exercise: functional  " => "exercise: full_scale  ";
    broken_yaml: "cloud:\n" => "cloud: {regions: [\n";
    anchors_and_aliases: "stable_for: 5m" => "stable_for: &five 5m", "observe_for: 10m" => "observe_for: *five";
    a_tag: "stable_for: 5m" => "stable_for: !!str 5m";
    a_merge_key: "writers:\n" => "writers:\n  <<: {a: b}\n";
    a_second_document: "version: 1" => "version: 1\n---\nversion: 1";

    // Units.
    duration_without_unit: "stable_for: 5m" => "stable_for: 300";
    duration_in_words: "stable_for: 5m" => "stable_for: 5 minutes";
    negative_duration: "{at: 35m, do: s3.delete" => "{at: -35m, do: s3.delete";
    zero_period: "sample: 20, verify: sha256, pass: 20 of 20, every: 30s" => "sample: 20, verify: sha256, pass: 20 of 20, every: 0s";
    size_with_unknown_unit: "payload: 128B" => "payload: 128 bytes";
    size_below_what_a_script_needs: "do: s3.verify_integrity, bucket: programs}" => "do: shell, run: ls, memory: 1KiB}";
    size_with_half_a_unit: "do: s3.verify_integrity, bucket: programs}" => "do: shell, run: ls, memory: 64M}";
    range_of_sizes_inverted: "size: 4KiB..64KiB" => "size: 64KiB..4KiB";
    more_deletes_than_writes: "bucket: programs, every: 30s}     #" => "bucket: programs, every: 30s, deletes: 60%}     #";
    deletes_in_percent_without_its_sign: "bucket: programs, every: 30s}     #" => "bucket: programs, every: 30s, deletes: 5}     #";
    fraction_as_percent: "fraction: 0.6" => "fraction: 60%";
    fraction_above_one: "fraction: 0.05" => "fraction: 5";
    fraction_of_nothing: "fraction: 0.6" => "fraction: 0";
    pass_more_than_all: "pass: 20 of 20" => "pass: 21 of 20";
    pass_of_another_sample: "pass: 20 of 20" => "pass: 9 of 10";
    failing_in_other_words: "\"3 of 5\"" => "3/5";
    window_inverted: "within: 20m..60m" => "within: 60m..20m";
    window_without_beginning: "within: 0m..20m" => "within: 20m";
    source_without_line: "\"plan:44\"" => "plan";
    source_misspelt: "source: assumed}" => "source: asumed}";

    // Limits.
    too_many_devices: "devices: 1000" => "devices: 1000000";
    too_many_objects: "count: 500" => "count: 5000000";
    too_much_inventory: "count: 500, size: 4KiB..64KiB" => "count: 1000000, size: 64KiB";
    too_many_writes: "bucket: programs, every: 30s}     #" => "bucket: programs, every: 100ms}     #", "mtd: 8h" => "mtd: 60d";
    too_fast: "speed: 120" => "speed: 4000";
    no_speed: "speed: 120" => "speed: atuo";
    standing_still: "speed: 120" => "max_speed: 0";

    // Names.
    unknown_probe: "{probe: program-delivery, data" => "{probe: program-delivry, data";
    unknown_bucket: "s3.audit, bucket: programs" => "s3.audit, bucket: program";
    unknown_region: "replicate: {to: backup, lag: {p50: 20s, p99: 10m}}\n    telemetry" => "replicate: {to: bakup, lag: {p50: 20s, p99: 10m}}\n    telemetry";
    unknown_data: "data: telemetry" => "data: measurements";
    unknown_action: "do: s3.audit" => "do: s3.audi";
    unknown_fault: "do: s3.corrupt_objects" => "do: s3.corrupt_object";
    unknown_profile: "profile: aws-full-jitter" => "profile: full-jitter";
    damage_from_a_step_that_audits_nothing: "damaged: assess" => "damaged: contain";
    damage_from_a_later_step: "  - {id: assess,   do: s3.audit, bucket: programs, within: 10m..20m}\n" => "", "  - {id: verify, " => "  - {id: assess, do: s3.audit, bucket: programs}\n  - {id: verify, ";
    window_from_a_later_step: "within: 10m..20m}" => "within: 10m..20m, from: verify}";
    window_from_nowhere: "within: 10m..20m}" => "within: 10m..20m, from: start}";
    from_without_a_window: "do: s3.verify_integrity, bucket: programs}" => "do: s3.verify_integrity, bucket: programs, from: detection}";
    step_twice: "{id: verify,   do" => "{id: assess,   do";
    reserved_step_id: "{id: verify,   do" => "{id: detection,   do";
    bucket_name_in_capitals: "name: aws-iot-steel-programs" => "name: AWS_IoT_Steel_Programs";
    bucket_name_like_an_address: "name: aws-iot-steel-programs" => "name: 192.168.5.4";
    bucket_name_taken: "{name: aws-iot-steel-telemetry" => "{name: aws-iot-steel-programs-backup";
    replica_name_too_long: "name: aws-iot-steel-programs" => "name: aws-iot-steel-programs-that-have-a-name-that-is-much-too-long-x";
    wrong_aws_region: "us-east-1" => "us-east";
    region_that_aws_does_not_have: "us-east-1" => "eu-east-1";
    no_primary_region: "{primary: us-west-2" => "{main: us-west-2";
    one_region_twice: "backup: us-east-1" => "backup: us-west-2";
    topic_filter_with_a_hash_inside: "dt/+/telemetry" => "dt/#/telemetry";
    topic_filter_with_half_a_plus: "dt/+/telemetry" => "dt/dev+/telemetry";

    // Meaning.
    two_rules_for_a_canary: "    rules:\n" => "    rules:\n      other: {topic: \"a/b\", to: {bucket: programs}}\n";
    window_from_twice: "within: 10m..20m}" => "within: {window: 10m..20m, from: fault}, from: detection}";
    merge_key_in_a_record: "fleet:\n" => "fleet:\n  <<: {a: b}\n";
    sync_to_itself: "do: s3.verify_integrity, bucket: programs}" => "do: s3.sync, from: {bucket: programs}, to: {bucket: programs, region: primary}}";
    human_step_without_duration: "within: 0m..20m, takes: {p50: 5m, p95: 15m}" => "within: 0m..20m";
    checklist_with_an_item_twice: "takes: {p50: 5m, p95: 15m}" => "takes: {p50: 5m, p95: 15m}, checklist: [one, two, one]";
    checklist_of_a_step_of_another_kind: "do: s3.verify_integrity, bucket: programs}" => "do: s3.verify_integrity, bucket: programs, checklist: [one], instructions: x, approval: owner}";
    inject_without_a_text: "faults:\n" => "inject:\n  - {at: soon, to: owner}\nfaults:\n";
    inject_that_comes_too_late: "faults:\n" => "inject:\n  - {at: 35h, text: It is over.}\nfaults:\n";
    exercise_that_is_a_simulation: "exercise: functional " => "exercise: simulation ";
    percentiles_inverted: "{p50: 5m, p95: 15m}" => "{p50: 15m, p95: 5m}";
    least_above_likely: "{p50: 5m, p95: 15m}" => "{least: 6m, likely: 5m, most: 15m}";
    likely_above_most: "{p50: 5m, p95: 15m}" => "{least: 2m, likely: 25m, most: 15m}";
    least_above_most: "{p50: 5m, p95: 15m}" => "{least: 25m, most: 15m}";
    nothing_was_seen: "{p50: 5m, p95: 15m}" => "{seen: []}";
    seen_has_no_value: "{p50: 5m, p95: 15m}" => "{seen: }";
    seen_is_no_list: "{p50: 5m, p95: 15m}" => "{seen: 5m}";
    one_that_was_seen_has_no_unit: "{p50: 5m, p95: 15m}" => "{seen: [4m, 7, 12m]}";
    two_distributions_at_once: "{p50: 5m, p95: 15m}" => "{p50: 5m, p95: 15m, least: 2m, most: 20m}";
    seen_beside_a_range: "{p50: 5m, p95: 15m}" => "{least: 2m, seen: [4m]}";
    percentile_without_its_partner: "{p50: 5m, p95: 15m}" => "{p50: 5m}";
    range_without_its_end: "{p50: 5m, p95: 15m}" => "{least: 5m}";
    likely_alone: "{p50: 5m, p95: 15m}" => "{likely: 5m}";
    distribution_misspelt: "{p50: 5m, p95: 15m}" => "{least: 2m, likly: 5m, most: 20m}";
    distribution_in_capitals: "{p50: 5m, p95: 15m}" => "{P50: 5m, P95: 15m}";
    distribution_of_nothing: "{p50: 5m, p95: 15m}" => "{}";
    distribution_as_a_duration: "{p50: 5m, p95: 15m}" => "5m";
    observed_less_than_stable: "observe_for: 10m" => "observe_for: 1m";
    fault_before_steady_state: "{at: 35m, do: s3.delete" => "{at: 5m, do: s3.delete";
    replication_without_versions: "      versioned: true\n" => "";
    replication_to_itself: "replicate: {to: backup, lag: {p50: 20s, p99: 10m}}\n    telemetry" => "replicate: {to: primary, lag: {p50: 20s, p99: 10m}}\n    telemetry";
    fault_that_cannot_end: "fraction: 0.05, via: storage" => "fraction: 0.05, via: storage, for: 5m";
    runbook_without_detection: "detection: {probe: program-delivery, failing: \"3 of 5\", every: 1m, from: external}" => "";
    rpo_without_data: "data: programs,  " => "";
    service_without_target: "rto: 1h, rpo: 15m, source: \"plan:44\"" => "source: \"plan:44\"";
    canary_without_a_rule: "    rules:\n      telemetry: {topic: \"dt/+/telemetry\", to: {bucket: telemetry}, batch: {max: 500, window: 10s}}\n" => "";

    // Faults on what is not there, of each family.
    faults_on_buckets_that_are_not_declared: "do: s3.delete_objects,  bucket: programs" => "do: s3.delete_objects,  bucket: program",
        "do: s3.corrupt_objects, bucket: programs" => "do: s3.corrupt_objects, bucket: firmware",
        "faults:\n" => "faults:\n  - {at: 35m, do: s3.delete_bucket, bucket: backups}\n  - {at: 36m, do: s3.pause_replication, bucket: telemetri}\n";
    faults_in_regions_that_are_not_declared: "faults:\n" => "faults:
  - {at: 35m, do: region.outage, region: us-west-2}
  - {at: 36m, do: iot.kill_broker, region: bakup}
  - {at: 37m, do: iot.freeze_broker, region: third}
  - {at: 38m, do: aws.error, code: InternalError, region: third}
  - {at: 39m, do: lambda.error, function: ingest, region: third}\n", "writers:\n" => "  functions:\n    ingest: {built_in: telemetry-ingest, bucket: telemetry}\n\nwriters:\n";
    faults_on_functions_that_are_not_declared: "faults:\n" => "faults:
  - {at: 35m, do: lambda.error, function: ingst}
  - {at: 35m, do: lambda.latency, function: validator, latency: {p50: 1s, p99: 2s}}
  - {at: 35m, do: lambda.throttle, function: ingest-2}
  - {at: 35m, do: lambda.delete, function: telemetry-ingest}
  - {at: 35m, do: lambda.bad_deploy, function: telemetry}\n", "writers:\n" => "  functions:\n    ingest: {built_in: telemetry-ingest, bucket: telemetry}\n\nwriters:\n";
    faults_on_functions_without_any: "faults:\n" => "faults:\n  - {at: 35m, do: lambda.bad_deploy, function: ingest}\n";
    faults_on_functions_where_they_are_not: "faults:\n" => "faults:
  - {at: 35m, do: lambda.error, function: ingest, region: backup}
  - {at: 35m, do: lambda.bad_deploy, function: ingest, region: backup}\n", "writers:\n" => "  functions:\n    ingest: {built_in: telemetry-ingest, bucket: telemetry}\n\nwriters:\n";
    faults_on_requests_for_what_is_not_there: "faults:\n" => "faults:
  - {at: 35m, do: aws.error, code: InternalError, resource: aws-iot-steel-firmware}
  - {at: 35m, do: aws.throttle, resource: \"firmware-*\"}
  - {at: 35m, do: aws.access_denied, service: dynamodb}
  - {at: 35m, do: aws.latency, latency: {p50: 1s, p99: 2s}, service: S3}
  - {at: 35m, do: aws.hang, resource: programs}
  - {at: 35m, do: aws.reset, service: iot}
  - {at: 35m, do: aws.corrupt_response, resource: \"ingest*\"}\n";
    faults_on_brokers_that_are_not_there: "faults:\n" => "faults:\n  - {at: 35m, do: iot.kill_broker, region: backup, for: 1m}\n  - {at: 40m, do: iot.freeze_broker, region: backup}\n";
    faults_on_brokers_without_any: "faults:\n" => "faults:\n  - {at: 35m, do: iot.kill_broker}\n",
        "  iot:\n    quotas: {connects_per_second: 500}\n    rules:\n      telemetry: {topic: \"dt/+/telemetry\", to: {bucket: telemetry}, batch: {max: 500, window: 10s}}\n" => "",
        "  telemetry-path:   {do: path.telemetry, every: 30s, timeout: 90s}   # a canary's message reaches the bucket\n" => "",
        "    telemetry:        {probe: telemetry-path,   data: telemetry, rto: 1h, rpo: 15m, expect: unaffected}\n" => "";

    // Faults whose times contradict each other.
    faults_that_hold_the_same_at_once: "faults:\n" => "faults:
  - {at: 35m, do: region.outage, region: primary, for: 1h}
  - {at: 1h, do: region.outage, region: primary, form: partial, services: \"s3, sts\"}
  - {at: 34m, do: iot.kill_broker, for: 2m}
  - {at: 95m, do: iot.freeze_broker, for: 2m}
  - {at: 96m, do: iot.kill_broker}
  - {at: 3h, do: dns.stale}
  - {at: 4h, do: dns.stale, for: 1h}\n";
    fault_on_a_function_that_is_gone: "faults:\n" => "faults:\n  - {at: 35m, do: lambda.delete, function: ingest}\n  - {at: 36m, do: lambda.delete, function: ingest, region: primary}\n",
        "writers:\n" => "  functions:\n    ingest: {built_in: telemetry-ingest, bucket: telemetry}\n\nwriters:\n";
    fault_repeated_into_another: "faults:\n" => "faults:\n  - {at: 35m, do: iot.kill_broker, for: 1m, repeat: {every: 10m, times: 3}}\n  - {at: 55m, do: iot.freeze_broker, for: 30s}\n";
    fault_repeated_into_itself: "faults:\n" => "faults:\n  - {at: 35m, do: iot.kill_broker, for: 10m, repeat: {every: 10m, times: 3}}\n";
    fault_repeated_without_end: "faults:\n" => "faults:\n  - {at: 35m, do: iot.kill_broker, repeat: {every: 10m, times: 3}}\n";

    // Variables that are the drill's own.
    variables_that_the_drill_sets: "writers:\n" => "secrets: [AWS_SECRET_ACCESS_KEY, TOKEN, PATH, AWS_SESSION_TOKEN, HOME, TOKEN, FIREDRILL_ENDPOINT, TMPDIR]\nwriters:\n",
        "do: s3.verify_integrity, bucket: programs}" => "do: shell, run: ls, env: {PATH: /bin, AWS_REGION: x, FIREDRILL_ENDPOINT: y, WORD: z}}";

    // A drill that is over too soon.
    fault_after_the_drill_gave_up: "observe_for: 10m" => "observe_for: 10m\ngive_up: 2h",
        "faults:\n" => "faults:
  - {at: 2h35m, do: s3.delete_objects, bucket: programs, fraction: 0.1, mode: marker}
  - {at: 2h34m, do: s3.pause_replication, bucket: programs}
  - {at: step:restore+2h, do: s3.delete_bucket, bucket: programs}
  - {at: 40m, do: iot.kill_broker, for: 1m, repeat: {every: 1h, times: 4}}\n";
    give_up_below_an_rto: "observe_for: 10m" => "observe_for: 10m\ngive_up: 40m", "data: telemetry, rto: 1h" => "data: telemetry, rto: 1h30m";
    give_up_by_default_below_an_rto: "mtd: 8h" => "mtd: 30m";
    give_up_before_the_rto_of_the_last_fault: "observe_for: 10m" => "observe_for: 10m\ngive_up: 1h30m",
        "faults:\n" => "faults:\n  - {at: 1h15m, do: s3.delete_bucket, bucket: programs}\n";
    give_up_before_what_is_to_be_ridden_out: "observe_for: 10m" => "observe_for: 10m\ngive_up: 1h30m", "expect: unaffected" => "expect: ride_out",
        "faults:\n" => "faults:\n  - {at: 1h, do: iot.freeze_broker, for: 10m}\n";
    give_up_before_the_failback: "observe_for: 10m" => "observe_for: 10m\ngive_up: 2h",
        "  mtd: 8h\n" => "  mtd: 8h\n  failback: {from: home, rto: 30m}\n",
        "status: Enabled}" => "status: Enabled}\n  - {id: rest, do: wait, for: 1h20m}\n  - {id: home, do: dns.failover, to: primary}";

    // Targets that cannot be told.
    rpo_below_what_telemetry_resolves: "data: telemetry, rto: 1h, rpo: 15m" => "data: telemetry, rto: 1h, rpo: 15s";

    // A runbook that refers to what is not there, or goes round.
    steps_after_unknown_ones: "do: s3.verify_integrity, bucket: programs}" => "do: s3.verify_integrity, bucket: programs, after: [restor, contain, operators]}";
    faults_in_unknown_steps: "faults:\n" => "faults:\n  - {at: step:restor+30s, do: s3.delete_bucket, bucket: programs}\n  - {at: step:someday, do: s3.delete_bucket, bucket: programs}\n";
    fault_in_a_step_at_no_time: "faults:\n" => "faults:\n  - {at: step:restore+soon, do: s3.delete_bucket, bucket: programs}\n";
    step_after_itself: "do: s3.verify_integrity, bucket: programs}" => "do: s3.verify_integrity, bucket: programs, after: [verify]}";
    steps_in_a_circle: "do: s3.audit, bucket: programs, within: 10m..20m}" => "do: s3.audit, bucket: programs, within: 10m..20m, after: [protect]}";
    steps_in_a_circle_of_two: "do: s3.put_replication, bucket: programs, status: Enabled}" => "do: s3.put_replication, bucket: programs, status: Enabled, after: [seal]}\n  - {id: seal, do: s3.verify_integrity, bucket: programs, after: [protect]}";
    branches_in_a_circle: "  - {id: verify,   do: s3.verify_integrity, bucket: programs}\n" => "  - id: verify
    do: parallel
    steps:
      - {id: left, do: s3.verify_integrity, bucket: programs, after: [protect]}
      - {id: right, do: s3.verify_integrity, bucket: programs}\n";

    // Warnings.
    warns_of_restoring_what_writers_delete: "bucket: programs, every: 30s}     #" => "bucket: programs, every: 30s, deletes: 5%}     #";
    warns_of_targets_that_contradict: "mtd: 8h" => "mtd: 1h30m\n  wrt: 40m";
    warns_of_writes_too_far_apart: "bucket: programs, every: 30s}     #" => "bucket: programs, every: 2m}     #";
    warns_of_too_short_a_history: "{at: 35m, do: s3.delete" => "{at: 20m, do: s3.delete";
    warns_of_a_missing_replica: "      replicate: {to: backup, lag: {p50: 20s, p99: 10m}}\n" => "";
    warns_of_a_probe_at_nothing: "sample: 20," => "sample: 20, prefix: none/,";
    warns_of_no_faults: "  - {at: 35m, do: s3.delete_objects,  bucket: programs, fraction: 0.6, mode: marker}\n  - {at: 35m, do: s3.corrupt_objects, bucket: programs, fraction: 0.05, via: storage}\n" => "";
    warns_of_suspending_under_replication: "do: s3.put_replication, bucket: programs, status: Disabled" => "do: s3.put_versioning, bucket: programs, status: Suspended";
    warns_of_nothing_to_ride_out: "expect: unaffected" => "expect: ride_out";
    warns_of_what_does_not_end_to_be_ridden_out: "expect: unaffected" => "expect: ride_out",
        "faults:\n" => "faults:\n  - {at: 35m, do: iot.kill_broker}\n  - {at: 36m, do: aws.error, code: InternalError, resource: aws-iot-steel-programs, for: 1m}\n";
    warns_of_objectives_that_nothing_exercises: ", expect: unaffected" => "";
    warns_of_an_rpo_that_no_fault_touches: ", expect: unaffected" => "",
        "faults:\n" => "faults:\n  - {at: 35m, do: aws.latency, latency: {p50: 1s, p99: 2s}, resource: aws-iot-steel-telemetry}\n";
    warns_of_a_fault_beside_the_prefix_of_a_probe: "sample: 20," => "sample: 20, prefix: objects/,",
        "fraction: 0.6, mode: marker" => "prefix: programs/, fraction: 0.6, mode: marker",
        "fraction: 0.05, via: storage" => "prefix: programs/, fraction: 0.05, via: storage";
    warns_of_faults_that_wait_for_steps_alone: "{at: 35m, do: s3.delete_objects" => "{at: step:assess, do: s3.delete_objects",
        "{at: 35m, do: s3.corrupt" => "{at: step:assess, do: s3.corrupt";
    warns_of_a_failback_that_moves_nothing: "  mtd: 8h\n" => "  mtd: 8h\n  failback: {from: verify, rto: 30m}\n";
    warns_of_a_failback_from_home: "  mtd: 8h\n" => "  mtd: 8h\n  failback: {from: home, rto: 30m}\n",
        "status: Enabled}" => "status: Enabled}\n  - {id: home, do: dns.failover, to: primary}";
    warns_of_an_rpo_that_epochs_are_too_long_for: "data: telemetry, rto: 1h, rpo: 15m" => "data: telemetry, rto: 1h, rpo: 3m";

    // All at once: format and meaning, in the order of the file.
    many_errors_at_once: "version: 1" => "version: one", "rto: 1h, rpo: 15m, source" => "rto: 1 hour, rpo: 15m, sorce",
        "replicate: {to: backup, lag" => "replicate: {to: backup, delay", "devices: 1000" => "devices: -1",
        "pass: 20 of 20" => "pass: 21 of 20", "do: s3.audit" => "do: s3.audti", "region: backup}" => "region: back-up}",
        "observe_for: 10m" => "observe_for: 1m";
}

/// A bound that is reached, and passed by one.
#[test]
fn what_was_seen_is_no_more_than_a_bound() {
    let seen = |count| {
        changed(&[(
            "{p50: 5m, p95: 15m}",
            &format!("{{seen: [{}]}}", vec!["5m"; count].join(", ")),
        )])
    };
    assert_eq!(diagnostics(&seen(10_000)), diagnostics(DESIGN));
    assert_eq!(
        diagnostics(&seen(10_001)),
        "drill.yaml:54:62: runbook[0].takes.seen: found a list of 10001; allowed: a list of at most 10000 items"
    );
}

/// The end of a fault is not a part of it; a step that other ones wait for may be named from either side.
#[test]
fn what_only_touches_is_no_contradiction() {
    let text = changed(&[(
        "faults:\n",
        "faults:\n  - {at: 35m, do: iot.kill_broker, for: 1m}\n  - {at: 36m, do: iot.freeze_broker, for: 1m}\n  \
         - {at: step:verify, do: iot.kill_broker}\n",
    )]);
    assert_eq!(diagnostics(&text), diagnostics(DESIGN));
    let text = text.replace(
        "verify_integrity, bucket: programs}",
        "verify_integrity, bucket: programs, after: [protect]}",
    );
    let text = text.replace("status: Enabled}", "status: Enabled, after: [restore]}");
    assert_eq!(diagnostics(&text), diagnostics(DESIGN));
}

/// A failover makes other regions part of what a service depends on, and a script may do anything.
#[test]
fn what_steps_may_bring_about_counts_as_exercised() {
    let faults = |faults: &str| changed(&[(", expect: unaffected", ""), ("faults:\n", faults)]);
    let in_backup = "faults:\n  - {at: 35m, do: region.outage, region: backup}\n";
    assert!(diagnostics(&faults(in_backup)).contains("nothing exercises this RTO"));
    let failover =
        "status: Enabled}\n  - {id: names, do: dns.failover, to: backup, names: \"iot, telemetry\"}";
    let moved = faults(in_backup).replace("status: Enabled}", failover);
    assert_eq!(diagnostics(&moved), "");
    let failback = changed(&[
        ("  mtd: 8h\n", "  mtd: 8h\n  failback: {from: home, rto: 30m}\n"),
        (
            "status: Enabled}",
            "status: Enabled}\n  - {id: home, do: shell, run: ./home.sh}",
        ),
        (
            "  - {id: contain,",
            "  - {id: away, do: shell, run: ./away.sh}\n  - {id: contain,",
        ),
    ]);
    assert_eq!(diagnostics(&failback), "");
}

/// Endpoints that run already may call their regions as they like; every other cloud has those of AWS.
#[test]
fn regions_of_endpoints_may_have_any_name() {
    let text = changed(&[("us-east-1", "eu-lab-1")]);
    let parsed = |platform| Scenario::parse_bytes_for("drill.yaml", text.as_bytes(), platform);
    assert!(parsed(Some(Platform::Endpoints)).is_ok());
    let elsewhere = [
        None,
        Some(Platform::Embedded),
        Some(Platform::LocalStack { default_image: false }),
    ];
    for platform in elsewhere {
        let errors = parsed(platform).unwrap_err();
        assert!(
            errors[0].to_string().contains("AWS does not have"),
            "{}",
            errors[0]
        );
    }
    for region in [
        "us-gov-west-1",
        "cn-northwest-1",
        "eusc-de-east-1",
        "ap-southeast-7",
    ] {
        assert_eq!(
            diagnostics(&changed(&[("us-east-1", region)])),
            diagnostics(DESIGN),
            "{region}"
        );
    }
}

/// A run that was recorded is judged by a version that would refuse to run it.
#[test]
fn a_recorded_scenario_is_decoded_and_not_checked() {
    let text = changed(&[
        ("observe_for: 10m", "observe_for: 10m\ngive_up: 1m"),
        ("us-east-1", "eu-lab-1"),
    ]);
    assert!(Scenario::parse("drill.yaml", &text).is_err());
    let scenario = Scenario::read_recorded("drill.yaml", text.as_bytes()).unwrap();
    assert_eq!(scenario.cloud.aws_region("backup"), Some("eu-lab-1"));
    let wrong = text.replace("give_up: 1m", "give_up: soon");
    assert!(Scenario::read_recorded("drill.yaml", wrong.as_bytes()).is_err());
}

#[test]
fn a_scenario_tells_where_its_fields_stand() {
    let parsed = Scenario::read("drill.yaml", DESIGN.as_bytes(), None).unwrap();
    let place = |path: &str| {
        let mark = parsed.places.mark_of(path);
        let line = DESIGN.lines().nth(mark.line as usize - 1).unwrap();
        line[mark.column as usize - 1..].to_owned()
    };
    assert!(place("faults[1].via").starts_with("storage}"));
    assert!(place("faults[1].id").starts_with("{at: 35m, do: s3.corrupt_objects"));
    assert_eq!(parsed.scenario.runbook[2].path(), "runbook[2]");
    assert!(parsed.places.contains("runbook[2].do") && !parsed.places.contains("runbook[2].after"));
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!("an_empty_file", diagnostics(""));
    assert_eq!(diagnostics("# only a comment\n"), diagnostics(""));
}

#[test]
fn what_localstack_does_not_have() {
    let routes = "cloud:\n  routes: {rds: cloud, monitoring: cloud, sqs: cloud, s3: embedded, sns: \"http://127.0.0.1:5000/x\", ses: \
                  \"http://127.0.0.1:70000\", ssm: \"http://127.0.0.1:5000/\"}\n";
    let text = changed(&[
        ("cloud:\n", routes),
        (
            "faults:\n",
            "faults:\n  - {at: 10m, do: region.outage, region: primary, container: kill}\n",
        ),
    ]);
    let under_localstack = |default_image| {
        let platform = Platform::LocalStack { default_image };
        let errors = Scenario::parse_bytes_for("drill.yaml", text.as_bytes(), Some(platform)).unwrap_err();
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        errors.join("\n")
    };
    insta::assert_snapshot!("what_localstack_does_not_have", under_localstack(true));
    assert!(
        !under_localstack(false).contains("rds"),
        "{}",
        under_localstack(false)
    );
}

#[test]
fn a_file_that_is_no_map() {
    insta::assert_snapshot!("a_file_that_is_no_map", diagnostics("just a text"));
}

#[test]
fn a_file_that_is_no_text() {
    let errors = Scenario::parse_bytes("drill.yaml", b"version: 1\nname: \xff\xfe\n").unwrap_err();
    insta::assert_snapshot!("a_file_that_is_no_text", errors[0]);
}

#[test]
fn a_bomb_of_aliases_is_refused_and_stays_small() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in ["b", "c", "d", "e", "f", "g", "h", "i"]
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        bomb += &format!("{name}: &{name} [*{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}, *{of}]\n");
    }
    let errors = Scenario::parse("drill.yaml", &bomb).unwrap_err();
    assert!(errors.len() <= 100, "{}", errors.len());
    let aliases = errors
        .iter()
        .map(ToString::to_string)
        .filter(|error| error.contains("an alias"));
    insta::assert_snapshot!(
        "a_bomb_of_aliases",
        aliases.take(3).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    let wide = format!("a: [{}]", "1, ".repeat(60_000));
    let long = format!("a: {}", "x".repeat(2 << 20));
    let said = [deep, wide, long].map(|text| diagnostics(&text)).join("\n");
    insta::assert_snapshot!("depth_and_size_are_bounded", said);
}

#[test]
fn the_number_of_errors_is_bounded() {
    let keys: String = (0..1000).map(|n| format!("key{n}: 1\n")).collect();
    assert_eq!(Scenario::parse("drill.yaml", &keys).unwrap_err().len(), 100);
}

#[test]
fn places_count_characters() {
    let text = changed(&[(
        "title: Firmware",
        "title: \"Füße – 🔥\"\nfoo: bar\nsource2: Firmware",
    )]);
    assert!(
        diagnostics(&text).starts_with("drill.yaml:4:1: foo: found an unknown key"),
        "{}",
        diagnostics(&text)
    );
}

/// A scenario may refer to files of its folder, and of no other.
#[test]
fn files_out_of_the_scenarios_folder_are_refused_however_they_are_written() {
    let of = |field: &str, value: &str| match field {
        "script" => changed(&[(
            "do: s3.verify_integrity, bucket: programs}",
            &format!("do: shell, script: {value}}}"),
        )]),
        _ => changed(&[(
            "  buckets:\n",
            &format!("  functions:\n    f: {{package: {value}}}\n  buckets:\n"),
        )]),
    };
    let expected = "a path that stays in the scenario's folder";
    let out = [
        ("script", "/bin/x", "/bin/x"),
        ("script", "../x", "../x"),
        ("script", "\"'/home/a/bin/x' --fast\"", "/home/a/bin/x"),
        ("script", "\"'a b'/../../x\"", "a b/../../x"),
        ("script", "\"\\\\/bin/x\"", "/bin/x"),
        ("package", "/home/a", "/home/a"),
        ("package", "..", ".."),
        ("package", "lib/../../own.zip", "lib/../../own.zip"),
    ];
    for (field, value, found) in out {
        let said = diagnostics(&of(field, value));
        let is_refused = said
            .lines()
            .any(|line| line.contains(&format!("{field}: found {found:?}")) && line.ends_with(expected));
        assert!(is_refused, "{field}: {value}: {said}");
    }
    for (field, value) in [
        ("script", "\"run.sh /etc/../x\""),
        ("script", "\"'my script'\""),
        ("package", "lib/own..zip"),
    ] {
        let said = diagnostics(&of(field, value));
        assert!(!said.contains(expected), "{field}: {value}: {said}");
    }
}

/// A block of YAML ends with a line break, which is no part of a text; a variable's value may have several lines.
#[test]
fn texts_of_blocks_are_taken_without_their_end() {
    let text = changed(&[
        (
            "title: Firmware and program buckets are deleted and partly corrupted",
            "title: >\n  Firmware and\n  programs",
        ),
        (
            "do: s3.verify_integrity, bucket: programs}",
            "do: shell, run: ls, env: {PEM: \"a\\nb\\n\"}}",
        ),
    ]);
    let (scenario, _) = Scenario::parse("drill.yaml", &text).unwrap();
    assert_eq!(scenario.title, "Firmware and programs");
    let mut scripts = scenario.runbook.iter();
    let env = scripts.find_map(|step| Some(step.action.get::<drill::scenario::Shell>()?.env.clone()));
    assert_eq!(env.unwrap()[0].1, "a\nb\n");
}
