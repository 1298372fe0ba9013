//! The block in which people sign.

use drill::details::{Details, Person};
use drill::report::Report;
use maud::{Markup, html};

use super::section::section;
use crate::text;

/// The section.
pub(super) fn sign_off(report: &Report) -> Markup {
    let nothing = Details::default();
    let details = report.details.as_ref().unwrap_or(&nothing);
    let content = html! {
        p {
            "Signing confirms that this report was read. Sign by hand: a name that was passed to Firedrill is no signature, and is "
            "not verified. The seal " span class="mono" { (text::seal(report)) } " identifies the records of the report."
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
                @if let Some(added) = text::added(person.added_at.as_ref()) { " " span class="later" { (added) } }
            }))
        }
        @if people.is_empty() { (line(html! { span class="small" { "not named" } })) }
    }
}
