//! A drill that has run, and the files that it left.

use std::path::{Path, PathBuf};

use drill::audit::{AuditRecord, Found};
use drill::frames;
use drill::journal::{self, AuditId, EndReason, Event, Journal, Record};
use drill::ledger::{LedgerRecord, Write, WriteKind};
use drill::report::{DataSet, Metric, Objective, Report, Step, Verdict};
use drill::units::DrillTime;

use super::program::Ended;
use super::{Sandbox, Scenario};

/// How often a drill runs again for which the machine was too slow.
const AGAIN: usize = 2;

/// A drill that has run to its end.
pub(crate) struct Run {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: PathBuf,
    pub(crate) ended: Ended,
}

impl Run {
    /// Runs a scenario with its own seed.
    pub(crate) fn execute(scenario: &Scenario) -> Run {
        Run::with(scenario, &[])
    }

    /// Runs a scenario with more arguments. Afterwards no process is left.
    pub(crate) fn with(scenario: &Scenario, arguments: &[&str]) -> Run {
        Run::inside(Sandbox::new(), scenario, arguments, &[])
    }

    /// Runs a scenario for people who give these answers on standard input.
    pub(crate) fn answered(scenario: &Scenario, arguments: &[&str], answers: &str) -> Run {
        let sandbox = Sandbox::new();
        let answers = sandbox.write("answers.txt", answers);
        Run::once(sandbox, scenario, arguments, &[], Some(&answers))
    }

    /// Runs a scenario in a folder in which things may lie already, with more variables in the environment.
    ///
    /// A drill that says that this machine was too slow for its fleet has measured nothing, as it says itself. It runs
    /// again then while no other test does; one that says so for the third time has another reason than a busy machine.
    pub(crate) fn inside(
        sandbox: Sandbox,
        scenario: &Scenario,
        arguments: &[&str],
        env: &[(&str, &str)],
    ) -> Run {
        let mut run = Run::once(sandbox, scenario, arguments, env, None);
        for _ in 0..AGAIN {
            let Some(reason) = run.fleet_saturated() else {
                break;
            };
            println!("once more, alone: {reason}");
            std::fs::remove_dir_all(&run.folder).expect("the run's folder can be removed");
            run = test_harness::alone(|| Run::once(run.sandbox, scenario, arguments, env, None));
        }
        run
    }

    /// The reason that rests on a fleet for which this machine was too slow.
    fn fleet_saturated(&self) -> Option<String> {
        if !self.folder.join("report.json").exists() {
            return None;
        }
        let mut reasons = self.report().reasons.into_iter();
        reasons.find(|reason| reason.contains("fleet was saturated"))
    }

    fn once(
        sandbox: Sandbox,
        scenario: &Scenario,
        arguments: &[&str],
        env: &[(&str, &str)],
        answers: Option<&Path>,
    ) -> Run {
        let file = sandbox.scenario(scenario);
        let folder = sandbox.path().join("run");
        let standard =
            [Path::new("run"), &file, Path::new("--out"), &folder].map(|path| path.as_os_str().to_owned());
        let program = sandbox.firedrill(standard.into_iter().chain(arguments.iter().map(Into::into)));
        let program = match answers {
            Some(answers) => program.input(answers),
            None => program,
        };
        let ended = env
            .iter()
            .fold(program, |program, (name, value)| program.env(name, value))
            .output();
        sandbox.assert_no_process_left();
        Run {
            sandbox,
            folder,
            ended,
        }
    }

    /// The exit code and the verdict are these.
    #[track_caller]
    pub(crate) fn assert_verdict(&self, verdict: Verdict) -> Report {
        let code = match verdict {
            Verdict::Pass => 0,
            Verdict::Fail => 1,
            Verdict::Inconclusive => 3,
        };
        self.ended.assert_code(code);
        let report = self.report();
        assert_eq!(report.verdict, verdict, "{:#?}", report.reasons);
        report
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        read(&self.folder, name)
    }

    pub(crate) fn report(&self) -> Report {
        serde_json::from_slice(&self.read("report.json")).expect("report.json is a report")
    }

    pub(crate) fn journal(&self) -> Journal {
        journal::read(&self.read("journal.jsonl")).expect("the journal's chain is whole")
    }

    pub(crate) fn finished(&self) -> Option<EndReason> {
        self.journal().finished()
    }

    pub(crate) fn ledger(&self) -> Vec<LedgerRecord> {
        let frames =
            frames::decode(&self.read("ledger.bin"), Record::Ledger).expect("the ledger can be read");
        assert!(!frames.torn, "the ledger ends with a whole frame");
        frames.records
    }

    pub(crate) fn audit(&self) -> Vec<AuditRecord> {
        let frames = frames::decode(&self.read("audit.bin"), Record::Audit).expect("the audit can be read");
        assert!(!frames.torn, "the audit ends with a whole frame");
        frames.records
    }

    /// The acknowledged writes of one bucket that were produced before `cut`.
    pub(crate) fn acknowledged_before(&self, bucket: &str, cut: DrillTime) -> Vec<Write> {
        let of = |record| match record {
            LedgerRecord::Write(write) => Some(write),
            LedgerRecord::Epoch(_) | LedgerRecord::DeliveryReceipts(_) | LedgerRecord::Change(_) => None,
        };
        let counted = |write: &Write| {
            write.store == bucket
                && write.kind == WriteKind::Put
                && write.produced < cut
                && write.acknowledged.is_some()
        };
        self.ledger().into_iter().filter_map(of).filter(counted).collect()
    }

    /// Before which instant writes are judged in an audit.
    pub(crate) fn cut(&self, wanted: AuditId) -> DrillTime {
        let cut = self.audit().into_iter().find_map(|record| match record {
            AuditRecord::Began { audit, cut, .. } if audit == wanted => Some(cut),
            _ => None,
        });
        cut.expect("the audit was made")
    }

    /// What one audit found under each key of a bucket.
    pub(crate) fn found(&self, wanted: AuditId, of: &str) -> std::collections::BTreeMap<String, Found> {
        let objects = self.audit().into_iter().filter_map(|record| match record {
            AuditRecord::Value {
                audit,
                store: bucket,
                key,
                found,
                ..
            } if audit == wanted && bucket == of => Some((key, found)),
            _ => None,
        });
        objects.collect()
    }

    /// By when the fault of this id had been injected, as the journal says.
    pub(crate) fn injected(&self, wanted: &str) -> DrillTime {
        self.injection_of(wanted).0
    }

    /// What the fault of this id touched, as the journal says.
    pub(crate) fn targets(&self, wanted: &str) -> Vec<String> {
        self.injection_of(wanted).1
    }

    fn injection_of(&self, wanted: &str) -> (DrillTime, Vec<String>) {
        let lines = self.journal().lines;
        let injected = lines.into_iter().find_map(|line| match line.event {
            Event::FaultInjected { fault, targets, .. } if fault == wanted => Some((line.drill_us, targets)),
            _ => None,
        });
        injected.unwrap_or_else(|| panic!("fault {wanted} was never injected\n{}", self.ended.stderr))
    }
}

/// One file of a run's folder.
pub(crate) fn read(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The objective of a service.
#[track_caller]
pub(crate) fn objective<'a>(report: &'a Report, service: &str, metric: Metric) -> &'a Objective {
    let found = report
        .objectives
        .iter()
        .find(|o| o.service == service && o.metric == metric);
    found.unwrap_or_else(|| panic!("no {metric:?} of {service} in {:#?}", report.objectives))
}

/// The data set of this name.
#[track_caller]
pub(crate) fn data<'a>(report: &'a Report, name: &str) -> &'a DataSet {
    report
        .data
        .iter()
        .find(|data| data.name == name)
        .unwrap_or_else(|| panic!("no data set {name}"))
}

/// The step of this id.
#[track_caller]
pub(crate) fn step<'r>(report: &'r Report, id: &str) -> &'r Step {
    let found = report.steps.iter().find(|step| step.id == id);
    found.unwrap_or_else(|| panic!("no step {id}"))
}
