//! An exercise without faults: it begins when its first fault would be injected, which is told, and steps are gone through.
//!
//! ```text
//!   drill 0 ──► begins: faults are told, the runbook starts ──► every step has ended, every inject was told ──► end
//! ```

use std::sync::Arc;

use drill::journal::Event;
use drill::units::DrillTime;

use super::context::Drill;
use super::runbook;
use super::signal::Signal;

/// Begins the exercise at its time, and follows the runbook.
pub(super) async fn run(drill: Arc<Drill>) {
    let at = DrillTime::ZERO + drill.spec.exercise_begins;
    drill.host.clock.sleep_until(at).await;
    drill.host.emit_at(at, Event::ExerciseBegan);
    let kind = drill.spec.scenario.exercise.name();
    drill.host.progress.say(
        at,
        &format!("the {kind} begins: nothing is broken, and nothing is measured"),
    );
    drill.observed.course.injected(at);
    drill.observed.course.detected(at);
    drill.observed.phase.lock().exercise_began(at);
    drill.host.progress.doing(kind);
    runbook::follow(&drill).await;
    drill.host.signal(Signal::RunbookDone);
}
