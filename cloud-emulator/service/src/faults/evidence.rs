//! What verification found, and how a sample of what was touched is asked.

use drill::units::Span;

/// How many of the things that a fault touched its verification looks at.
const SAMPLE: usize = 8;

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultEvidence {
    /// Whether it is broken in the way in which the fault breaks things.
    pub proven: bool,
    /// What was seen, in words.
    pub observed: String,
}

impl FaultEvidence {
    /// It was waited for something that the fault hits; `what` was seen of it, if anything was.
    pub fn of_wait<T>(seen: Result<T, Span>, what: impl FnOnce(T) -> String, nothing: &str) -> FaultEvidence {
        match seen {
            Ok(seen) => FaultEvidence {
                proven: true,
                observed: what(seen),
            },
            Err(waited) => FaultEvidence {
                proven: false,
                observed: format!("{nothing} within {waited}"),
            },
        }
    }
}

/// What a look at one of the things that a fault touched finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sampled {
    /// The damage of this fault.
    Damaged,
    /// Something else, in words.
    Otherwise(String),
}

/// Asks about a sample of what was touched (`values` calls it: objects), and counts the answers that show the damage. An answer that
/// shows something else is quoted.
pub async fn ask_sample<'a, F>(
    touched: &'a [String],
    values: &str,
    damage: &str,
    ask: impl Fn(&'a str) -> F,
) -> FaultEvidence
where
    F: Future<Output = Sampled>,
{
    let (mut shown, mut otherwise) = (0, None);
    // Evenly over all that was touched, so that an injection that stopped half way is found.
    let step = touched.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<&String> = touched.iter().rev().step_by(step).collect();
    for key in &sample {
        match ask(key).await {
            Sampled::Damaged => shown += 1,
            Sampled::Otherwise(found) => otherwise = Some(format!("{key}: {found}")),
        }
    }
    let asked = sample.len();
    let observed = match otherwise {
        _ if asked == 0 => "nothing was touched".to_owned(),
        None => format!("{shown} of {asked} sampled {values} {damage}"),
        Some(found) => format!("{shown} of {asked} sampled {values} {damage}; {found}"),
    };
    FaultEvidence {
        proven: asked > 0 && shown == asked,
        observed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(n: usize) -> Vec<String> {
        (0..n).map(|n| format!("k{n}")).collect()
    }

    #[tokio::test]
    async fn a_fault_that_touched_nothing_is_not_proven() {
        let evidence = ask_sample(&[], "objects", "are gone", async |_| Sampled::Damaged).await;
        assert!(!evidence.proven);
        assert_eq!(evidence.observed, "nothing was touched");
    }

    #[tokio::test]
    async fn one_sound_object_in_the_sample_is_enough_to_disprove() {
        let touched = keys(8);
        let ask = async |key: &str| {
            if key == "k3" {
                Sampled::Otherwise("it reads well".to_owned())
            } else {
                Sampled::Damaged
            }
        };
        let evidence = ask_sample(&touched, "objects", "are gone", ask).await;
        assert!(!evidence.proven);
        assert_eq!(
            evidence.observed,
            "7 of 8 sampled objects are gone; k3: it reads well"
        );
    }

    #[tokio::test]
    async fn a_sample_reaches_over_all_that_was_touched() {
        let touched = keys(300);
        let asked = std::cell::RefCell::new(Vec::new());
        let evidence = ask_sample(&touched, "objects", "are gone", async |key: &str| {
            asked.borrow_mut().push(key.to_owned());
            Sampled::Damaged
        });
        assert!(evidence.await.proven);
        assert_eq!(asked.borrow().len(), SAMPLE);
        assert!(asked.borrow().contains(&"k299".to_owned()));
    }
}
