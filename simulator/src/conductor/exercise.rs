//! An exercise without faults: it begins when its first fault would strike, which is told, and steps are gone through.
//!
//! ```text
//!   drill 0 ──► begins: faults are told, the runbook starts ──► every step has ended, every inject was told ──► end
//! ```

use std::sync::Arc;

use drill::journal::Event;
use drill::units::DrillTime;

use super::Signal;
use super::context::Drill;
use super::runbook;

/// Begins the exercise at its time, and follows the runbook.
pub(super) async fn run(drill: Arc<Drill>) {
    let at = DrillTime::ZERO + drill.scenario_begins;
    drill.clock.sleep_until(at).await;
    drill.emit_at(at, Event::ExerciseBegan);
    let kind = drill.scenario.exercise.name();
    drill.progress.say(
        at,
        &format!("the {kind} begins: nothing is broken, and nothing is measured"),
    );
    drill.course.struck(at);
    drill.course.detected(at);
    drill.pulse.lock().exercise_began(at);
    drill.progress.doing(kind);
    runbook::follow(&drill).await;
    drill.signal(Signal::RunbookDone);
}
