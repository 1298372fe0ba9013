//! The targets.

use crate::scenario::decode::{
    Choice, Documentation, Fields, MapOf, Name, NameKind, Record, Table, duration, written,
};
use crate::scenario::limits::{INSTANT, ITEMS, LONGEST};
use crate::scenario::{Also, Expect, FailbackObjective, Objectives, ProtectionObjective, ServiceObjective};
use crate::units::Span;

impl Table for Objectives {
    const DOC: &'static str =
        "The targets: RTO and RPO of each service, the MTD, and what returning may cost.";
    const DOCUMENTATION: Documentation = Documentation {
        details: "The verdict rests on these alone. An RTO is judged on the service's worst incident, an \
            RPO on the worst disruption of its data set, the MTD on the sum of red time plus the \
            WRT.",
        needs: &[
            ("probes", "the probe of each service"),
            (
                "writers",
                "writes on which an RPO is measured, or the telemetry of a fleet",
            ),
        ],
        example: r#"
objectives:
  mtd: 8h
  source: "plan:19"
  services:
    program-delivery: {probe: program-delivery, data: programs, rto: 1h, rpo: 15m, source: "plan:53-54"}
    telemetry: {probe: telemetry-path, rto: 1h, source: assumed}
"#,
    };

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let mtd = f.required(
            "mtd",
            "The maximum tolerable downtime.",
            duration(INSTANT, LONGEST),
        );
        let wrt = f.or(
            "wrt",
            "The work recovery time: what people do once systems are back.",
            duration(Span::ZERO, LONGEST),
            "0",
        );
        let source = f.or("source", "Where the MTD comes from.", written(), "assumed");
        let services = f.required("services", "The services.", MapOf::new(NameKind::SERVICE, ITEMS));
        let failback = f.optional("failback", "What returning home may cost.", Record::new());
        let protection = f.or(
            "protection",
            "Whether versioning, replication and what else protects must be back at the end (judge, ignore).",
            Choice::new([
                ("judge", ProtectionObjective::Judge),
                ("ignore", ProtectionObjective::Ignore),
            ]),
            "judge",
        );
        Some(Objectives {
            failback,
            protection,
            mtd: mtd.unwrap_or(LONGEST),
            wrt,
            source,
            services: services.unwrap_or_default(),
            line: f.line,
        })
    }
}

impl Table for FailbackObjective {
    const DOC: &'static str = "What returning to where services were before may cost.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let from = f.required(
            "from",
            "The step with which the return begins; audit A is made before it.",
            Name::Of(NameKind::STEP),
        );
        let rto = f.required(
            "rto",
            "How long any one service may be red in the course of it.",
            duration(INSTANT, LONGEST),
        );
        let source = f.or("source", "Where the target comes from.", written(), "assumed");
        Some(FailbackObjective {
            from: from?,
            rto: rto?,
            source,
            line: f.line,
        })
    }
}

impl Table for ServiceObjective {
    const DOC: &'static str = "One service's targets; at least one of rto and rpo.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let probe = f.required(
            "probe",
            "The probe that is its health.",
            Name::Of(NameKind::PROBE),
        );
        let data = f.optional(
            "data",
            "The bucket, writer or rule whose writes its RPO is judged on.",
            Name::Of(NameKind::DATA),
        );
        let rto = f.optional("rto", "The recovery time objective.", duration(INSTANT, LONGEST));
        let rpo = f.optional("rpo", "The recovery point objective.", duration(INSTANT, LONGEST));
        let mtd = f.optional(
            "mtd",
            "A maximum tolerable downtime of its own.",
            duration(INSTANT, LONGEST),
        );
        let also = f.optional(
            "also",
            "Targets that the plan states for it elsewhere; they are not judged.",
            Record::new(),
        );
        let expect = f.optional(
            "expect",
            "What is expected of it: no fault affects it (unaffected), or the provider recovers it (ride_out); default: it breaks, and \
             the runbook recovers it.",
            expectations(),
        );
        let source = f.or("source", "Where the targets come from.", written(), "assumed");
        Some(ServiceObjective {
            name: f.name.clone(),
            probe: probe?,
            data,
            rto,
            rpo,
            mtd,
            also,
            expect: expect.unwrap_or_default(),
            source,
            line: f.line,
        })
    }
}

impl Table for Also {
    const DOC: &'static str = "Targets that the plan states elsewhere, at least one of them.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let rto = f.optional("rto", "The recovery time objective.", duration(INSTANT, LONGEST));
        let rpo = f.optional("rpo", "The recovery point objective.", duration(INSTANT, LONGEST));
        let source = f.or("source", "Where the targets come from.", written(), "assumed");
        Some(Also { rto, rpo, source })
    }
}

fn expectations() -> Choice<'static, Expect> {
    Choice::new([("unaffected", Expect::Unaffected), ("ride_out", Expect::RideOut)])
}
