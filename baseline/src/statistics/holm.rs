//! Holm's correction: the more tests are made at once, the more likely one of them is significant by chance.

/// The p-values after Holm's step-down correction, in the same order: a test may be called where its corrected value is at most
/// alpha, and then the chance of any false call among all of them is at most alpha. (Holm, "A simple sequentially rejective
/// multiple test procedure", 1979.)
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut corrected = vec![0.0; p.len()];
    let mut reached = 0.0_f64;
    for (n, at) in order.into_iter().enumerate() {
        reached = reached.max((p[at] * (p.len() - n) as f64).min(1.0));
        corrected[at] = reached;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of R's documentation of `p.adjust(…, "holm")`, in small.
    #[test]
    fn the_smallest_is_multiplied_by_all_and_none_overtakes_another() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        for (found, expected) in corrected.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{corrected:?}");
        }
        assert_eq!(holm(&[0.2, 0.9, 0.8]), [0.6000000000000001, 1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn corrected_values_keep_their_order_and_are_no_smaller(p in prop::collection::vec(0.0f64..=1.0, 1..12)) {
            let corrected = holm(&p);
            for (a, (p_a, holm_a)) in p.iter().zip(&corrected).enumerate() {
                prop_assert!(holm_a >= p_a && *holm_a <= 1.0);
                for (p_b, holm_b) in p.iter().zip(&corrected).skip(a + 1) {
                    prop_assert!(p_a > p_b || holm_a <= holm_b);
                }
            }
        }
    }
}
