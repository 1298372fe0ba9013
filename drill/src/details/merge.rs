//! What is said after a drill, put beside what was said before it.

use super::{Details, Owner, Person};

/// Something that is on record already, and would be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} of this drill is on record already; what is said after a drill is added, and changes nothing")]
pub struct AlreadySaid(pub &'static str);

impl Details {
    /// Adds what was said after the drill: people and owners are appended (the same twice is once), a plan and a scope only
    /// where there is none.
    ///
    /// # Errors
    /// A plan or a scope that stands there already and says something else.
    pub fn add(&mut self, added: Details) -> Result<(), AlreadySaid> {
        if let Some(plan) = added.plan {
            let before = self.plan.as_ref();
            match before {
                // The file that is named is the one that was drilled: nothing is added.
                Some(before) if before.sha256.is_some() && before.sha256 == plan.sha256 => {}
                Some(_) => return Err(AlreadySaid("the plan")),
                None => self.plan = Some(plan),
            }
        }
        if let Some(scope) = added.scope {
            match &self.scope {
                Some(before) if (&before.covers, &before.excludes) == (&scope.covers, &scope.excludes) => {}
                Some(_) => return Err(AlreadySaid("the scope")),
                None => self.scope = Some(scope),
            }
        }
        // The register is as it was read last.
        self.register = added.register.or(self.register.take());
        people(&mut self.participants, added.participants);
        people(&mut self.prepared_by, added.prepared_by);
        people(&mut self.approved_by, added.approved_by);
        let known = |all: &[Owner], one: &Owner| {
            all.iter()
                .any(|known| (&known.of, &known.name) == (&one.of, &one.name))
        };
        for owner in added.owners {
            if !known(&self.owners, &owner) {
                self.owners.push(owner);
            }
        }
        Ok(())
    }

    /// Everything in them as said at `instant`, after the drill.
    pub fn added_at(mut self, instant: &str) -> Details {
        let stamp = || Some(instant.to_owned());
        let people = [
            &mut self.participants,
            &mut self.prepared_by,
            &mut self.approved_by,
        ];
        for person in people.into_iter().flatten() {
            person.added_at = stamp();
        }
        self.owners.iter_mut().for_each(|owner| owner.added_at = stamp());
        if let Some(plan) = &mut self.plan {
            plan.added_at = stamp();
        }
        if let Some(scope) = &mut self.scope {
            scope.added_at = stamp();
        }
        self
    }
}

fn people(all: &mut Vec<Person>, added: Vec<Person>) {
    for person in added {
        let known = all
            .iter()
            .any(|known| (&known.name, &known.role) == (&person.name, &person.role));
        if !known {
            all.push(person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RecoveryPlan, Scope};
    use super::*;

    fn person(name: &str) -> Person {
        Person {
            name: name.into(),
            role: "approver".into(),
            contact: None,
            added_at: None,
        }
    }

    #[test]
    fn people_are_appended_once_and_say_when() {
        let mut details = Details {
            approved_by: vec![person("Ada")],
            ..Details::default()
        };
        let added = Details {
            approved_by: vec![person("Ada"), person("Grace")],
            ..Details::default()
        };
        let added = added.added_at("2026-12-01T08:00:00Z");
        details.add(added.clone()).unwrap();
        details.add(added).unwrap();
        let named: Vec<_> = details
            .approved_by
            .iter()
            .map(|person| (person.name.as_str(), person.added_at.is_some()))
            .collect();
        assert_eq!(named, [("Ada", false), ("Grace", true)]);
    }

    #[test]
    fn what_was_sealed_is_not_said_again() {
        let plan = |sha256: &str| {
            Some(RecoveryPlan {
                sha256: Some(sha256.into()),
                ..RecoveryPlan::default()
            })
        };
        let of = |plan| Details {
            plan,
            ..Details::default()
        };
        let mut details = of(plan("a"));
        assert_eq!(details.add(of(plan("a"))), Ok(()));
        assert_eq!(details.add(of(plan("b"))), Err(AlreadySaid("the plan")));
        let scope = |text: &str| Details {
            scope: Some(Scope {
                covers: vec![text.into()],
                ..Scope::default()
            }),
            ..Details::default()
        };
        assert_eq!(details.add(scope("buckets")), Ok(()));
        assert_eq!(details.add(scope("all")), Err(AlreadySaid("the scope")));
    }
}
