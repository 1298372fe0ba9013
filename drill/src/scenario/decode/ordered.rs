//! Values that must come in order.

use super::Fields;
use crate::units::Span;

/// The higher value is not below the lower one.
pub(crate) fn ordered(
    f: &mut Fields<'_, '_>,
    (low_name, low): (&str, Span),
    (high_name, high): (&str, Span),
) {
    if high < low {
        let found = format!("{high}, which is below {low_name} ({low})");
        let hint = format!("were `{low_name}` and `{high_name}` exchanged?");
        f.wrong(high_name, found, &format!("at least {low_name}"), Some(hint));
    }
}
