//! `--metrics`: what a scraper sees of a drill while it runs, against what the journal says afterwards.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use drill::journal::{Event, FleetCounters, Health, Line, Purpose};
use runtime::wall;
use test_harness::{installed_for_part, trial};

use crate::support::{Run, Sandbox, Scenario, http, until};

/// One scrape: its text, and between which instants (Unix microseconds) it was made.
struct Scrape {
    from_us: i64,
    to_us: i64,
    text: String,
}

impl Scrape {
    /// The samples by name and labels, as they stand.
    fn samples(&self) -> BTreeMap<&str, f64> {
        let lines = self.text.lines().filter(|line| !line.starts_with('#'));
        lines.map(sample).collect()
    }

    fn get(&self, series: &str) -> Option<f64> {
        self.samples().get(series).copied()
    }

    /// The names of the families that are counters.
    fn counters(&self) -> impl Iterator<Item = &str> {
        let types = self.text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types.filter_map(|line| line.strip_suffix(" counter"))
    }
}

fn sample(line: &str) -> (&str, f64) {
    let (series, value) = line.rsplit_once(' ').expect("a sample has a value");
    (series, value.parse().expect("a value is a number"))
}

/// A drill with a fault that lasts and that nothing proves: no request comes that it would affect.
fn scenario() -> Scenario {
    // Slow enough that several scrapes fall into the two minutes of the fault, also on a busy machine.
    Scenario::fleet().with("speed: 300", "speed: 60").with(
        "  - {at: 9m, do: s3.corrupt_objects,",
        "  - {id: unseen, at: 9m, do: aws.throttle, service: lambda, for: 2m}\n  - {at: 9m, do: s3.corrupt_objects,",
    )
}

/// Runs a drill and scrapes it from its beginning to its end.
fn scraped() -> (Vec<Scrape>, Run) {
    let sandbox = Sandbox::new();
    sandbox.scenario(&scenario());
    let arguments = ["run", "scenario.yaml", "--out", "run", "--metrics", "127.0.0.1:0"];
    let mut running = sandbox.firedrill(arguments).start();
    let url = running.until("the address of the metrics", |running| {
        let said = running.stderr();
        let (_, address) = said.split_once("metrics at ")?;
        Some(address.lines().next()?.to_owned())
    });
    assert_eq!(http::get(&url.replace("/metrics", "/")).status, 404);
    assert_eq!(http::ask("POST", &url).expect("an answer").status, 405);
    let mut scrapes = Vec::new();
    until("the end of the metrics", || {
        let from_us = wall::now_us();
        // A server that comes to nothing on a busy machine hangs up on who asks.
        let Ok(response) = http::ask("GET", &url) else {
            return running.has_ended().then_some(());
        };
        assert_eq!(response.status, 200, "{}", response.text());
        scrapes.push(Scrape {
            from_us,
            to_us: wall::now_us(),
            text: response.text(),
        });
        None
    });
    let ended = running.wait();
    sandbox.assert_no_process_left();
    let folder = sandbox.path().join("run");
    let run = Run {
        sandbox,
        folder,
        ended,
    };
    (scrapes, run)
}

/// Each scrape counts the lines that stood in the journal when it was made. One thread stamps a line and then counts
/// it: of those that were stamped before the scrape, one at most was not yet counted.
fn assert_counts(scrapes: &[Scrape], lines: &[Line], series: &str, counted: impl Fn(&Event) -> bool) {
    let until = |instant_us: i64| {
        let before = lines.iter().filter(|line| line.wall_us <= instant_us);
        before.filter(|line| counted(&line.event)).count() as f64
    };
    for scrape in scrapes {
        let Some(value) = scrape.get(series) else { continue };
        let (least, most) = (until(scrape.from_us) - 1.0, until(scrape.to_us));
        assert!(
            (least..=most).contains(&value),
            "{series} is {value}, the journal had {least} to {most}"
        );
    }
    let last = scrapes.iter().rev().find_map(|scrape| scrape.get(series));
    assert!(last.is_some_and(|last| last > 0.0), "{series}: {last:?}");
}

/// Counters stand in the queue of the journal for at most so long after they were read, until their line is stamped.
const STAMPED_WITHIN_US: i64 = 10_000_000;

/// Counters of the fleet lie between those that the journal has of before and after.
fn assert_fleet(scrapes: &[Scrape], lines: &[Line], series: &str, read: fn(&FleetCounters) -> u64) {
    let told: Vec<(i64, f64)> = lines
        .iter()
        .filter_map(|line| match &line.event {
            Event::Fleet(counters) => Some((line.wall_us, read(counters) as f64)),
            _ => None,
        })
        .collect();
    let mut compared = 0;
    for scrape in scrapes {
        let Some(value) = scrape.get(series) else { continue };
        let before = told.iter().rev().find(|(at, _)| *at <= scrape.from_us);
        let after = told.iter().find(|(at, _)| *at > scrape.to_us + STAMPED_WITHIN_US);
        assert!(
            before.is_none_or(|(_, least)| *least <= value),
            "{series} is {value}, and was {before:?}"
        );
        assert!(
            after.is_none_or(|(_, most)| value <= *most),
            "{series} is {value}, and will be {after:?}"
        );
        compared += usize::from(before.is_some());
    }
    assert!(compared > 10, "{series} was there in {compared} scrapes");
}

/// A probe's rounds for the health of its service.
fn round(of: &'static str, result: Health) -> impl Fn(&Event) -> bool {
    move |event| {
        matches!(event, Event::Probe { probe, purpose: Purpose::Health, health, .. }
            if probe == of && *health == result)
    }
}

trial!(what_is_scraped_is_what_the_journal_says, slow);
fn what_is_scraped_is_what_the_journal_says() {
    let (scrapes, run) = scraped();
    run.ended.assert_code(3);
    let lines = run.journal().lines;
    assert!(scrapes.len() > 20, "{} scrapes", scrapes.len());

    assert_counts(&scrapes, &lines, "firedrill_journal_lines_total", |_| true);
    for (probe, health, word) in [
        ("delivery", Health::Green, "green"),
        ("delivery", Health::Red, "red"),
        ("telemetry-path", Health::Green, "green"),
    ] {
        let series =
            format!("firedrill_probe_rounds_total{{probe=\"{probe}\",purpose=\"health\",result=\"{word}\"}}");
        assert_counts(&scrapes, &lines, &series, round(probe, health));
    }
    for fault in ["s3.delete_objects", "s3.corrupt_objects"] {
        let series = format!("firedrill_fault_proven{{fault=\"{fault}\",action=\"{fault}\"}}");
        assert_counts(
            &scrapes,
            &lines,
            &series,
            |event| matches!(event, Event::FaultProven { fault: of, proven: true, .. } if of == fault),
        );
    }
    assert_counts(
        &scrapes,
        &lines,
        "firedrill_runbook_steps{state=\"done\"}",
        |event| matches!(event, Event::StepEnded(_)),
    );
    assert_fleet(&scrapes, &lines, "firedrill_messages_produced_total", |of| {
        of.produced
    });
    assert_fleet(&scrapes, &lines, "firedrill_publishes_total", |of| of.published);
    assert_fleet(&scrapes, &lines, "firedrill_messages_acknowledged_total", |of| {
        of.acknowledged
    });
    assert_fleet(&scrapes, &lines, "firedrill_connect_attempts_total", |of| {
        of.connect_attempts
    });
    assert_monotonic(&scrapes);
    assert_states(&scrapes);
    assert_promtool_finds_nothing(&scrapes);
}

/// Counters never fall (no broker is restarted here), and time does not go back.
fn assert_monotonic(scrapes: &[Scrape]) {
    let mut last: BTreeMap<String, f64> = BTreeMap::new();
    for scrape in scrapes {
        let counters: Vec<&str> = scrape.counters().collect();
        for (series, value) in scrape.samples() {
            let name = series.split('{').next().unwrap_or(series);
            if counters.contains(&name) || name == "firedrill_drill_time_seconds" {
                let before = last.insert(series.to_owned(), value).unwrap_or_default();
                assert!(before <= value, "{series} fell from {before} to {value}");
            }
        }
    }
    assert!(last.len() > 40, "{} counters", last.len());
}

/// What a person would look for: green, then an incident that grows and closes; a fault that comes and goes, which
/// nothing has proven; no value for what is not yet known.
fn assert_states(scrapes: &[Scrape]) {
    let healthy = "firedrill_probe_healthy{probe=\"delivery\"}";
    let states: Vec<f64> = scrapes.iter().filter_map(|scrape| scrape.get(healthy)).collect();
    assert_eq!(turns(&states), [1.0, 0.0, 1.0], "healthy");
    let unseen = "{fault=\"unseen\",action=\"aws.throttle\"}";
    let active = format!("firedrill_fault_active{unseen}");
    let states: Vec<f64> = scrapes.iter().filter_map(|scrape| scrape.get(&active)).collect();
    assert_eq!(turns(&states), [0.0, 1.0, 0.0], "active");
    let said = |scrape: &Scrape| scrape.get(&format!("firedrill_fault_proven{unseen}"));
    let proven: Vec<f64> = scrapes.iter().filter_map(said).collect();
    assert_eq!(turns(&proven), [0.0], "proven");
    assert!(
        proven.len() < scrapes.len(),
        "absent until its verification has ended"
    );
    let deleted = "firedrill_fault_active{fault=\"s3.delete_objects\",action=\"s3.delete_objects\"}";
    assert!(scrapes.iter().all(|scrape| scrape.get(deleted).is_none()));

    let age = "firedrill_open_incident_age_seconds{service=\"delivery\"}";
    for scrape in scrapes.iter() {
        let red = scrape.get(healthy) == Some(0.0);
        if let Some(age) = scrape.get(age) {
            assert!(age >= 0.0 && scrape.get(healthy).is_some(), "{age}");
        }
        // Both are read in one scrape, one after the other: the state may turn in between.
        let known = scrape.get(age).is_some();
        assert!(
            known == red || turning(scrapes, scrape, healthy),
            "{}",
            scrape.text
        );
    }
    let target = "firedrill_objective_target_seconds{service=\"delivery\",objective=\"rto\"}";
    let drilled = scrapes.iter().find(|scrape| scrape.get(target).is_some());
    assert_eq!(drilled.and_then(|scrape| scrape.get(target)), Some(600.0));
}

/// Whether a state is another one in a scrape just before or after.
fn turning(scrapes: &[Scrape], scrape: &Scrape, series: &str) -> bool {
    let at = scrapes.iter().position(|other| other.from_us == scrape.from_us);
    let at = at.expect("it is one of them");
    let near = &scrapes[at.saturating_sub(1)..(at + 2).min(scrapes.len())];
    near.iter().any(|other| other.get(series) != scrape.get(series))
}

/// The values without repetitions.
fn turns(values: &[f64]) -> Vec<f64> {
    let mut turns = values.to_vec();
    turns.dedup();
    turns
}

fn assert_promtool_finds_nothing(scrapes: &[Scrape]) {
    if !installed_for_part("promtool") {
        return;
    }
    let last = scrapes.len() - 1;
    for scrape in [0, last / 4, last / 2, last].map(|n| &scrapes[n]) {
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool can be started");
        let mut input = promtool.stdin.take().expect("it is piped");
        input
            .write_all(scrape.text.as_bytes())
            .expect("promtool reads what it is given");
        drop(input);
        let output = promtool.wait_with_output().expect("promtool ends");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(
            output.status.success() && said.trim().is_empty(),
            "{said}\n{}",
            scrape.text
        );
    }
}

trial!(a_metrics_port_in_use_is_reported_before_anything_starts);
fn a_metrics_port_in_use_is_reported_before_anything_starts() {
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::loss());
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it has an address").to_string();
    let ended = sandbox
        .firedrill(["run", "scenario.yaml", "--metrics", &address])
        .output();
    let sentence = ended.assert_code(4).one_sentence();
    assert_eq!(
        sentence,
        format!(
            "firedrill: cannot serve metrics: {address} is in use: end what listens there, or choose another port"
        )
    );
    let ended = sandbox
        .firedrill(["run", "scenario.yaml", "--metrics", "9464"])
        .output();
    assert!(ended.assert_code(2).stderr.contains("--metrics"));
    assert_eq!(sandbox.names(), ["scenario.yaml"]);
    sandbox.assert_no_process_left();
}
