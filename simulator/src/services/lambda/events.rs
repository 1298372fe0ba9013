//! What becomes of functions' asynchronous events: marks in the ledger, counters in the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloud_emulator::lambda::{LambdaEvent, LambdaEventKind};
use drill::journal::{Component, Event, FunctionCounters};
use drill::ledger::{DeliveryReceipts, LedgerRecord, Stage};
use drill::scenario::Scenario;
use drill::telemetry;
use drill::units::DrillTime;
use parking_lot::Mutex;
use runtime::journal::Journal;
use runtime::records::Records;
use serde_json::Value;

use super::pace::FunctionPace;

/// A region and a function, by AWS's names of them.
type FunctionKey = (Arc<str>, Arc<str>);

/// The counters of all functions. Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub(crate) struct FunctionCounts(Arc<Mutex<Counted>>);

#[derive(Default)]
struct Counted {
    counters: BTreeMap<FunctionKey, FunctionCounters>,
    changed: BTreeSet<FunctionKey>,
}

impl FunctionCounts {
    /// Those counters that have changed since they were taken last, by the scenario's labels.
    pub(crate) fn take_changed(&self, scenario: &Scenario) -> Vec<FunctionCounters> {
        let mut counted = self.0.lock();
        let changed = std::mem::take(&mut counted.changed);
        let regions = &scenario.cloud.regions;
        let functions = scenario.cloud.functions();
        let labelled = |place: &FunctionKey| {
            let region = regions.iter().find(|region| *region.aws == *place.0);
            let function = functions.iter().find(|function| *function.name == *place.1);
            Some(FunctionCounters {
                region: region?.label.clone(),
                function: function.map_or_else(|| place.1.to_string(), |function| function.label.clone()),
                ..counted.counters.get(place)?.clone()
            })
        };
        changed.iter().filter_map(labelled).collect()
    }

    fn count(&self, event: &LambdaEvent) {
        let mut counted = self.0.lock();
        let place = (event.region.clone(), event.function.clone());
        let of = counted.counters.entry(place.clone()).or_default();
        match &event.kind {
            LambdaEventKind::Accepted { .. } => {
                of.accepted += 1;
                of.waiting += 1;
            }
            LambdaEventKind::Delivered { .. } => {
                of.delivered += 1;
                of.waiting = of.waiting.saturating_sub(1);
            }
            LambdaEventKind::Retried { why, .. } if why.contains("TooManyRequests") => of.throttled += 1,
            LambdaEventKind::Retried { .. } => of.failed += 1,
            LambdaEventKind::SentToDestination { .. } => {
                of.failed += 1;
                of.to_destination += 1;
                of.waiting = of.waiting.saturating_sub(1);
            }
            LambdaEventKind::Dropped { .. } => {
                of.dropped += 1;
                of.waiting = of.waiting.saturating_sub(1);
            }
            LambdaEventKind::Ran { .. }
            | LambdaEventKind::EnvironmentKilled { .. }
            | LambdaEventKind::Saturated { .. } => return,
        }
        counted.changed.insert(place);
    }
}

/// Writes down what happens to the events of functions. A batch of a rule that a function has taken leaves a mark
/// for each message, as rules do.
pub(crate) fn on_function(
    journal: &Journal,
    ledger: &Arc<Records<LedgerRecord>>,
    functions: &FunctionCounts,
    pace: FunctionPace,
) -> Arc<dyn Fn(LambdaEvent) + Send + Sync> {
    let (journal, ledger, functions) = (journal.clone(), Arc::clone(ledger), functions.clone());
    Arc::new(move |event| {
        functions.count(&event);
        if let LambdaEventKind::Ran { wall } = event.kind {
            pace.ran(&event.function, wall);
        }
        if let LambdaEventKind::Delivered { payload, .. } = &event.kind
            && let Some(marks) = delivered(payload, &event.region, event.at)
            && let Err(error) = ledger.append(&LedgerRecord::DeliveryReceipts(marks))
        {
            let text = format!(
                "the marks of function {} cannot be written: {error}",
                event.function
            );
            journal.emit(Event::Warning { text });
        }
        if let Some(event) = warning_of(&event) {
            journal.emit(event);
        }
    })
}

/// The marks of a rule's batch, if the event is one.
fn delivered(payload: &[u8], region: &str, at: DrillTime) -> Option<DeliveryReceipts> {
    let event: Value = serde_json::from_slice(payload).ok()?;
    let rule = event["rule"].as_str()?.to_owned();
    let lines = event["messages"].as_array()?.iter().filter_map(Value::as_str);
    let messages = lines.filter_map(|line| Some(telemetry::decode(line.as_bytes())?.0));
    Some(DeliveryReceipts {
        rule,
        stage: Stage::FunctionDelivered,
        region: region.to_owned(),
        at,
        key: None,
        messages: messages.collect(),
    })
}

/// The warning that goes into the journal for an event, if any.
fn warning_of(event: &LambdaEvent) -> Option<Event> {
    let function = format!("function {} in {}", event.function, event.region);
    match &event.kind {
        LambdaEventKind::Dropped { why, .. } => Some(Event::Warning {
            text: format!("{function}: an event is gone for good ({why:?})"),
        }),
        LambdaEventKind::Saturated { waited } => Some(Event::Saturated {
            component: Component::Function(event.function.to_string()),
            detail: format!("an invocation waited {waited:?} for a place on this machine"),
        }),
        LambdaEventKind::Accepted { .. }
        | LambdaEventKind::Delivered { .. }
        | LambdaEventKind::Retried { .. }
        | LambdaEventKind::SentToDestination { .. }
        | LambdaEventKind::Ran { .. }
        | LambdaEventKind::EnvironmentKilled { .. } => None,
    }
}
