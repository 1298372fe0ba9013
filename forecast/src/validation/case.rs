//! A figure that is known, and the same figure simulated.

/// One figure, known and simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it is a figure of.
    pub of: String,
    /// Its unit.
    pub unit: &'static str,
    /// Where the known figure is from.
    pub source: &'static str,
    /// What is known.
    pub known: f64,
    /// What is simulated.
    pub simulated: f64,
    /// How far off the known figure it may be, as a share of it.
    pub tolerance: f64,
}

impl Case {
    /// How far off it is, as a share of what is known.
    pub fn off(&self) -> f64 {
        self.simulated / self.known - 1.0
    }

    /// Whether it is as near as it must be.
    pub fn holds(&self) -> bool {
        self.off().abs() <= self.tolerance
    }
}
