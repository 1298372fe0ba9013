//! How long something takes that is modelled: a distribution.

use serde::{Deserialize, Serialize};

use crate::beta;
use crate::draw::{Draws, lognormal_p95};
use crate::units::Span;

/// A modelled duration. Fields are as in the file, where they tell which distribution it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Takes {
    /// Log-normal, cut off at ten times the 95th percentile. Human response is skewed to the right, and has no bound.
    Lognormal {
        /// The median.
        p50: Span,
        /// The 95th percentile, at least the median; a constant if it is the median.
        p95: Span,
    },
    /// PERT: the Beta distribution between `least` and `most` with the parameters 1 + 4 (likely - least) / (most - least)
    /// and 1 + 4 (most - likely) / (most - least), so that its mean is (least + 4 likely + most) / 6 (Malcolm, Roseboom,
    /// Clark, Fazar: Application of a Technique for Research and Development Program Evaluation, Operations Research 7,
    /// 1959; in this form, with the weight 4, Vose: Risk Analysis, 3rd edition, 2008).
    Pert {
        /// The shortest that it can be.
        least: Span,
        /// The mode, from `least` to `most`.
        likely: Span,
        /// The longest that it can be.
        most: Span,
    },
    /// Uniform, in whole microseconds.
    Uniform {
        /// The shortest that it can be.
        least: Span,
        /// The longest that it can be, at least `least`.
        most: Span,
    },
    /// Empirical: one of the values that past runs took.
    Seen {
        /// In ascending order, at least one. A value that is there twice is twice as likely.
        seen: Vec<Span>,
    },
}

impl Takes {
    /// The duration that it does not exceed with a probability of `p`, which is above 0 and below 1, rounded to the
    /// microsecond.
    ///
    /// Of seen values it is the smallest that a share of at least `p` does not exceed (the inverse of the empirical
    /// distribution function; type 1 in Hyndman, Fan: Sample Quantiles in Statistical Packages, The American Statistician
    /// 50, 1996). Of the log-normal it is as exact as Acklam's approximation of the normal
    /// quantile, to 1.2e-9 of that.
    pub fn quantile(&self, p: f64) -> Span {
        let p = p.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0);
        match self {
            Takes::Lognormal { p50, p95 } => lognormal_p95(p, *p50, *p95),
            Takes::Pert { least, likely, most } => between(*least, *most, pert(p, *least, *likely, *most)),
            Takes::Uniform { least, most } => between(*least, *most, p),
            Takes::Seen { seen } => {
                let rank = (p * seen.len() as f64).ceil() as usize;
                seen.get(rank.saturating_sub(1)).copied().unwrap_or_default()
            }
        }
    }

    /// The median.
    pub fn p50(&self) -> Span {
        match self {
            Takes::Lognormal { p50, .. } => *p50,
            _ => self.quantile(0.5),
        }
    }

    /// The 95th percentile.
    pub fn p95(&self) -> Span {
        match self {
            Takes::Lognormal { p95, .. } => *p95,
            _ => self.quantile(0.95),
        }
    }

    /// The shortest that it can be; 0 of a log-normal that is no constant.
    pub fn least(&self) -> Span {
        match self {
            Takes::Lognormal { p50, p95 } if p50 == p95 => *p50,
            Takes::Lognormal { .. } => Span::ZERO,
            Takes::Pert { least, .. } | Takes::Uniform { least, .. } => *least,
            Takes::Seen { seen } => seen.first().copied().unwrap_or_default(),
        }
    }

    /// The `n`-th draw. Each kind takes one number, and of two numbers the larger gives the longer duration.
    pub fn draw(&self, draws: &Draws, n: u64) -> Span {
        match self {
            Takes::Lognormal { p50, p95 } => draws.lognormal_p95(n, *p50, *p95),
            Takes::Pert { .. } => self.quantile(draws.unit(n)),
            Takes::Uniform { least, most } => draws.span(n, *least, *most),
            Takes::Seen { seen } => {
                let place = draws.below(n, seen.len() as u64) as usize;
                seen.get(place).copied().unwrap_or_default()
            }
        }
    }

    /// Which distribution it is, in words: `lognormal, 5m at the median, 15m at 95 %`.
    pub fn describe(&self) -> String {
        match self {
            Takes::Lognormal { p50, p95 } if p50 == p95 => format!("always {p50}"),
            Takes::Pert { least, most, .. } | Takes::Uniform { least, most } if least == most => {
                format!("always {least}")
            }
            Takes::Lognormal { p50, p95 } => format!("lognormal, {p50} at the median, {p95} at 95 %"),
            Takes::Pert { least, likely, most } => {
                format!("PERT, {least} to {most}, most likely {likely}")
            }
            Takes::Uniform { least, most } => format!("uniform, {least} to {most}"),
            Takes::Seen { seen } => match seen.as_slice() {
                [only] => format!("{only}, the only one that was seen"),
                seen => format!("one of {} that were seen", seen.len()),
            },
        }
    }
}

/// The quantile of a PERT distribution, as a share of the way from `least` to `most`.
fn pert(p: f64, least: Span, likely: Span, most: Span) -> f64 {
    match (most - least).as_us() {
        0 => 0.0,
        width => beta::quantile(p, 1.0 + 4.0 * (likely - least).as_us() as f64 / width as f64),
    }
}

/// The span that lies at a share of the way from `least` to `most`.
fn between(least: Span, most: Span, share: f64) -> Span {
    let width = (most - least).as_us() as f64;
    least + Span::from_us((width * share).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Span = Span::from_mins(1);

    fn lognormal() -> Takes {
        Takes::Lognormal {
            p50: MINUTE.times(5),
            p95: MINUTE.times(15),
        }
    }

    fn pert() -> Takes {
        Takes::Pert {
            least: MINUTE.times(2),
            likely: MINUTE.times(5),
            most: MINUTE.times(20),
        }
    }

    fn uniform() -> Takes {
        Takes::Uniform {
            least: MINUTE.times(2),
            most: MINUTE.times(20),
        }
    }

    fn seen(minutes: &[i64]) -> Takes {
        Takes::Seen {
            seen: minutes.iter().map(|minutes| MINUTE.times(*minutes)).collect(),
        }
    }

    #[test]
    fn quantiles_of_pert_are_those_of_the_scaled_beta() {
        // By mpmath with 30 digits, and the same by scipy: 2 + 18 · beta.ppf(p, 1 + 4·3/18, 1 + 4·15/18) minutes.
        let known = [(0.05, 172_268_983), (0.5, 392_110_295), (0.95, 763_657_025)];
        for (p, us) in known {
            assert_eq!(pert().quantile(p), Span::from_us(us), "{p}");
        }
        assert_eq!(pert().p50(), Span::from_us(392_110_295));
        assert_eq!(pert().p95(), Span::from_us(763_657_025));
    }

    #[test]
    fn quantiles_of_the_other_kinds_are_those_of_their_formulas() {
        assert_eq!(
            (lognormal().p50(), lognormal().p95()),
            (MINUTE.times(5), MINUTE.times(15))
        );
        assert_eq!(lognormal().quantile(0.5), MINUTE.times(5));
        let near = lognormal().quantile(0.95) - MINUTE.times(15);
        assert!(near.as_us().abs() <= 2, "{near}");
        // 5 · 3^(-1): the log-normal is symmetric on a logarithmic scale.
        let low = lognormal().quantile(0.05) - Span::from_secs(100);
        assert!(low.as_us().abs() <= 2, "{low}");
        assert_eq!(uniform().p50(), MINUTE.times(11));
        assert_eq!(uniform().quantile(0.25), Span::from_secs(390));
        let values = seen(&[4, 7, 12, 30]);
        for (p, minutes) in [
            (0.01, 4),
            (0.25, 4),
            (0.26, 7),
            (0.5, 7),
            (0.75, 12),
            (0.76, 30),
            (0.999, 30),
        ] {
            assert_eq!(values.quantile(p), MINUTE.times(minutes), "{p}");
        }
        assert_eq!((values.p50(), values.p95()), (MINUTE.times(7), MINUTE.times(30)));
    }

    #[test]
    fn quantiles_outside_of_0_to_1_are_the_outermost_ones() {
        for (p, bound) in [(0.0, 2), (-1.0, 2), (1.0, 20), (7.0, 20)] {
            let bound = MINUTE.times(bound);
            for takes in [pert(), uniform(), seen(&[2, 20])] {
                let off = (takes.quantile(p) - bound).as_us().abs();
                assert!(off < 1_000_000, "{takes:?} {p}");
            }
        }
        assert!(lognormal().quantile(0.0) < Span::from_us(2));
        assert_eq!(lognormal().quantile(1.0), MINUTE.times(150), "cut off");
    }

    #[test]
    fn a_draw_of_a_lognormal_is_what_it_always_was() {
        let draws = Draws::new(1, "step/declare/takes");
        for n in 0..1000 {
            let before = draws.lognormal_p95(n, MINUTE.times(5), MINUTE.times(15));
            assert_eq!(lognormal().draw(&draws, n), before);
        }
        // Recorded: plans of runs that were made before are made again.
        let first: Vec<i64> = (0..3).map(|n| lognormal().draw(&draws, n).as_us()).collect();
        assert_eq!(first, RECORDED);
    }

    const RECORDED: [i64; 3] = [551_095_125, 724_252_487, 123_171_798];

    /// Pearson's chi-squared over cells that are equally likely.
    fn chi_squared(counts: &[u64]) -> f64 {
        let expected = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
        let off = |count: &u64| (*count as f64 - expected).powi(2) / expected;
        counts.iter().map(off).sum()
    }

    #[test]
    fn draws_are_distributed_as_the_quantiles_say() {
        // The 99.9 % quantiles of the chi-squared distribution with 19 and 2 degrees of freedom, by scipy.
        const LIMIT_19: f64 = 43.820_195_964_517_53;
        const LIMIT_2: f64 = 13.815_510_557_964_274;
        let draws = Draws::new(5, "many");
        for takes in [lognormal(), pert(), uniform()] {
            let bounds: Vec<Span> = (1..20).map(|k| takes.quantile(f64::from(k) / 20.0)).collect();
            let mut counts = [0; 20];
            for n in 0..40_000 {
                let drawn = takes.draw(&draws, n);
                counts[bounds.partition_point(|bound| *bound < drawn)] += 1;
            }
            let found = chi_squared(&counts);
            assert!(found < LIMIT_19, "{takes:?}: {found} {counts:?}");
        }
        let values = [4, 7, 12].map(|minutes| MINUTE.times(minutes));
        let takes = Takes::Seen {
            seen: values.to_vec(),
        };
        let mut counts = [0; 3];
        for n in 0..40_000 {
            let drawn = takes.draw(&draws, n);
            counts[values
                .iter()
                .position(|value| *value == drawn)
                .expect("it was seen")] += 1;
        }
        assert!(chi_squared(&counts) < LIMIT_2, "{counts:?}");
    }

    #[test]
    fn a_larger_number_gives_a_longer_duration() {
        let draws = Draws::new(9, "order");
        let mut order: Vec<u64> = (0..500).collect();
        order.sort_by_key(|n| draws.u64(*n));
        for takes in [lognormal(), pert(), uniform(), seen(&[1, 2, 3, 5, 8])] {
            let drawn: Vec<Span> = order.iter().map(|n| takes.draw(&draws, *n)).collect();
            assert!(drawn.is_sorted(), "{takes:?}");
        }
    }

    #[test]
    fn what_has_no_width_is_a_constant() {
        let five = MINUTE.times(5);
        let constants = [
            Takes::Lognormal { p50: five, p95: five },
            Takes::Pert {
                least: five,
                likely: five,
                most: five,
            },
            Takes::Uniform {
                least: five,
                most: five,
            },
            seen(&[5]),
            seen(&[5, 5]),
        ];
        let draws = Draws::new(2, "constant");
        for takes in constants {
            for p in [0.001, 0.5, 0.95, 0.999] {
                assert_eq!(takes.quantile(p), five, "{takes:?}");
            }
            assert_eq!((takes.p50(), takes.p95(), takes.least()), (five, five, five));
            assert_eq!(takes.draw(&draws, 3), five, "{takes:?}");
        }
    }

    #[test]
    fn words_say_which_distribution_it_is() {
        let always = Takes::Lognormal {
            p50: MINUTE,
            p95: MINUTE,
        };
        let said = [
            lognormal(),
            pert(),
            uniform(),
            seen(&[4, 7, 12]),
            seen(&[4]),
            always,
        ];
        assert_eq!(
            said.map(|takes| takes.describe()),
            [
                "lognormal, 5m at the median, 15m at 95 %",
                "PERT, 2m to 20m, most likely 5m",
                "uniform, 2m to 20m",
                "one of 3 that were seen",
                "4m, the only one that was seen",
                "always 1m",
            ]
        );
    }

    #[test]
    fn json_has_the_fields_of_the_file() {
        let written = [
            (lognormal(), r#"{"p50":300000000,"p95":900000000}"#),
            (
                pert(),
                r#"{"least":120000000,"likely":300000000,"most":1200000000}"#,
            ),
            (uniform(), r#"{"least":120000000,"most":1200000000}"#),
            (seen(&[4, 7]), r#"{"seen":[240000000,420000000]}"#),
        ];
        for (takes, json) in written {
            assert_eq!(serde_json::to_string(&takes).unwrap(), json);
            assert_eq!(serde_json::from_str::<Takes>(json).unwrap(), takes);
        }
    }
}
