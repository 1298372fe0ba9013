//! The long run: `cargo run --release -p fuzz -- [--cases N] [--seed S] [--first N] [TARGET…]`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use fuzz::run::{self, Cases};
use fuzz::{TARGETS, Target};

struct Options {
    cases: u64,
    seed: u64,
    first: Option<u64>,
    targets: Vec<Target>,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        cases: 1_000_000,
        seed: 1,
        first: None,
        targets: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            value.parse::<u64>().map_err(|error| format!("{word}: {error}"))
        };
        match word.as_str() {
            "--cases" => options.cases = number()?,
            "--seed" => options.seed = number()?,
            "--first" => options.first = Some(number()?),
            name => {
                let target = TARGETS.iter().find(|target| target.name == name);
                let names = TARGETS.map(|target| target.name).join(", ");
                let unknown =
                    || format!("{name} is no option and no target; known: --cases --seed --first; {names}");
                options.targets.push(*target.ok_or_else(unknown)?);
            }
        }
    }
    if options.targets.is_empty() {
        options.targets = TARGETS.to_vec();
    }
    Ok(options)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("fuzz: {error}");
            return ExitCode::from(2);
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let progress = |name: &str, counters: &run::RunCounters| {
        let rate = counters.cases as f64 / counters.took.as_secs_f64().max(1e-9);
        eprintln!(
            "{name}: {} cases, {rate:.0}/s, longest {:?}",
            counters.cases, counters.longest.0
        );
    };
    println!(
        "seed {}, {} cases, {threads} threads",
        options.seed, options.cases
    );
    let counters = match options.first {
        // Some cases of each target, by their numbers.
        Some(first) => {
            let cases = Cases {
                seed: options.seed,
                first,
                count: options.cases,
                threads,
            };
            let one = |target: &Target| {
                (
                    target.name,
                    run::run(target, cases, |counters| progress(target.name, counters)),
                )
            };
            options.targets.iter().map(one).collect()
        }
        None => run::run_all(&options.targets, options.seed, options.cases, threads, progress),
    };
    let mut failed = false;
    for (name, counters) in &counters {
        print!("{}", run::shown(name, counters));
        if let Some(failure) = &counters.failure {
            failed = true;
            println!("{failure}");
        }
    }
    let cases: u64 = counters.iter().map(|(_, counters)| counters.cases).sum();
    let seconds: f64 = counters
        .iter()
        .map(|(_, counters)| counters.took.as_secs_f64())
        .sum();
    println!(
        "in all: {cases} cases in {seconds:.1} s, {}",
        if failed { "FAILED" } else { "no failure" }
    );
    ExitCode::from(u8::from(failed))
}
