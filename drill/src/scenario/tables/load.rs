//! Writers, the fleet, and probes.

use crate::scenario::decode::{
    Choice, Documentation, Fields, Record, Table, Variant, Whole, duration, size, small,
};
use crate::scenario::limits::{DEVICES, LONGEST, SHORTEST_PERIOD, STANDS_FOR};
use crate::scenario::model::UNSIZED;
use crate::scenario::probes;
use crate::scenario::registry::variants;
use crate::scenario::{Discovery, Fleet, Probe, Profile, Telemetry, Writer, Writes};
use crate::services::SERVICES;
use crate::telemetry::MIN_SIZE;
use crate::units::Span;

impl Table for Writer {
    const DOC: &'static str = "Writes at a steady pace, as the producers of a system do.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "An RPO is measured on acknowledged writes: let them come at intervals of at most a \
            twentieth of the RPO.",
        needs: &[("cloud.buckets", "the bucket")],
        example: r"
writers:
  programs: {do: s3.put_object, bucket: programs, every: 30s}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let writers: Vec<Variant<Writes>> = SERVICES
            .iter()
            .flat_map(|service| service.writers())
            .cloned()
            .collect();
        let writes = f.variant("What it does.", &writers);
        let every = f.required(
            "every",
            "The time between two writes.",
            duration(SHORTEST_PERIOD, LONGEST),
        );
        let writes = writes?;
        Some(Writer {
            name: f.name.clone(),
            store: writes.store,
            every: every?,
            size: writes.size.unwrap_or(UNSIZED),
            keys: writes.keys,
            deletes: writes.deletes,
            line: f.line,
        })
    }
}

impl Table for Fleet {
    const DOC: &'static str = "The virtual devices.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "Virtual devices connect to the broker over MQTT, send telemetry, and reconnect as \
            their firmware profile says: `esp-idf-default` (every 10 s, without jitter), \
            `esp-aws-iot` (0.5 s to 5 s, 5 attempts), `aws-full-jitter` (1 s to 120 s with full \
            jitter).",
        needs: &[("cloud.iot", "a broker")],
        example: r"
fleet:
  devices: 1000
  profile: aws-full-jitter
  discovery: dns
  telemetry: {every: 60s, payload: 128B}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let devices = f.required("devices", "How many there are.", Whole(1, DEVICES));
        let stands_for = f.optional(
            "stands_for",
            "How many devices there really are: their return is modelled.",
            Whole(1, STANDS_FOR),
        );
        if let (Some(real), Some(live)) = (stands_for, devices)
            && real < live
        {
            let allowed = format!("a whole number from {live} (`devices`) to {STANDS_FOR}");
            f.wrong(
                "stands_for",
                format!("{real} with {live} devices"),
                &allowed,
                None,
            );
        }
        let profiles = Choice::new(Profile::ALL.map(|profile| (profile.name(), profile)));
        let profile = f.required("profile", "How their firmware reconnects.", profiles);
        let telemetry = f.optional("telemetry", "What they send.", Record::new());
        let discovery = f.optional(
            "discovery",
            "How they find their broker: by a fixed address (hardcoded), a name (dns), or the addresses of all regions in turn (list); \
             default: as the profile has it.",
            Choice::new([
                ("hardcoded", Discovery::Hardcoded),
                ("dns", Discovery::Dns),
                ("list", Discovery::List),
            ]),
        );
        let keep_alive = f.optional(
            "keep_alive",
            "After how long without a packet they ping (default: as the profile has it).",
            duration(Span::from_secs(1), Span::from_secs(65_535)),
        );
        let programs = f.optional::<Record<Programs>>(
            "programs",
            "They subscribe to programs that are announced.",
            Record::new(),
        );
        Some(Fleet {
            discovery,
            keep_alive,
            programs: programs.map(|programs| programs.sample),
            devices: small(devices?),
            stands_for,
            profile: profile?,
            telemetry,
            line: f.line,
        })
    }
}

struct Programs {
    sample: u32,
}

impl Table for Programs {
    const DOC: &'static str = "They subscribe to programs that are announced.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let sample = f.or(
            "sample",
            "How many of them run what they receive.",
            Whole(0, DEVICES),
            "20",
        );
        Some(Programs {
            sample: small(sample),
        })
    }
}

impl Table for Telemetry {
    const DOC: &'static str = "What a device sends.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let every = f.required(
            "every",
            "The time between two messages.",
            duration(SHORTEST_PERIOD, LONGEST),
        );
        let payload = f.or(
            "payload",
            "The size of a message.",
            size(MIN_SIZE as u64, 128 << 10),
            "128B",
        );
        Some(Telemetry {
            every: every?,
            payload,
        })
    }
}

impl Table for Probe {
    const DOC: &'static str = "Checks whether a service works, as its users would.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The results of a probe, debounced, are the health of the services that name it. \
            Detection and `check` steps use them, too.",
        needs: &[],
        example: r"
probes:
  program-delivery: {do: s3.get_object, bucket: programs, sample: 20, pass: 20 of 20, every: 30s, timeout: 5s}
  telemetry-path: {do: path.telemetry, every: 30s, timeout: 110s}
",
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let kind = f.variant("What it does.", &variants(probes::registered()));
        let every = f.required(
            "every",
            "The interval between two executions.",
            duration(SHORTEST_PERIOD, LONGEST),
        );
        let timeout = f.required(
            "timeout",
            "After how long an execution has failed.",
            duration(SHORTEST_PERIOD, LONGEST),
        );
        let debounce = f.or(
            "debounce",
            "How many equal results make a state.",
            Whole(1, 100),
            "2",
        );
        Some(Probe {
            name: f.name.clone(),
            kind: kind?,
            every: every?,
            timeout: timeout?,
            debounce: small(debounce),
            line: f.line,
        })
    }
}
