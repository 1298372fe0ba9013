//! What each part of a drill says of itself, as samples.
//!
//! One file for the course of the drill, one for the gateway, one for devices; services say theirs. Reading takes no lock for
//! longer than a copy of a few numbers.

mod course;
mod devices;
mod gateway;

use super::counts::JournalCounts;
use super::page::Page;
use crate::conductor::context::Drill;
use crate::services::SERVICES;

/// What is known of the program itself.
pub(super) fn build(page: &mut Page) {
    page.gauge(
        "firedrill_build_info",
        "The version of Firedrill that runs; always 1.",
    )
    .put(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
}

/// What the journal adds up to, also before drill 0.
pub(super) fn journal(page: &mut Page, counts: &JournalCounts) {
    page.counter("firedrill_journal_lines_total", "Lines of the journal.")
        .count(&[], counts.lines);
    page.counter(
        "firedrill_warnings_total",
        "Warnings that stand in the journal, and will stand in the report.",
    )
    .count(&[], counts.warnings);
    let mut saturated = page.counter(
        "firedrill_saturations_total",
        "How often a component of Firedrill was saturated; figures that rest on it are inconclusive.",
    );
    for (what, count) in &counts.saturated {
        saturated.count(&[("what", what)], *count);
    }
}

/// What a drill knows, from drill 0 on.
pub(super) fn drill(page: &mut Page, drill: &Drill, counts: &JournalCounts) {
    course::time(page, drill, counts);
    course::objectives(page, drill);
    course::probes(page, drill, counts);
    course::faults(page, drill, counts);
    course::recovery(page, drill, counts);
    gateway::gateway(page, &drill.access);
    devices::fleet(page, &drill.devices);
    for service in SERVICES {
        service.metrics(page, drill, counts);
    }
}
