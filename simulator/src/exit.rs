//! How the program ends: the documented exit codes, and the failures behind them.

use std::fmt;
use std::process::ExitCode;

use drill::report::Verdict;

/// An end that is not a failure of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It did what was asked, and there was nothing to judge.
    Done,
    /// A drill was judged.
    Judged(Verdict),
    /// Evidence was verified, and does not hold.
    NotVerified,
    /// A signal ended it, in order.
    Interrupted,
}

impl End {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            End::Done | End::Judged(Verdict::Pass) => 0,
            End::Judged(Verdict::Fail) | End::NotVerified => 1,
            End::Judged(Verdict::Inconclusive) => 3,
            End::Interrupted => 130,
        })
    }
}

/// What a user or the world can do to us.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Bad input or usage; the text has every error.
    Input(String),
    /// The environment could not be stood up, or broke down.
    Environment(String),
}

impl Failure {
    /// `doing: why`, as a failure of the environment.
    pub(crate) fn environment(doing: impl fmt::Display, why: impl fmt::Display) -> Failure {
        Failure::Environment(format!("{doing}: {why}"))
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Input(_) => 2,
            Failure::Environment(_) => 4,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Input(text) => f.write_str(text),
            Failure::Environment(text) => write!(f, "firedrill: {text}"),
        }
    }
}
