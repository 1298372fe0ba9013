//! `junit.xml`: a suite per scenario, with cases for its drills, objectives, steps' windows and data sets.
//!
//! | case | fails when |
//! |---|---|
//! | `drill` | a drill did not come to its expected verdict for the expected reason; an error where there is no report or the verdict is open |
//! | `program-delivery rto` | the objective is missed, unless that is expected; an error where it is open; a failure where an expected miss did not come |
//! | `step restore window` | never by itself: a missed window is marked as skipped, with how late the step was, since no verdict rests on windows |
//! | `data programs` | an RPO that is judged on the data set is missed or open, as above; skipped where losses are judged by none |
//! | `baseline` | a regression was called; only in suites with a baseline |
//!
//! `time` is wall time: `drill` carries that of the drills, all else takes none of its own, so that the time of a suite is the sum
//! of its cases. What was measured in drill time stands in the suite's properties.
//!
//! The form is the one on which the public schemas agree: those of Jenkins' xUnit plugin and of Apache Ant. So cases have no
//! properties, the root has no attributes, and dates have no zone (they are UTC).

mod cases;
mod figures;

use drill::report::Judged;
use quick_junit::{Report as JunitReport, TestSuite};

use crate::suite::Drilled;
use crate::text;

/// Renders the `junit.xml` of one drill.
pub(crate) fn render(judged: &Judged) -> String {
    of_suite(&[Drilled::alone(judged)])
}

/// Renders that of several scenarios.
pub(crate) fn of_suite(scenarios: &[Drilled]) -> String {
    let mut junit = JunitReport::new("firedrill");
    for (id, drilled) in scenarios.iter().enumerate() {
        junit.add_test_suite(suite(id, drilled));
    }
    without_root_attributes(&junit.to_string().expect("test cases serialise to memory"))
}

/// Ant's schema has none there, and all that they say stands in the suites.
fn without_root_attributes(xml: &str) -> String {
    let Some(start) = xml.find("<testsuites ") else {
        return xml.to_owned();
    };
    // Within attributes `>` is escaped.
    let end = xml[start..].find('>').map_or(xml.len(), |end| start + end);
    let rest = &xml[end..];
    let slash = if xml[..end].ends_with('/') { "/" } else { "" };
    format!("{}<testsuites{slash}{rest}", &xml[..start])
}

fn suite(id: usize, drilled: &Drilled) -> TestSuite {
    let name = text::one_line(&drilled.name);
    let mut suite = TestSuite::new(name.clone());
    suite.time = cases::duration(drilled.wall_s());
    let extra = [
        ("id", id.to_string()),
        ("package", "firedrill".to_owned()),
        // Reports do not say where they were made: they are the same bytes wherever they are rendered.
        ("hostname", "localhost".to_owned()),
        ("timestamp", timestamp(&drilled.started_at)),
    ];
    for (key, value) in extra {
        suite.extra.insert(key.into(), value.into());
    }
    for (name, value) in figures::properties(drilled) {
        suite.add_property((text::one_line(&name).as_str(), text::one_line(&value).as_str()));
    }
    let cases = cases::cases(drilled);
    let said: Vec<String> = cases.iter().map(cases::Case::line).collect();
    suite.add_test_cases(cases.into_iter().map(|case| case.into_junit(&name)));
    suite.set_system_out(said.join("\n"));
    suite.set_system_err("");
    suite
}

/// Without a zone, as Ant's schema has it; the epoch where no date is known.
fn timestamp(rfc3339: &str) -> String {
    let date = rfc3339.get(..19).filter(|date| date.as_bytes()[10] == b'T');
    date.unwrap_or("1970-01-01T00:00:00").to_owned()
}

#[cfg(test)]
mod tests;
