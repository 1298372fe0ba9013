//! Texts of others, made harmless for who reads them.

/// Whether a character does something else than being seen: it steers a terminal, turns the reading direction, or is none
/// that XML could hold.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// The text with every such character replaced, but for line breaks and tabs.
pub fn clean(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        c if steers(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_replaced_and_the_rest_stays() {
        let hostile = "a\u{1b}[2Jb\rc\u{202e}d\u{61c}\u{9b}31m\u{7}e\0\n\tü日";
        let cleaned = clean(hostile);
        assert!(
            !cleaned.chars().any(|c| steers(c) && c != '\n' && c != '\t'),
            "{cleaned:?}"
        );
        assert!(cleaned.ends_with("\n\tü日") && cleaned.starts_with("a\u{fffd}[2Jb"));
        assert_eq!(clean("plain — text"), "plain — text");
    }
}
