//! What becomes of programs that are announced to devices: counters in the journal.

use std::collections::BTreeMap;

use drill::journal::ProgramCounters;
use fleet_emulator::ProgramCounts;
use parking_lot::Mutex;

/// The counters as they were told last.
#[derive(Default)]
pub(crate) struct Programs(Mutex<BTreeMap<String, ProgramCounters>>);

impl Programs {
    /// The counters of those programs of which something has changed since.
    pub(crate) fn take_changed(&self, counts: &ProgramCounts) -> Vec<ProgramCounters> {
        let mut told = self.0.lock();
        let mut changed = Vec::new();
        for (program, &received) in &counts.received {
            let of = |count: &BTreeMap<String, u64>| count.get(program).copied().unwrap_or_default();
            let now = ProgramCounters {
                program: program.clone(),
                received,
                checked: of(&counts.checked),
                ran: of(&counts.ran),
                failed: of(&counts.failed),
                skipped: of(&counts.skipped),
            };
            if told.get(program) != Some(&now) {
                told.insert(program.clone(), now.clone());
                changed.push(now);
            }
        }
        changed
    }
}
