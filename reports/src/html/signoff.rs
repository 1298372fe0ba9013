//! The block in which people sign.

use drill::details::{Details, Person};
use drill::report::Report;
use maud::{Markup, html};

use super::section;
use crate::words;

/// The section.
pub(super) fn sign_off(report: &Report) -> Markup {
    let nothing = Details::default();
    let details = report.details.as_ref().unwrap_or(&nothing);
    let content = html! {
        p {
            "Who signs has read this report. The signature is by hand: a name that was given to Firedrill is none, and is not "
            "checked. The seal " span class="mono" { (words::seal(report)) } " says which records the report is of."
        }
        div class="signatures" {
            (lines("Prepared by", &details.prepared_by))
            (lines("Approved by", &details.approved_by))
        }
    };
    section("sign-off", "Sign-off", content)
}

/// A line for each, or one without a name.
fn lines(what: &str, people: &[Person]) -> Markup {
    let line = |name: Markup| {
        html! {
            div class="line" {
                p { b { (what) } " " (name) }
                p class="dotted" { span { "Signature" } span { "Date" } }
            }
        }
    };
    html! {
        @for person in people {
            (line(html! {
                (person.name) ", " (person.role)
                @if let Some(added) = words::added(person.added_at.as_ref()) { " " span class="later" { (added) } }
            }))
        }
        @if people.is_empty() { (line(html! { span class="small" { "not named" } })) }
    }
}
