//! Scenarios for tests: one of a file, of which single things are changed.

use std::path::Path;

use super::{test_scenarios, workspace};

/// The text of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    text: String,
}

impl Scenario {
    /// `small-loss.yaml`: a bucket, a writer, a probe, and no broker.
    pub(crate) fn loss() -> Scenario {
        Scenario::from_file("small-loss.yaml")
    }

    /// `small-fleet.yaml`: the same with a broker and devices.
    pub(crate) fn fleet() -> Scenario {
        Scenario::from_file("small-fleet.yaml")
    }

    /// `small-stack.yaml`: two regions, functions, and a script. It wants `own.zip` and `work.sh` beside it.
    pub(crate) fn stack() -> Scenario {
        Scenario::from_file("small-stack.yaml")
    }

    /// One that ships: `iot-steel/<name>.yaml`.
    pub(crate) fn shipped(name: &str) -> Scenario {
        Scenario::read(&workspace().join(format!("scenarios/iot-steel/{name}.yaml")))
    }

    /// The first drill that a newcomer runs, as it ships.
    pub(crate) fn hello() -> Scenario {
        Scenario::read(&super::workspace().join("scenarios/hello.yaml"))
    }

    /// One that a test has written.
    pub(crate) fn written(text: impl Into<String>) -> Scenario {
        Scenario { text: text.into() }
    }

    fn from_file(file: &str) -> Scenario {
        Scenario::read(&test_scenarios().join(file))
    }

    fn read(path: &Path) -> Scenario {
        let text = std::fs::read_to_string(path);
        Scenario {
            text: text.unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Changes what stands there exactly once.
    #[track_caller]
    pub(crate) fn with(self, old: &str, new: &str) -> Scenario {
        self.with_each(1, old, new)
    }

    /// Changes what stands there so many times.
    #[track_caller]
    pub(crate) fn with_each(self, times: usize, old: &str, new: &str) -> Scenario {
        assert_eq!(
            self.text.matches(old).count(),
            times,
            "{old:?} must stand {times} times in\n{}",
            self.text
        );
        Scenario {
            text: self.text.replace(old, new),
        }
    }

    /// Without the one line that contains this.
    #[track_caller]
    pub(crate) fn without(self, part: &str) -> Scenario {
        let line = self.line(part);
        self.with(&format!("{line}\n"), "")
    }

    /// With another line in the place of the one that contains this.
    #[track_caller]
    pub(crate) fn line_for(self, part: &str, new: &str) -> Scenario {
        let line = self.line(part);
        self.with(&line, new)
    }

    #[track_caller]
    fn line(&self, part: &str) -> String {
        let lines: Vec<&str> = self.text.lines().filter(|line| line.contains(part)).collect();
        assert_eq!(
            lines.len(),
            1,
            "{part:?} must stand in one line of\n{}",
            self.text
        );
        lines[0].to_owned()
    }
}
