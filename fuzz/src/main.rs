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
    let progress = |name: &str, tally: &run::Tally| {
        let rate = tally.cases as f64 / tally.took.as_secs_f64().max(1e-9);
        eprintln!(
            "{name}: {} cases, {rate:.0}/s, longest {:?}",
            tally.cases, tally.longest.0
        );
    };
    println!(
        "seed {}, {} cases, {threads} threads",
        options.seed, options.cases
    );
    let tallies = match options.first {
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
                    run::run(target, cases, |tally| progress(target.name, tally)),
                )
            };
            options.targets.iter().map(one).collect()
        }
        None => run::run_all(&options.targets, options.seed, options.cases, threads, progress),
    };
    let mut failed = false;
    for (name, tally) in &tallies {
        print!("{}", run::shown(name, tally));
        if let Some(failure) = &tally.failure {
            failed = true;
            println!("{failure}");
        }
    }
    let cases: u64 = tallies.iter().map(|(_, tally)| tally.cases).sum();
    let seconds: f64 = tallies.iter().map(|(_, tally)| tally.took.as_secs_f64()).sum();
    println!(
        "in all: {cases} cases in {seconds:.1} s, {}",
        if failed { "FAILED" } else { "no failure" }
    );
    ExitCode::from(u8::from(failed))
}
