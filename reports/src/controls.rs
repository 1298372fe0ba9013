//! What rules and standards require of drills, and where a report shows it: data, for the page and for evidence packs.
//!
//! Each entry is a clause, what it asks for in our own words, the sections of the report that show something of it, and what
//! a report of a drill on an emulated cloud never shows. It is a reading aid: whether a control is met is for auditors.
//!
//! Sources: Regulation (EU) 2022/2554 (DORA) and Delegated Regulation (EU) 2024/1774; Directive (EU) 2022/2555 (NIS2); AICPA
//! Trust Services Criteria 2017 (points of focus of 2022); ISO 22301:2019; NIST SP 800-53 Rev. 5 and SP 800-34 Rev. 1.

use drill::report::Report;
use serde::Serialize;

/// A clause of a rule or a standard.
#[derive(Clone, Copy, Debug)]
struct Control {
    framework: &'static str,
    clause: &'static str,
    asks: &'static str,
    /// The ids of the sections that show something of it.
    shown: &'static [&'static str],
    not_shown: &'static str,
}

/// A clause, and where one report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The rule or standard.
    pub framework: &'static str,
    /// The clause.
    pub clause: &'static str,
    /// What it asks for, in our own words.
    pub asks: &'static str,
    /// The sections of `report.html` that show something of it: the fragment of their address, and their heading.
    pub shown_in: Vec<Section>,
    /// What the report does not show of it.
    pub not_shown: &'static str,
}

/// A section of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// `objectives`, as in `report.html#objectives`.
    pub id: &'static str,
    /// `Objectives`.
    pub heading: &'static str,
}

/// The sections that the entries name, with their headings.
const SECTIONS: [Section; 17] = {
    const fn section(id: &'static str, heading: &'static str) -> Section {
        Section { id, heading }
    }
    [
        section("summary", "Summary"),
        section("claims", "What this drill evidences, and what not"),
        section("objectives", "Objectives"),
        section("exercised", "What was exercised"),
        section("timeline", "Timeline"),
        section("findings", "Findings"),
        section("loss", "Data loss"),
        section("fleet", "Fleet"),
        section("method", "Method and its limits"),
        section("score", "Readiness score"),
        section("trend", "Earlier drills"),
        section("sign-off", "Sign-off"),
        section("steps", "Steps of the runbook"),
        section("faults", "Faults"),
        section("protections", "Protections at the end"),
        section("messages", "Notifications"),
        section("evidence", "Evidence"),
    ]
};

const DORA: &str = "DORA, Regulation (EU) 2022/2554";
const RTS: &str = "DORA RTS, Delegated Regulation (EU) 2024/1774";
const NIS2: &str = "NIS2, Directive (EU) 2022/2555";
const SOC2: &str = "SOC 2, Trust Services Criteria";
const ISO: &str = "ISO 22301:2019";
const SP53: &str = "NIST SP 800-53 Rev. 5";
const SP34: &str = "NIST SP 800-34 Rev. 1";

const CONTROLS: [Control; 19] = [
    Control {
        framework: DORA,
        clause: "Art. 11(6)",
        asks: "Test continuity, response and recovery plans at least yearly and after substantive changes; include \
               cyber-attacks and the switchover to redundant capacity and backups; test crisis communication.",
        shown: &["objectives", "exercised", "timeline", "messages", "trend"],
        not_shown: "That all plans of the entity are tested, and how often; cyber-attacks beyond the faults named here; \
                    people of the crisis team who were not part of this drill.",
    },
    Control {
        framework: DORA,
        clause: "Art. 12(2), (7)",
        asks: "Test backup, restoration and recovery procedures periodically; after recovery, check that the data is whole.",
        shown: &["loss", "steps", "protections"],
        not_shown: "The real backups: what a drill restores are objects of the emulated cloud, not those of the installation, and an \
                    exercise without faults restores none.",
    },
    Control {
        framework: DORA,
        clause: "Art. 24(1), (6)",
        asks: "Keep a testing programme for digital operational resilience; test systems that support critical or important \
               functions at least yearly.",
        shown: &["exercised", "trend"],
        not_shown: "The programme itself, and which functions are critical: one report is one test of it.",
    },
    Control {
        framework: DORA,
        clause: "Art. 24(4)",
        asks: "Have tests undertaken by independent parties, internal or external, without conflicts of interest.",
        shown: &["sign-off"],
        not_shown: "Independence: names and roles are shown as they were given, and are not checked.",
    },
    Control {
        framework: DORA,
        clause: "Art. 24(5)",
        asks: "Prioritise, classify and remedy all issues that tests reveal, and make sure that they are fully addressed.",
        shown: &["findings"],
        not_shown: "That a remedy works, until a later drill has tested it again.",
    },
    Control {
        framework: DORA,
        clause: "Art. 25(1)",
        asks: "Execute appropriate tests, among them scenario-based, performance and end-to-end tests.",
        shown: &["exercised", "timeline", "fleet"],
        not_shown: "The other kinds of tests: vulnerability assessments, code reviews, penetration tests.",
    },
    Control {
        framework: DORA,
        clause: "Art. 26",
        asks: "For identified entities: threat-led penetration tests on live production systems.",
        shown: &[],
        not_shown: "All of it: a drill on an emulated cloud is no threat-led penetration test.",
    },
    Control {
        framework: RTS,
        clause: "Art. 25",
        asks: "Test plans with severe but plausible scenarios, including switchover; challenge the plans' assumptions; \
               document results, and analyse, address and report deficiencies.",
        shown: &["objectives", "exercised", "method", "findings", "sign-off"],
        not_shown: "That the scenarios follow from the business impact analysis; tests with third-party providers; the \
                    report to the management body.",
    },
    Control {
        framework: RTS,
        clause: "Art. 26",
        asks: "Have response and recovery plans that say when they are activated, what is done, and by when which level of \
               recovery is reached, for severe scenarios.",
        shown: &["exercised", "timeline", "objectives"],
        not_shown: "Whether the plan is complete: only its scenario that was drilled is shown.",
    },
    Control {
        framework: NIS2,
        clause: "Art. 21(2)(c)",
        asks: "Business continuity, such as backup management and disaster recovery, and crisis management.",
        shown: &["objectives", "loss", "protections", "messages"],
        not_shown: "Crisis management beyond the notifications of this drill; measures in the installation.",
    },
    Control {
        framework: NIS2,
        clause: "Art. 21(2)(f)",
        asks: "Policies and procedures to assess whether the risk-management measures are effective.",
        shown: &["score", "findings", "trend"],
        not_shown: "The policies; the effectiveness of any other measure than the drilled procedure.",
    },
    Control {
        framework: SOC2,
        clause: "A1.2",
        asks: "Design, operate and monitor backup processes and recovery infrastructure that meet the objectives.",
        shown: &["protections", "loss"],
        not_shown: "The operation of the real backups and recovery infrastructure over the period.",
    },
    Control {
        framework: SOC2,
        clause: "A1.3",
        asks: "Test recovery plan procedures so that system recovery meets its objectives.",
        shown: &["objectives", "timeline", "steps", "loss"],
        not_shown: "The test on the system itself: the procedure was run against an emulated cloud.",
    },
    Control {
        framework: SOC2,
        clause: "CC7.5",
        asks: "Identify, develop and carry out activities to recover from security incidents, and improve them from tests.",
        shown: &["steps", "findings", "trend"],
        not_shown: "Recovery from an incident that happened.",
    },
    Control {
        framework: ISO,
        clause: "8.5",
        asks: "Run an exercise programme that over time validates strategies and solutions: scenarios with clear aims, \
               reports with outcomes and recommendations, at planned intervals.",
        shown: &["summary", "objectives", "exercised", "findings", "trend"],
        not_shown: "The programme and its intervals; the teamwork and competence of people whose steps are modelled.",
    },
    Control {
        framework: ISO,
        clause: "8.6",
        asks: "Evaluate whether business impact analysis, plans and capabilities are suitable and effective, through \
               exercises, tests and reports.",
        shown: &["objectives", "findings", "exercised"],
        not_shown: "The business impact analysis, and the capabilities of partners and suppliers.",
    },
    Control {
        framework: ISO,
        clause: "9.1",
        asks: "Determine what is measured, how, and when; evaluate it and keep the results as evidence.",
        shown: &["method", "score", "trend", "evidence"],
        not_shown: "Measurements between drills.",
    },
    Control {
        framework: SP53,
        clause: "CP-4",
        asks: "Test the contingency plan with defined tests to find out its effectiveness and readiness to execute; review the \
               results; initiate corrective actions.",
        shown: &["objectives", "timeline", "findings", "sign-off"],
        not_shown: "The defined frequency; enhancements (2), the alternate processing site itself, and (4), reconstitution of \
                    the real system.",
    },
    Control {
        framework: SP34,
        clause: "3.5",
        asks: "Test elements of the plan, such as notification, recovery on an alternate platform, connectivity, and return to \
               normal operations; exercise it; document lessons learned.",
        shown: &["messages", "timeline", "steps", "protections", "findings"],
        not_shown: "Training of people; recovery from real media and on real equipment.",
    },
];

/// Sections that show nothing of a recovery where nothing was broken.
const OF_A_RECOVERY: [&str; 5] = ["objectives", "loss", "steps", "faults", "protections"];

/// Every clause with the sections of this report that show something of it; a section that the report lacks is not named.
pub fn mapping(report: &Report) -> Vec<Mapping> {
    let there = |section: &&Section| {
        let empty = report.exercise.is_some() && OF_A_RECOVERY.contains(&section.id);
        is_there(report, section.id) && !empty
    };
    let named = |control: &Control| {
        let ids = control.shown.iter();
        let sections = ids.filter_map(|id| SECTIONS.iter().find(|section| section.id == *id));
        sections.filter(there).copied().collect()
    };
    CONTROLS
        .iter()
        .map(|control| Mapping {
            framework: control.framework,
            clause: control.clause,
            asks: control.asks,
            shown_in: named(control),
            not_shown: control.not_shown,
        })
        .collect()
}

/// Whether the page has this section: those of the appendix are there only if they have rows.
pub(crate) fn is_there(report: &Report, id: &str) -> bool {
    match id {
        "fleet" => report.fleet.is_some(),
        "loss" => !report.data.is_empty(),
        "steps" => !report.steps.is_empty(),
        "faults" => !report.faults.is_empty(),
        "protections" => !report.protections.is_empty(),
        "messages" => !report.messages.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FORMATS, fixtures};

    #[test]
    fn an_exercise_without_faults_shows_no_recovery() {
        let mut report = fixtures::passing().report;
        let names = |report: &Report| {
            let rows = mapping(report);
            let sections = rows.iter().flat_map(|row| row.shown_in.iter());
            sections
                .filter(|section| OF_A_RECOVERY.contains(&section.id))
                .count()
        };
        assert!(names(&report) > 0);
        report.exercise = Some(drill::report::ExerciseSummary {
            kind: drill::scenario::Exercise::Walkthrough,
            complete: true,
            people: vec![],
            text: String::new(),
        });
        assert_eq!(names(&report), 0);
    }

    #[test]
    fn every_section_that_is_named_is_on_the_page_under_its_heading() {
        let html = FORMATS
            .iter()
            .find(|format| format.file == "report.html")
            .unwrap();
        for (name, judged) in fixtures::all() {
            let page = (html.render)(&judged);
            for section in mapping(&judged.report).iter().flat_map(|row| &row.shown_in) {
                let anchor = format!("<section id=\"{}\"><h2>{}</h2>", section.id, section.heading);
                assert!(page.contains(&anchor), "{name} lacks {anchor}");
            }
        }
    }

    #[test]
    fn every_name_of_a_section_is_known_and_every_clause_has_a_limit() {
        for control in CONTROLS {
            for id in control.shown {
                assert!(SECTIONS.iter().any(|section| section.id == *id), "{id}");
            }
            assert!(!control.asks.is_empty() && !control.not_shown.is_empty());
        }
    }

    #[test]
    fn a_section_that_a_report_lacks_is_not_named() {
        let rows = mapping(&fixtures::passing().report);
        let named = |id: &str| {
            rows.iter()
                .any(|row| row.shown_in.iter().any(|section| section.id == id))
        };
        assert!(named("protections") && !named("messages"));
        let json = serde_json::to_value(&rows).unwrap();
        assert_eq!(json[0]["shown_in"][0]["id"], "objectives");
    }
}
