//! Quantiles of those Beta distributions whose parameters sum to 6, as PERT has them.
//!
//! Formulas are numbered as in the NIST Digital Library of Mathematical Functions, <https://dlmf.nist.gov>. No library
//! is used: with the sum of 6 the complete Beta function needs no gamma function, and a Newton iteration inside of a
//! bracket always ends.

use std::f64::consts::PI;

/// The sum of both parameters.
const SUM: f64 = 6.0;
/// More than enough: a bracket of ½ is exhausted by 53 halvings.
const STEPS: usize = 100;

/// The quantile of `p` (0 < p < 1) of the Beta distribution with the parameters `a` (1 to 5) and 6 - `a`, in 0..=1;
/// its absolute error is below 1e-14.
pub(crate) fn quantile(p: f64, a: f64) -> f64 {
    // From the nearer end, where the series converges fast and nothing cancels.
    if p <= Beta::new(a).at(0.5).0 {
        Beta::new(a).lower(p)
    } else {
        1.0 - Beta::new(SUM - a).lower(1.0 - p)
    }
}

/// One distribution.
struct Beta {
    a: f64,
    /// The complete Beta function of both parameters.
    complete: f64,
}

impl Beta {
    /// B(a, 6 - a) = Γ(a) Γ(6 - a) / 5! (5.12.1), where Γ(a) Γ(6 - a) = (1 - a) (2 - a) … (5 - a) π / sin πa by recurrence
    /// and reflection (5.5.1, 5.5.3). The factor of the integer next to `a` is taken into the sine, since both vanish
    /// there.
    fn new(a: f64) -> Beta {
        let nearest = a.round();
        let angle = PI * (a - nearest);
        let others = [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().filter(|k| *k != nearest);
        let product: f64 = others.map(|k| (k - a).abs()).product();
        let reflected = if angle == 0.0 { 1.0 } else { angle / angle.sin() };
        Beta {
            a,
            complete: product * reflected / 120.0,
        }
    }

    /// The distribution function and the density at `x`, above 0 and at most ½: the regularised incomplete beta function
    /// by its hypergeometric series (8.17.8), whose terms are all positive.
    fn at(&self, x: f64) -> (f64, f64) {
        let (mut term, mut sum, mut n) = (1.0, 1.0, 0.0);
        while term > sum * f64::EPSILON {
            term *= (SUM + n) / (self.a + 1.0 + n) * x;
            sum += term;
            n += 1.0;
        }
        let density = x.powf(self.a - 1.0) * (1.0 - x).powf(SUM - self.a - 1.0) / self.complete;
        (density * x * (1.0 - x) / self.a * sum, density)
    }

    /// The `x` in the lower half at which the distribution function is `p`: by Newton's iteration from the first term of
    /// the series, and by halving wherever that would leave the bracket.
    fn lower(&self, p: f64) -> f64 {
        let (mut low, mut high) = (0.0, 0.5);
        let mut x = (p * self.a * self.complete).powf(1.0 / self.a).min(high);
        for _ in 0..STEPS {
            let (area, density) = self.at(x);
            let step = (p - area) / density;
            if step.abs() <= 2.0 * f64::EPSILON * x {
                break;
            }
            if step > 0.0 {
                low = x;
            } else {
                high = x;
            }
            x = if low < x + step && x + step < high {
                x + step
            } else {
                (low + high) / 2.0
            };
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (a, p, quantile), by mpmath 1.4 with 30 digits: `betainc(a, 6 - a, 0, x, regularized=True)` inverted by bisection.
    const KNOWN: [(f64, f64, f64); 30] = [
        (1.0, 1e-12, 2.0000000000008e-13),
        (1.0, 0.001, 0.00020008004803362555),
        (1.0, 0.05, 0.010206218313011496),
        (1.0, 0.5, 0.12944943670387585),
        (1.0, 0.95, 0.45071972834694113),
        (1.0, 0.999, 0.748811356849042),
        (1.4, 1e-12, 6.536650926905228e-10),
        (1.4, 0.001, 0.0017582165479350334),
        (1.4, 0.05, 0.029998182323589095),
        (1.4, 0.5, 0.20266485036146617),
        (1.4, 0.95, 0.5420740973853162),
        (1.4, 0.999, 0.8094776522411731),
        (2.2, 1e-12, 1.2034042542013037e-06),
        (2.2, 0.001, 0.015033386753324366),
        (2.2, 0.05, 0.09570428352919888),
        (2.2, 0.5, 0.350999484949118),
        (2.2, 0.95, 0.6915510177116265),
        (2.2, 0.999, 0.8963691376284508),
        (3.0, 1e-12, 4.641696560847633e-05),
        (3.0, 0.001, 0.04755189817545767),
        (3.0, 0.05, 0.1892553774377708),
        (3.0, 0.5, 0.5),
        (3.0, 0.95, 0.8107446225622292),
        (3.0, 0.999, 0.9524481018245423),
        (4.3, 1e-12, 0.001212728314115041),
        (4.3, 0.001, 0.15350717577945283),
        (4.3, 0.05, 0.3976005393920651),
        (4.3, 0.5, 0.7418701227880723),
        (4.3, 0.95, 0.9490404208478276),
        (4.3, 0.999, 0.9951797507196841),
    ];

    #[test]
    fn quantiles_are_those_of_another_implementation() {
        for (a, p, known) in KNOWN {
            let found = quantile(p, a);
            assert!((found - known).abs() < 1e-14, "{a} {p}: {found} {known}");
            assert!((found / known - 1.0).abs() < 1e-12, "{a} {p}: {found} {known}");
        }
    }

    /// 1 - (1 - x)⁵ is the distribution function where `a` is 1, and x⁵ where it is 5.
    #[test]
    fn quantiles_at_the_ends_are_those_in_closed_form() {
        for n in 1..1000 {
            let p = f64::from(n) / 1000.0;
            let closed = (1.0 - (1.0 - p).powf(0.2), p.powf(0.2));
            assert!((quantile(p, 1.0) - closed.0).abs() < 1e-14, "{p}");
            assert!((quantile(p, 5.0) - closed.1).abs() < 1e-14, "{p}");
        }
    }

    #[test]
    fn the_extremes_of_all_parameters_are_between_0_and_1_and_in_order() {
        let small = [f64::MIN_POSITIVE, 1e-300, 1e-100, 1e-16, 1e-9, 0.01, 0.3];
        let probabilities: Vec<f64> = small
            .into_iter()
            .chain([0.5, 0.7, 0.99, 1.0 - 1e-9, 1.0 - f64::EPSILON / 2.0])
            .collect();
        for n in 0..=400 {
            for off in [-1e-13, 0.0, 1e-13] {
                let a = (1.0 + f64::from(n) / 100.0 + off).clamp(1.0, 5.0);
                let found: Vec<f64> = probabilities.iter().map(|p| quantile(*p, a)).collect();
                assert!(found.is_sorted(), "{a}: {found:?}");
                assert!(found.iter().all(|x| (0.0..=1.0).contains(x)), "{a}: {found:?}");
            }
        }
    }
}
