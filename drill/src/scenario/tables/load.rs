//! Writers, the fleet, and probes.

use super::small;
use crate::scenario::decode::{
    AnyText, Choice, Fields, LongText, Name, Names, Record, Table, Text, Variant, Whole, duration, share,
    size, written,
};
use crate::scenario::limits::{DEVICES, LONGEST, OBJECTS, SAMPLE, SHORTEST_PERIOD, STANDS_FOR};
use crate::scenario::{
    CountOf, Discovery, Fleet, LambdaInvoke, PathTelemetry, Probe, ProbeKind, Profile, S3GetObject,
    SizeRange, Telemetry, Verify, Writer,
};
use crate::telemetry::MIN_SIZE;
use crate::units::{ByteSize, Fraction, Span};

impl Table for Writer {
    const DOC: &'static str = "Someone who writes objects at a steady pace.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let action = f.required("do", "What it does.", Choice::names(&["s3.put_object"]));
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let every = f.required(
            "every",
            "The time between two writes.",
            duration(SHORTEST_PERIOD, LONGEST),
        );
        let size = f.optional(
            "size",
            "How large each object is (default: as the bucket's inventory).",
            written(),
        );
        let keys = f.optional(
            "keys",
            "Over how many keys it goes in turn (default: each write has its own).",
            Whole(1, OBJECTS),
        );
        let deletes = f.optional(
            "deletes",
            "How many of its writes delete one of its own objects instead (default: none).",
            share(MOST_DELETES),
        );
        action?;
        Some(Writer {
            name: f.name.clone(),
            bucket: bucket?,
            every: every?,
            size: size.unwrap_or(UNSIZED),
            keys,
            deletes,
            line: f.line,
        })
    }
}

/// Nothing can be deleted that was not written.
const MOST_DELETES: Fraction = Fraction::HALF;

/// Stands in for the size of a writer that names none, until its bucket is known.
pub(crate) const UNSIZED: SizeRange = SizeRange {
    min: ByteSize(u64::MAX),
    max: ByteSize(0),
};

impl Table for Fleet {
    const DOC: &'static str = "The devices.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let devices = f.required("devices", "How many.", Whole(1, DEVICES));
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
        let profiles = Choice::of(Profile::ALL.map(|profile| (profile.name(), profile)));
        let profile = f.required("profile", "How their firmware behaves.", profiles);
        let telemetry = f.optional("telemetry", "What they send.", Record::new());
        let discovery = f.optional(
            "discovery",
            "How they find their broker (default: as the profile has it).",
            Choice::of([
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
    const DOC: &'static str = "Asks whether a service works.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let kind = f.variant("What it does.", PROBES);
        let every = f.required(
            "every",
            "The time between two asks.",
            duration(SHORTEST_PERIOD, LONGEST),
        );
        let timeout = f.required("timeout", "When it gives up.", duration(SHORTEST_PERIOD, LONGEST));
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

/// What a probe can do.
const PROBES: &[Variant<ProbeKind>] = &[
    Variant {
        name: "s3.get_object",
        doc: S3GetObject::DOC,
        table: |f| S3GetObject::table(f).map(ProbeKind::S3GetObject),
    },
    Variant {
        name: "path.telemetry",
        doc: PathTelemetry::DOC,
        table: |f| PathTelemetry::table(f).map(ProbeKind::PathTelemetry),
    },
    Variant {
        name: "lambda.invoke",
        doc: LambdaInvoke::DOC,
        table: |f| LambdaInvoke::table(f).map(ProbeKind::LambdaInvoke),
    },
];

impl Table for S3GetObject {
    const DOC: &'static str = "Reads a sample of the acknowledged writes that nothing has superseded.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let bucket = f.required("bucket", "The label of the bucket.", Name::Of(Names::Bucket));
        let sample = f.required("sample", "How many objects each ask reads.", Whole(1, SAMPLE));
        let verify = f.or(
            "verify",
            "Whether bodies are compared.",
            verifications(),
            "sha256",
        );
        let pass = f.optional::<super::super::decode::Written<CountOf>>(
            "pass",
            "How many of them must read well (default: all).",
            written(),
        );
        let prefix = f.optional("prefix", "Only keys that begin so.", Text);
        let sample = small(sample?);
        if let Some(pass) = pass
            && pass.of != sample
        {
            let allowed = format!("a number of the sample, as {} of {sample}", pass.n.min(sample));
            f.wrong(
                "pass",
                format!("{pass} with a sample of {sample}"),
                &allowed,
                None,
            );
        }
        Some(S3GetObject {
            bucket: bucket?,
            sample,
            verify,
            pass: pass.unwrap_or(CountOf {
                n: sample,
                of: sample,
            }),
            prefix,
        })
    }
}

fn verifications() -> Choice<'static, Verify> {
    Choice::of([("sha256", Verify::Sha256), ("none", Verify::None)])
}

impl Table for PathTelemetry {
    const DOC: &'static str = "Sends a canary's message and waits until it is in the rule's bucket.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let rule = f.optional(
            "rule",
            "The rule that the message takes (default: the only one).",
            Name::Of(Names::Rule),
        );
        let devices = f.optional(
            "devices",
            "How many of the fleet's devices must have a session, too (default: 99% where there is a fleet).",
            share(Fraction::ONE),
        );
        Some(PathTelemetry {
            rule: rule.unwrap_or_default(),
            bucket: String::new(),
            devices,
        })
    }
}

impl Table for LambdaInvoke {
    const DOC: &'static str = "Invokes a function and looks at its answer.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let function = f.required(
            "function",
            "The label of the function.",
            Name::Of(Names::Function),
        );
        let payload = f.optional("payload", "The event, as JSON in a text (default: {}).", LongText);
        let payload = payload.unwrap_or_else(|| "{}".to_owned());
        let expect = f.optional("expect", "A text that the answer must contain.", AnyText);
        if serde_json::from_str::<serde_json::Value>(&payload).is_err() {
            f.wrong("payload", format!("{payload:?}"), "JSON, as '{\"id\": 1}'", None);
        }
        Some(LambdaInvoke {
            function: function?,
            payload,
            expect,
        })
    }
}
