//! Text from outside, on one line and without control characters.

use drill::text::steers;

/// The text with every character that could steer a terminal, break XML or turn the reading direction
/// replaced; line breaks and tabs become spaces.
pub(crate) fn one_line(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if steers(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}
