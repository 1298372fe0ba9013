//! What functions write: the last 4 KB of one invocation, as `LogType: Tail` gives them.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

/// How much is kept (AWS: 4 KB).
const TAIL: usize = 4096;

/// The end of an invocation's log. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<VecDeque<u8>>>);

impl Log {
    /// A new invocation begins.
    pub(crate) fn begin(&self) {
        self.0.lock().clear();
    }

    /// One more line.
    pub(crate) fn line(&self, text: &str) {
        let mut kept = self.0.lock();
        let text = &text.as_bytes()[text.len().saturating_sub(TAIL)..];
        kept.extend(text);
        kept.push_back(b'\n');
        let beyond = kept.len().saturating_sub(TAIL);
        kept.drain(..beyond);
    }

    /// What is kept of it.
    pub(crate) fn tail(&self) -> Vec<u8> {
        self.0.lock().iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept() {
        let log = Log::default();
        log.line(&"x".repeat(10_000));
        assert_eq!(log.tail().len(), TAIL);
        log.line("end");
        assert!(log.tail().ends_with(b"x\nend\n"));
        log.begin();
        assert!(log.tail().is_empty());
    }
}
