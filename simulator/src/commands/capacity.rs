//! `firedrill capacity`: what a fleet needs so that it is back in time, simulated.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use clap::Args;
use drill::firmware::{Growth, Jitter, Profile, Reconnect};
use drill::scenario::{self, Scenario};
use drill::units::Span;
use forecast::capacity::advice::{self, Advice, LeastRate};
use forecast::capacity::{Policy, Question, Study, Subject, Watch, needs, range, sweep};
use forecast::storm::Storm;
use runtime::wall;

use super::study::Simulated;
use crate::commands::study::{self, Told};
use crate::commands::watched::{self, Count};
use crate::exit::{End, Failure};
use crate::output;
use crate::run_folder::{self, RunFolder};
use crate::source::{self, Source};

#[derive(Debug, Args)]
pub(crate) struct Capacity {
    /// The scenario file.
    pub(crate) scenario: PathBuf,
    /// Devices: `1M`, `10k,100k`, `10k..10M` (in steps of 1, 2 and 5), `1k..5k:500`, `10k..1G*7`; without it the fleet of the
    /// scenario. The recommendation is for the most.
    #[arg(long, value_name = "N")]
    pub(crate) devices: Option<String>,
    /// Connects per second that the endpoint lets in, as above; without it the quota of the scenario.
    #[arg(long, value_name = "N")]
    pub(crate) connects_per_second: Option<String>,
    /// Firmware profiles, with commas; without it that of the scenario. The recommendation is for the first.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) profile: Vec<String>,
    /// Longest waits between attempts, with commas, instead of the profile's.
    #[arg(long, value_name = "TIME", value_delimiter = ',')]
    pub(crate) cap: Vec<Span>,
    /// Which part of a wait is left to chance, with commas, instead of the profile's: none, full, equal, decorrelated.
    #[arg(long, value_name = "HOW", value_delimiter = ',')]
    pub(crate) jitter: Vec<String>,
    /// All devices are to be back by then; without it the shortest RTO of the scenario.
    #[arg(long, value_name = "TIME")]
    pub(crate) target: Option<Span>,
    /// The endpoint is closed for so long after the sessions are lost.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub(crate) closed_for: Span,
    /// The sessions are lost over so long.
    #[arg(long, value_name = "TIME", default_value = "1s")]
    pub(crate) over: Span,
    /// How long one invocation of a function takes, without which its timeout is taken.
    #[arg(long, value_name = "TIME")]
    pub(crate) function_takes: Option<Span>,
    #[command(flatten)]
    pub(crate) simulated: Simulated,
}

/// The version of `capacity.json`.
const SCHEMA: u32 = 1;

/// No sweep has more storms.
const MOST_STORMS: u64 = 20_000;

/// A fleet up to this size is simulated device by device in a sweep: larger ones are counted, which costs less and tells
/// the same within a percent.
const EACH_UP_TO: u64 = 200_000;

pub(crate) fn execute(arguments: &Capacity) -> Result<End, Failure> {
    let source = source::read(&arguments.scenario, None)?;
    for warning in &source.warnings {
        output::note(warning);
    }
    let seed = source.scenario.seed_or(arguments.simulated.seed);
    let (target, target_source) = target(arguments, &source.scenario)?;
    let question = question(arguments, &source.scenario, target, seed)?;
    // What cannot be written is found before anything is simulated.
    let folder = RunFolder::create(
        arguments.simulated.out.as_deref(),
        &run_folder::default_runs(),
        &format!("{}/capacity", source.scenario.name),
        wall::now_us(),
        seed,
    )?;
    study::prepare(arguments.simulated.charts.as_deref())?;
    let study = run(arguments, &source, &question, target_source);
    let told = Told {
        name: "capacity",
        json: reports::capacity::json(&study),
        csv: reports::capacity::csv(&study),
        html: reports::capacity::html(&study),
        pictures: reports::capacity::pictures(&study),
        summary: &|columns| reports::capacity::terminal(&study, columns),
    };
    study::write(&told, &folder, arguments.simulated.charts.as_deref())?;
    Ok(if study.complete {
        End::Done
    } else {
        End::Interrupted
    })
}

/// By when all are to be back, and who says so.
fn target(arguments: &Capacity, scenario: &Scenario) -> Result<(Span, String), Failure> {
    if let Some(target) = arguments.target {
        return Ok((target, "--target".to_owned()));
    }
    let services = scenario.objectives.services.iter();
    let shortest = services
        .filter_map(|service| Some((service.rto?, service)))
        .min_by_key(|(rto, _)| *rto);
    match shortest {
        Some((rto, service)) => Ok((rto, format!("the RTO of {}", service.name))),
        None => Err(Failure::Input(format!(
            "{}: no service has an rto; --target TIME says by when all devices are to be back",
            arguments.scenario.display()
        ))),
    }
}

fn question(arguments: &Capacity, scenario: &Scenario, target: Span, seed: u64) -> Result<Question, Failure> {
    let numbers = |option: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => range::numbers(text)
            .map(Some)
            .map_err(|error| Failure::Input(format!("{option} {error}"))),
    };
    let devices = match (numbers("--devices", &arguments.devices)?, &scenario.fleet) {
        (Some(devices), _) => devices,
        (None, Some(fleet)) => vec![u64::from(fleet.devices)],
        (None, None) => {
            let file = arguments.scenario.display();
            return Err(Failure::Input(format!(
                "{file}: it has no fleet; --devices N says how many there are"
            )));
        }
    };
    if let Some(many) = devices.iter().find(|devices| **devices > Storm::MOST) {
        return Err(Failure::Input(format!(
            "--devices {many}: {} are the most",
            Storm::MOST
        )));
    }
    let rates = match numbers("--connects-per-second", &arguments.connects_per_second)? {
        None => vec![quota(scenario)],
        Some(rates) => rates
            .into_iter()
            .map(|rate| u32::try_from(rate).map_err(|_| too_fast(rate)))
            .collect::<Result<_, _>>()?,
    };
    let question = Question {
        devices,
        rates,
        policies: policies(arguments, scenario)?,
        closed_for: arguments.closed_for,
        over: arguments.over,
        target,
        each_up_to: EACH_UP_TO,
        seed,
    };
    let count = question.count();
    if count > MOST_STORMS {
        return Err(Failure::Input(format!(
            "these are {count} storms ({} sizes of the fleet, {} quotas, {} policies), and {MOST_STORMS} are the most: ask for \
             fewer values, as 10k..10M*5",
            question.devices.len(),
            question.rates.len(),
            question.policies.len()
        )));
    }
    Ok(question)
}

/// What the scenario's endpoint lets in per second; without one what AWS IoT Core does by default (its quotas, "Connect
/// requests per second per account").
fn quota(scenario: &Scenario) -> u32 {
    scenario.cloud.iot().map_or(500, |iot| iot.connects_per_second)
}

fn too_fast(rate: u64) -> Failure {
    Failure::Input(format!("--connects-per-second {rate}: {} are the most", u32::MAX))
}

/// Every profile with every cap and every jitter.
fn policies(arguments: &Capacity, scenario: &Scenario) -> Result<Vec<Policy>, Failure> {
    let profiles = match (arguments.profile.is_empty(), &scenario.fleet) {
        (true, Some(fleet)) => vec![fleet.profile],
        (true, None) => vec![scenario::Profile::AwsFullJitter],
        (false, _) => arguments
            .profile
            .iter()
            .map(|name| profile(name))
            .collect::<Result<_, _>>()?,
    };
    let jitters: Vec<Jitter> = arguments
        .jitter
        .iter()
        .map(|name| jitter(name))
        .collect::<Result<_, _>>()?;
    let mut policies = Vec::new();
    for profile in profiles {
        let usual = Profile::from(profile).reconnect;
        for jitter in choices(&jitters) {
            for cap in choices(&arguments.cap) {
                policies.push(policy(profile.name(), &usual, jitter, cap)?);
            }
        }
    }
    Ok(policies)
}

/// Each of them, or none once.
fn choices<T: Copy>(of: &[T]) -> Vec<Option<T>> {
    if of.is_empty() {
        vec![None]
    } else {
        of.iter().copied().map(Some).collect()
    }
}

fn policy(
    name: &str,
    usual: &Reconnect,
    jitter: Option<Jitter>,
    cap: Option<Span>,
) -> Result<Policy, Failure> {
    let mut reconnect = usual.clone();
    let mut name = name.to_owned();
    if let Some(jitter) = jitter {
        name.push_str(&format!(", {} jitter", jitter_name(jitter)));
        reconnect.jitter = jitter;
    }
    if let Some(cap) = cap {
        if cap < reconnect.base {
            let base = reconnect.base;
            return Err(Failure::Input(format!(
                "--cap {cap}: {name} waits {base} before its first retry; a cap is at least that"
            )));
        }
        name.push_str(&format!(", cap {cap}"));
        // Waits that do not grow never reach a cap.
        if cap > reconnect.base {
            reconnect.growth = Growth::Exponential;
        }
        reconnect.cap = cap;
    }
    if reconnect.jitter == Jitter::Decorrelated && reconnect.retries.is_some() {
        return Err(Failure::Input(format!(
            "--jitter decorrelated: {name} gives up after some retries, which is not simulated with it"
        )));
    }
    Ok(Policy { name, reconnect })
}

fn profile(name: &str) -> Result<scenario::Profile, Failure> {
    let all = scenario::Profile::ALL;
    all.into_iter()
        .find(|profile| profile.name() == name)
        .ok_or_else(|| {
            let names = all.map(|profile| profile.name()).join(", ");
            Failure::Input(format!(
                "--profile {name}: there is none of this name; allowed: {names}"
            ))
        })
}

const JITTERS: [(&str, Jitter); 4] = [
    ("none", Jitter::None),
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
];

fn jitter(name: &str) -> Result<Jitter, Failure> {
    let known = JITTERS.iter().find(|(known, _)| *known == name);
    known.map(|(_, jitter)| *jitter).ok_or_else(|| {
        let names = JITTERS.map(|(name, _)| name).join(", ");
        Failure::Input(format!(
            "--jitter {name}: there is none of this name; allowed: {names}"
        ))
    })
}

fn jitter_name(jitter: Jitter) -> &'static str {
    JITTERS
        .iter()
        .find(|(_, known)| *known == jitter)
        .map_or("", |(name, _)| name)
}

/// Everything that is simulated, with a line of progress; Ctrl-C ends it with what is done.
fn run(arguments: &Capacity, source: &Source, question: &Question, target_source: String) -> Study {
    let threads = watched::threads(arguments.simulated.threads);
    let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let count = Count {
        of: question.count(),
        names: ["storm", "storms"],
    };
    let watch = Watch {
        done: &done,
        stop: &stop,
    };
    let so_far = || done.load(Ordering::Relaxed) as u64;
    let (points, advice, frontier) = watched::watched(count, &so_far, &stop, || {
        let points = sweep(question, threads, &watch);
        let advice = advice_of(question, quota(&source.scenario), &stop);
        let frontier = frontier(question, &stop);
        (points, advice, frontier)
    });
    let ms = |span: Span| span.as_us() / 1_000;
    let scenario = &source.scenario;
    let needs = advice.as_ref().and_then(|advice| {
        let out_for = advice.now.all_back_after().unwrap_or(question.target);
        let rate = advice.now.connects_per_second;
        needs::needs(
            scenario,
            advice.now.devices,
            rate,
            out_for,
            arguments.function_takes,
        )
    });
    Study {
        schema: SCHEMA,
        provenance: "modelled",
        scenario: Subject {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            sha256: source::sha256_hex(source.text.as_bytes()),
        },
        seed: question.seed,
        complete: !stop.load(Ordering::Relaxed),
        target_ms: ms(question.target),
        target_source,
        closed_for_ms: ms(question.closed_for),
        over_ms: ms(question.over),
        advice,
        frontier,
        needs,
        points,
    }
}

/// For the largest fleet, under the scenario's quota where that is among those asked for, else under the first.
fn advice_of(question: &Question, quota: u32, stop: &AtomicBool) -> Option<Advice> {
    let devices = question.devices.iter().max()?;
    let rate = question.rates.iter().find(|rate| **rate == quota);
    advice::advise(question, *devices, *rate.or(question.rates.first())?, stop)
}

/// Of a sweep over sizes of the fleet.
fn frontier(question: &Question, stop: &AtomicBool) -> Vec<LeastRate> {
    if question.devices.len() < 2 {
        return Vec::new();
    }
    let all = question
        .policies
        .iter()
        .flat_map(|policy| question.devices.iter().map(move |devices| (*devices, policy)));
    let rates = all.map_while(|(devices, policy)| advice::least_rate(question, devices, policy, stop));
    rates.collect()
}
