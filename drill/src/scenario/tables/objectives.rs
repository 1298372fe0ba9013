//! The targets.

use crate::scenario::decode::{Choice, Fields, MapOf, Name, Names, Table, duration, written};
use crate::scenario::limits::{INSTANT, ITEMS, LONGEST};
use crate::scenario::{Expect, Objectives, ServiceObjective};
use crate::units::Span;

impl Table for Objectives {
    const DOC: &'static str = "The targets.";

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
        let services = f.required("services", "The services.", MapOf::new(Names::Service, ITEMS));
        Some(Objectives {
            mtd: mtd.unwrap_or(LONGEST),
            wrt,
            source,
            services: services.unwrap_or_default(),
            line: f.line,
        })
    }
}

impl Table for ServiceObjective {
    const DOC: &'static str = "One service's targets; at least one of rto and rpo.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let probe = f.required("probe", "The probe that is its health.", Name::Of(Names::Probe));
        let data = f.optional(
            "data",
            "The bucket, writer or rule whose writes its RPO is judged on.",
            Name::Of(Names::Data),
        );
        let rto = f.optional("rto", "The recovery time objective.", duration(INSTANT, LONGEST));
        let rpo = f.optional("rpo", "The recovery point objective.", duration(INSTANT, LONGEST));
        let mtd = f.optional(
            "mtd",
            "A maximum tolerable downtime of its own.",
            duration(INSTANT, LONGEST),
        );
        let expect = f.optional(
            "expect",
            "What the faults do to it, if not: break it, until it is recovered.",
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
            expect: expect.unwrap_or_default(),
            source,
            line: f.line,
        })
    }
}

fn expectations() -> Choice<'static, Expect> {
    Choice::of([("unaffected", Expect::Unaffected), ("ride_out", Expect::RideOut)])
}
