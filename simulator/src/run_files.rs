//! The names of the files that a run leaves.

use drill::variables::CommandVariable;

/// The file names of a run.
pub(crate) const SCENARIO: &str = "scenario.yaml";
/// The plan, whose hash stands in the journal. It is made again from the scenario, the seed, and the durations that
/// the journal names.
pub(crate) const PLAN: &str = "plan.json";
pub(crate) const JOURNAL: &str = "journal.jsonl";
pub(crate) const LEDGER: &str = "ledger.bin";
pub(crate) const AUDIT: &str = "audit.bin";
/// What people were told who have no webhook.
pub(crate) const MESSAGES: &str = "messages.jsonl";
/// What the broker's rules leave while they run; it goes into the ledger.
pub(crate) const MARKS: &str = "marks.bin";

/// What programs read of it.
pub(crate) const REPORT: &str = "report.json";

/// Where runs go unless told otherwise.
pub(crate) const RUNS: &str = "runs";
/// The variable that tells otherwise.
pub(crate) const VARIABLE: &str = CommandVariable::Runs.name();

/// The details with which a drill began.
pub(crate) const DETAILS: &str = "details.json";
/// What was said after it.
pub(crate) const ADDITIONS: &str = "additions.json";
/// A copy of the plan's file as it was when the drill began.
pub(crate) const PLAN_COPY: &str = "recovery-plan";
