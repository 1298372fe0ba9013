//! What became of work on many keys.

use drill::journal::StepError;

/// What became of work on many keys.
#[derive(Debug, Default)]
pub(crate) struct KeyOutcomes {
    pub(crate) done: usize,
    pub(crate) failed: Vec<(String, StepError)>,
}

impl Extend<Result<(), (String, StepError)>> for KeyOutcomes {
    fn extend<I: IntoIterator<Item = Result<(), (String, StepError)>>>(&mut self, results: I) {
        for result in results {
            match result {
                Ok(()) => self.done += 1,
                Err(failure) => self.failed.push(failure),
            }
        }
    }
}

impl KeyOutcomes {
    /// `349 objects restored`, or the first error with how many failed likewise.
    pub(crate) fn into_result(mut self, done: &str, failed: &str) -> Result<String, StepError> {
        self.failed.sort_by(|a, b| a.0.cmp(&b.0));
        let all = self.done + self.failed.len();
        let Some((key, first)) = self.failed.first() else {
            return Ok(format!("{all} objects {done}"));
        };
        let message = format!(
            "{} of {all} objects {failed}; {key}: {}{}{}",
            self.failed.len(),
            first.code,
            if first.message.is_empty() { "" } else { ": " },
            first.message
        );
        Err(StepError {
            operation: first.operation.clone(),
            code: first.code.clone(),
            message,
        })
    }
}
