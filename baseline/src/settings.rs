//! From when on a slower step is called a regression.

/// What is called a regression of measured time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The chance that none of the steps is called where nothing changed, at least.
    pub confidence: f64,
    /// The least shift that is called, as a share of the earlier median.
    pub effect: f64,
    /// The least shift that is called, in seconds.
    pub floor_s: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            confidence: 0.99,
            effect: 0.10,
            floor_s: 0.05,
        }
    }
}
