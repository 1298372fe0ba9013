//! The fields of `drill.yaml`.

use super::{Given, GivenPlan, Owner, Person, PlanScenario};
use crate::scenario::decode::{
    Fields, ListOf, Listed, Name, NameKind, OneOrMore, Record, Table, Text, Whole,
};

/// The most people, owners, scenarios and sentences.
const ITEMS: usize = 200;

impl Table for Given {
    const DOC: &'static str = "The details of a drill: people, the plan and its version, scope.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        f.required("version", "The version of the format.", Whole(1, 1));
        let sentences = || {
            OneOrMore(Listed {
                max: ITEMS,
                item: Text,
            })
        };
        Some(Given {
            plan: f.optional("plan", "The plan that is drilled.", Record::new()),
            participants: f.or_empty("participants", "Who takes part.", ListOf::new(ITEMS)),
            prepared_by: f.optional("prepared_by", "Who prepared the drill.", Record::new()),
            approved_by: f.or_empty("approved_by", "Who approved it.", ListOf::new(ITEMS)),
            scope: f.or_empty("scope", "What it covers.", sentences()),
            out_of_scope: f.or_empty("out_of_scope", "What it does not cover.", sentences()),
            owners: f.or_empty("owners", "Who owns what.", ListOf::new(ITEMS)),
        })
    }
}

impl Table for GivenPlan {
    const DOC: &'static str = "The plan that is drilled.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        Some(GivenPlan {
            file: f.optional("file", "Its file, from the folder of this one.", Text),
            title: f.optional("title", "Its title; else the first heading of the file.", Text),
            version: f.optional("version", "Its version, as its authors call it.", Text),
            scenarios: f.or_empty("scenarios", "Its own list of scenarios.", ListOf::new(ITEMS)),
        })
    }
}

impl Table for PlanScenario {
    const DOC: &'static str = "A scenario of the plan.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let id = f.required("id", "How the plan numbers it.", Text);
        let title = f.required("title", "Its title in the plan.", Text);
        let drilled_by = f.or_empty(
            "drilled_by",
            "The names of the Firedrill scenarios that drill it.",
            OneOrMore(Listed {
                max: ITEMS,
                item: Name::Free,
            }),
        );
        if let Some(id) = &id {
            f.declare(NameKind::PLAN_SCENARIO, "id", id);
        }
        Some(PlanScenario {
            id: id?,
            title: title?,
            drilled_by,
            last: None,
        })
    }
}

impl Table for Person {
    const DOC: &'static str = "A person in a role.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let name = f.required("name", "Their name.", Text);
        let role = f.required("role", "Their role in the drill.", Text);
        let contact = f.optional("contact", "How they are reached.", Text);
        Some(Person {
            name: name?,
            role: role?,
            contact,
            added_at: None,
        })
    }
}

impl Table for Owner {
    const DOC: &'static str = "The owner of a part of the system or of the plan.";

    fn table(f: &mut Fields<'_, '_>) -> Option<Self> {
        let of = f.required("of", "What they own.", Text);
        let name = f.required("name", "Their name.", Text);
        let contact = f.optional("contact", "How they are reached.", Text);
        Some(Owner {
            of: of?,
            name: name?,
            contact,
            added_at: None,
        })
    }
}
