//! How a container ended, as text.

use std::fmt;

/// LocalStack's exit code when its licence cannot be activated.
const NO_LICENCE: i64 = 55;

/// The unexpected end of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Death {
    /// Its exit code; `None` if it cannot be told.
    pub code: Option<i64>,
    /// The kernel ended it for want of memory.
    pub out_of_memory: bool,
    /// Why there is no exit code.
    pub unknown: Option<String>,
    /// The last lines that it wrote.
    pub log: Vec<String>,
}

/// A predicate: `exited with code 1; it said last: …`.
impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, &self.unknown) {
            (Some(_), _) if self.out_of_memory => {
                write!(f, "was ended for want of memory: it needs about 1 GB")?;
            }
            (Some(NO_LICENCE), _) => write!(
                f,
                "exited with code 55, as LocalStack does when it has no valid token: set LOCALSTACK_AUTH_TOKEN, or \
                 take {}, the last that needs none",
                super::default_image::DEFAULT_IMAGE
            )?,
            (Some(code), _) => write!(f, "exited with code {code}")?,
            (None, Some(why)) => f.write_str(why)?,
            (None, None) => f.write_str("ended")?,
        }
        f.write_str(&log_tail(&self.log))
    }
}

/// The last lines of a log, as a part of an error message.
pub(super) fn log_tail(log: &[String]) -> String {
    match log {
        [] => String::new(),
        lines => format!("; it said last:\n  {}", lines.join("\n  ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_is_told_with_the_next_step() {
        let death = |code, out_of_memory, log: &[&str]| Death {
            code,
            out_of_memory,
            unknown: None,
            log: log.iter().map(ToString::to_string).collect(),
        };
        let licence = death(Some(55), false, &[]).to_string();
        assert!(
            licence.contains("set LOCALSTACK_AUTH_TOKEN") && licence.contains("4.14.0"),
            "{licence}"
        );
        assert_eq!(
            death(Some(1), false, &["a", "b"]).to_string(),
            "exited with code 1; it said last:\n  a\n  b"
        );
        assert!(death(Some(137), true, &[]).to_string().contains("memory"));
        let removed = Death {
            unknown: Some("was removed by another process".to_owned()),
            ..Death::default()
        };
        assert_eq!(removed.to_string(), "was removed by another process");
    }
}
