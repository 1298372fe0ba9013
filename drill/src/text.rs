//! Texts of others, made harmless for who reads them.

/// Whether a character does something else than being seen: it steers a terminal, turns the reading direction, or is none
/// that XML could hold.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        // Breaks of lines and paragraphs, and what has no width: invisible text.
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0001}'..='\u{e007f}')
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

/// The same on one line, for where a line has a meaning: foreign text cannot begin one.
pub fn one_line(text: &str) -> String {
    clean(&text.trim_end().replace("\r\n", "\n").replace('\n', " ⏎ "))
}

/// JSON in which every such character within a text is escaped, so that it can be shown as it is. It means the same.
pub fn plain_json(json: String) -> String {
    let hidden = |c: char| !c.is_ascii() && steers(c);
    if !json.contains(hidden) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if hidden(c) {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            units.for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
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

    #[test]
    fn foreign_text_cannot_begin_a_line() {
        assert_eq!(
            one_line("failed:\r\n::error::x\n[ 1m] PASS\u{2028}y\n"),
            "failed: ⏎ ::error::x ⏎ [ 1m] PASS\u{fffd}y"
        );
    }

    #[test]
    fn json_can_be_shown_and_means_the_same() {
        let text = "a\u{9b}31m\u{202e}b\u{85}\u{e0041}ü\n\"";
        let json = plain_json(serde_json::to_string(text).unwrap());
        assert!(!json.chars().any(steers), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
