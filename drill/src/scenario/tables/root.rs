//! The top level of a scenario, and its clock.

use super::response::Repeated;
use crate::scenario::decode::{
    Choice, Documentation, Fields, ListOf, Listed, MapOf, Name, NameKind, Record, Table, Text, Whole,
    Written, duration, small,
};
use crate::scenario::diagnostic::nearest;
use crate::scenario::limits::{INSTANT, ITEMS, LONGEST, SPEED};
use crate::scenario::{
    ClockSpec, Cloud, Durations, Exercise, Fault, Inject, Objectives, ProtectionObjective, Safety, Scenario,
    Source, Speed, Timing,
};
use crate::units::Span;

impl Table for Scenario {
    const DOC: &'static str =
        "A Firedrill scenario: what is stood up, what breaks, what is done, what is to be achieved.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "One file is one drill. These are the fields at its top level; each section has a page \
            of its own.",
        needs: &[],
        example: r"
version: 1
name: example
title: Most of the programs in a bucket are deleted by mistake
system: factory
exercise: functional
stable_for: 5m
observe_for: 10m
secrets: [PAGER_TOKEN]
",
    };

    /// A part that cannot be read is left empty, so that the others can be checked all the same.
    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let version = f.required("version", "The version of the format.", Whole(1, 1));
        let name = f.required("name", "A short name, also that of its runs' folder.", Name::Free);
        let title = f.required("title", "What happens, in a sentence.", Text);
        let system = f.required("system", "The system whose plan is drilled.", Name::Free);
        let source = f.optional("source", "The plan, and which part of it.", Text);
        let exercise = f.or(
            "exercise",
            "The kind of exercise (NIST SP 800-84): tabletop and walkthrough run without faults.",
            exercises(),
            "functional",
        );
        let seed = f.optional(
            "seed",
            "The seed of its draws, unless --seed is given; else 1.",
            Whole(0, u64::MAX),
        );
        let objectives = f.required("objectives", "The targets.", Record::new());
        let clock = f.record("clock", "How drill time passes.");
        let stable_for = f.or(
            "stable_for",
            "For how long health must hold for an incident to be closed.",
            duration(INSTANT, LONGEST),
            "5m",
        );
        let observe_for = f.optional(
            "observe_for",
            "For how long services are watched once green, at least stable_for (default 10m).",
            duration(INSTANT, LONGEST),
        );
        let give_up = f.optional(
            "give_up",
            "When open services fail, from the first fault (default: the MTD).",
            duration(INSTANT, LONGEST),
        );
        let drain_timeout = f.or(
            "drain_timeout",
            "How long an audit waits for what is under way.",
            duration(Span::ZERO, LONGEST),
            "5m",
        );
        let late_after = f.or(
            "late_after",
            "From what age on an arrival counts as delayed.",
            duration(INSTANT, LONGEST),
            "60s",
        );
        let cloud = f.required("cloud", "What is stood up.", Record::new());
        let writers = f.or_empty(
            "writers",
            "What writes data at a steady pace.",
            MapOf::new(NameKind::WRITER, ITEMS),
        );
        let fleet = f.optional("fleet", "The devices.", Record::new());
        let probes = f.or_empty(
            "probes",
            "How the health of services is measured.",
            MapOf::new(NameKind::PROBE, ITEMS),
        );
        let steady = f.record::<SteadyState>("steady_state", "What must hold before the first fault.");
        let faults: Vec<Repeated> = f.or_empty("faults", "What breaks.", ListOf::new(ITEMS));
        let injects = f.or_empty(
            "inject",
            "What people are told in the course of the drill.",
            ListOf::<Inject>::new(ITEMS),
        );
        let detection = f.optional("detection", "What detects that a service is down.", Record::new());
        let runbook = f.or_empty("runbook", "The recovery procedure.", ListOf::new(ITEMS));
        let safety = f.record(
            "safety",
            "Which hosts the drill may connect to beside this machine.",
        );
        let secrets = f.or_empty(
            "secrets",
            "Variables of the environment that shell steps get and no record shows.",
            Listed {
                max: ITEMS,
                item: Name::Free,
            },
        );
        let expect = f.optional(
            "expect",
            "How a drill is expected to end, for `firedrill ci`; without it: pass.",
            Record::new(),
        );
        let objectives = objectives.unwrap_or_else(no_objectives);
        let repeated = faults.len();
        let faults: Vec<Fault> = faults.into_iter().flat_map(Repeated::times).collect();
        if faults.len() > ITEMS.max(repeated) {
            let found = format!("faults that are injected {} times in all", faults.len());
            f.wrong("faults", found, &format!("at most {ITEMS} times"), None);
        }
        Some(Scenario {
            version: small(version.unwrap_or(1)),
            name: name.unwrap_or_default(),
            title: title.unwrap_or_default(),
            system: system.unwrap_or_default(),
            source,
            exercise,
            seed,
            clock: clock.unwrap_or(ClockSpec {
                speed: Speed::Auto,
                max_speed: 1,
                durations: Durations::P95,
                timing: None,
            }),
            stable_for,
            observe_for: observe_for.unwrap_or(Span::from_mins(10).max(stable_for)),
            give_up: give_up.unwrap_or(objectives.mtd),
            objectives,
            drain_timeout,
            late_after,
            cloud: cloud.unwrap_or_else(no_cloud),
            data: Vec::new(),
            writers,
            fleet,
            probes,
            steady_hold: steady.map_or(Span::ZERO, |steady| steady.hold),
            faults,
            injects,
            detection,
            runbook,
            safety: safety.unwrap_or_default(),
            secrets,
            expect,
        })
    }
}

fn exercises() -> Choice<'static, Exercise> {
    Choice::new([
        ("tabletop", Exercise::Tabletop),
        ("walkthrough", Exercise::Walkthrough),
        ("simulation", Exercise::Simulation),
        ("functional", Exercise::Functional),
    ])
    .without(
        "full_scale",
        "that is for real systems, which a drill never reaches",
    )
}

fn no_objectives() -> Objectives {
    Objectives {
        mtd: LONGEST,
        wrt: Span::ZERO,
        source: Source::Assumed,
        services: Vec::new(),
        failback: None,
        protection: ProtectionObjective::Judge,
        line: 1,
    }
}

fn no_cloud() -> Cloud {
    Cloud {
        regions: Vec::new(),
        anonymous: false,
        sections: Vec::new(),
        dns_ttl: Span::from_mins(1),
        routes: Vec::new(),
    }
}

impl Table for ClockSpec {
    const DOC: &'static str = "How drill time passes.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Drill time runs as fast as this machine keeps every figure exact, and at real time \
            while work is done. `timing: aws` lets each call of a step take the time that it takes \
            at AWS, scaled by the bucket's `stands_for`.",
        needs: &[],
        example: r"
clock: {speed: auto, durations: p95, timing: aws}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let speed = f.or(
            "speed",
            "The rate of drill time to wall time: as fast as figures stay exact (auto), or at most this.",
            speed(),
            "auto",
        );
        let max_speed = f.or(
            "max_speed",
            "The highest rate of drill time to wall time, whatever the speed.",
            Whole(1, SPEED),
            "3600",
        );
        let durations = f.or(
            "durations",
            "Which value of a modelled duration is taken: its 95th percentile, its median, or what the seed draws.",
            Choice::new(Durations::ALL.map(|durations| (durations.name(), durations))),
            "p95",
        );
        let timing = f.optional(
            "timing",
            "What the runbook's calls cost in time: what they take here (loopback), or what AWS takes (aws; default \
             where a bucket says `stands_for`).",
            Choice::new([("loopback", Timing::Loopback), ("aws", Timing::Aws)]),
        );
        Some(ClockSpec {
            speed,
            max_speed: small(max_speed),
            durations,
            timing,
        })
    }
}

fn speed() -> Written<Speed> {
    Written {
        allowed: Speed::allowed(),
        pattern: "^(auto|[1-9][0-9]{0,3})$",
        number: true,
        parse: Box::new(|text| text.parse().map_err(|_| nearest(text, ["auto"]))),
    }
}

impl Table for Safety {
    const DOC: &'static str = "Which hosts the drill may connect to beside this machine.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Everything else than this machine is refused before a request is made, unless its host \
            is listed here.",
        needs: &[],
        example: r#"
safety: {allow_hosts: ["hooks.example.com:8080"]}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let allow_hosts = f.or_empty(
            "allow_hosts",
            "Hosts that are no loopback address, as host or host:port.",
            Listed {
                max: ITEMS,
                item: Text,
            },
        );
        Some(Safety { allow_hosts })
    }
}

struct SteadyState {
    hold: Span,
}

impl Table for SteadyState {
    const DOC: &'static str = "What must hold before the first fault.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "If the probes are not green for this long before the first fault, no fault is injected \
            and the drill is inconclusive.",
        needs: &[("probes", "at least one probe")],
        example: r"
steady_state: {hold: 10m}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let doc = "For how long all probes must be green before the first fault.";
        let hold = f.or("hold", doc, duration(Span::ZERO, LONGEST), "10m");
        Some(SteadyState { hold })
    }
}
