//! Which kinds of probes are simulated, and how.

use drill::scenario::{LambdaInvoke, PathTelemetry, ProbeKind, Reads, Sample};

/// How a kind of probe is simulated.
pub(in crate::plan) enum ProbeModel<'a> {
    /// It reads a sample of a store.
    Sample(Sample<'a>),
    /// It publishes a message, and waits until it is filed.
    Publish(&'a PathTelemetry),
    /// It invokes a function.
    Invoke,
}

impl ProbeModel<'_> {
    /// One line for each kind that samples no store; none for one of which nothing is known.
    pub(in crate::plan) fn from_kind(kind: &ProbeKind) -> Option<ProbeModel<'_>> {
        let publishes = || kind.get::<PathTelemetry>().map(ProbeModel::Publish);
        let invokes = || kind.is::<LambdaInvoke>().then_some(ProbeModel::Invoke);
        match kind.reads() {
            Reads::Sample(sample) => Some(ProbeModel::Sample(sample)),
            Reads::Anything | Reads::ItsOwn => publishes().or_else(invokes),
        }
    }
}
