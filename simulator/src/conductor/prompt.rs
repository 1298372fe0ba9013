//! What a person sees who performs a step: what it asks for, its window, and how services look now.

use std::fmt::Write as _;

use drill::journal::{Health, How};
use drill::procedure::people::{Ending, Inbox, OpenTask};
use drill::scenario::{Command, Human, Reference, Shell, Step};
use drill::units::DrillTime;

use super::context::Drill;

/// The most lines of what a step asks that are shown.
const LINES: usize = 200;

/// What stands before the person's answer.
pub(super) fn mark(desk: &Inbox) -> String {
    match desk.current() {
        Some(open) => format!("{} ({})> ", open.task.step, desk.by()),
        None => String::new(),
    }
}

/// Everything about the step that answers are about.
pub(super) fn text(drill: &Drill, desk: &Inbox) -> String {
    let Some(open) = desk.current() else {
        return String::new();
    };
    let mut text = String::new();
    if let Some(step) = drill.spec.scenario.step(&open.task.step) {
        let now = drill.host.clock.now();
        let approval = open.task.approval.as_ref();
        let approval = approval.map_or(String::new(), |role| format!(", an approval by {role}"));
        let _ = writeln!(
            text,
            "\n── step {} ({}{approval}) at {now}",
            step.id,
            step.action.name()
        );
        text.push_str(&asks(step));
        text.push_str(&checklist(open));
        let _ = writeln!(text, "   {}", window(drill, step, now));
        let _ = writeln!(text, "   {}", services(drill, now));
    }
    let others = desk.others();
    if !others.is_empty() {
        let _ = writeln!(text, "   also open: {} (step ID turns to it)", others.join(", "));
    }
    let _ = write!(text, "   {}", answers(open));
    text
}

/// What the step asks of people.
fn asks(step: &Step) -> String {
    let asked = if let Some(human) = step.action.get::<Human>() {
        human.instructions.clone().unwrap_or_default()
    } else if let Some(shell) = step.action.get::<Shell>() {
        let (Command::Run(text) | Command::Script(text)) = &shell.command;
        format!("Go through it; nothing is run:\n{text}")
    } else {
        "Go through it; nothing is done.".to_owned()
    };
    let mut text = String::new();
    for line in asked.trim_end().lines().take(LINES) {
        let _ = writeln!(text, "   {line}");
    }
    text
}

fn checklist(open: &OpenTask) -> String {
    let mut text = String::new();
    for (n, item) in open.checklist.iter().enumerate() {
        let sign = if item.ticked { "x" } else { " " };
        let _ = writeln!(text, "   [{sign}] {} {}", n + 1, item.item);
    }
    text
}

/// Its window and its timeout, and how much of them is left.
fn window(drill: &Drill, step: &Step, now: DrillTime) -> String {
    let Some(within) = &step.within else {
        return "window: none".to_owned();
    };
    let from = match &within.counted_from {
        Reference::Fault => "the first fault".to_owned(),
        Reference::Detection => "detection".to_owned(),
        Reference::Declaration => "the declaration".to_owned(),
        Reference::Step(id) => format!("the end of step {id}"),
    };
    let left = match drill.observed.course.window(&drill.spec.scenario, step) {
        None => "what it counts from has not come".to_owned(),
        Some((_, closes)) if closes >= now => format!("{} left", closes - now),
        Some((_, closes)) => format!("over for {}", now - closes),
    };
    format!("window: {} to {} from {from}; {left}", within.from, within.to)
}

/// How services look now.
fn services(drill: &Drill, now: DrillTime) -> String {
    let drill_phase = drill.observed.phase.lock();
    let down = drill_phase.services_down();
    let states: Vec<(String, Option<Health>)> = drill_phase
        .states()
        .map(|(name, health)| (name.to_owned(), health))
        .collect();
    drop(drill_phase);
    if states.is_empty() {
        return "services: nothing is stood up".to_owned();
    }
    let red = down.iter().filter_map(|(name, since)| {
        let since = (*since)?;
        Some(format!("{name} is down for {}", now - since))
    });
    let red: Vec<String> = red.collect();
    let probes = states.iter().map(|(name, health)| {
        let word = match health {
            Some(Health::Green) => "green",
            Some(Health::Red) => "RED",
            Some(Health::Unknown) | None => "unknown",
        };
        format!("{name} {word}")
    });
    let probes: Vec<String> = probes.collect();
    match red.as_slice() {
        [] => format!("probes: {}", probes.join(", ")),
        red => format!("{}; probes: {}", red.join("; "), probes.join(", ")),
    }
}

/// What can be answered.
fn answers(open: &OpenTask) -> String {
    let done = match open.task.approval {
        Some(_) => "approve NAME",
        None => "confirm",
    };
    let tick = if open.checklist.is_empty() {
        ""
    } else {
        " · tick N"
    };
    format!("{done} · skip REASON · note TEXT{tick} · as NAME · help")
}

/// `step declare was confirmed by Ada`.
pub(super) fn ended(ending: &Ending) -> String {
    let how = match ending.how {
        How::Confirmed => "confirmed",
        How::Skipped => "skipped",
        How::Approved => "approved",
    };
    format!("step {} was {how} by {}", ending.step, ending.by)
}
