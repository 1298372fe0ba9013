# What there is to do here. `just` lists it; nothing needs `just`, each recipe is one command.

firedrill := env("CARGO_TARGET_DIR", "target") / "release/firedrill"

[private]
default:
    @just --list --unsorted

# formatting, clippy, unit and pure tests: the loop while you work
quick:
    .ci/quick

# format every source file
format:
    .ci/formatting --write

# all tests; what needs more than Rust is skipped with a printed reason
test *OPTIONS:
    cargo test --workspace {{OPTIONS}}

# everything that must hold before a change lands, or STEPS of it (.ci/run --list)
ci *STEPS:
    .ci/run {{STEPS}}

# a drill: just drill scenarios/iot-steel/s3-bucket-loss.yaml --seed 7
drill SCENARIO="scenarios/hello.yaml" *OPTIONS:
    cargo run --release -- run {{SCENARIO}} {{OPTIONS}}

# validate scenarios, all errors at once
check PATH="scenarios":
    cargo run --release --quiet -- check {{PATH}}

# scenarios on the embedded cloud and on LocalStack, compared; OUT gets their reports
clouds OUT *SCENARIOS:
    cargo build --release
    .ci/clouds "{{firedrill}}" {{OUT}} {{SCENARIOS}}

# write the table of docs/clouds.md anew: every scenario on both clouds
clouds-table OUT:
    cargo build --release
    .ci/clouds --update "{{firedrill}}" {{OUT}}

# write scenarios/schema.json anew
schema:
    UPDATE_SCHEMA=1 cargo test -p drill --test scenario_files

# the documentation of the crates
docs:
    cargo doc --workspace --no-deps --open
