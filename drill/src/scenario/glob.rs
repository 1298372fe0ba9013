//! Globs in the scenario: `*` stands for any text (`/` included), `?` for one character, everything else for
//! itself.

/// Whether `glob` matches the whole of `text`.
pub fn matches(glob: &str, text: &str) -> bool {
    let (pattern, name) = (glob.as_bytes(), text.as_bytes());
    // Where to go on when what followed the last `*` does not fit: let that `*` take one byte more.
    let (mut p, mut n, mut retry) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(b'?') => {
                p += 1;
                n += 1;
                // A character goes on as long as bytes continue it.
                while name.get(n).is_some_and(|byte| byte & 0xc0 == 0x80) {
                    n += 1;
                }
            }
            Some(byte) if *byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((after, taken)) = retry else { return false };
                retry = Some((after, taken + 1));
                (p, n) = (after, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn texts_match_as_a_whole() {
        let cases = [
            ("*", "", true),
            ("*", "a/b", true),
            ("", "", true),
            ("", "a", false),
            ("Get*", "GetObject", true),
            ("Get*", "PutObject", false),
            ("Get*", "forGetObject", false),
            ("*Object*", "ListObjectsV2", true),
            ("a*b*c", "a--b--bc", true),
            ("a*b*c", "a--b--b", false),
            ("?", "ü", true),
            ("?", "", false),
            ("a?c", "abc", true),
            ("*.json", "x/y.json.gz", false),
            ("**", "x", true),
            ("[a]", "a", false),
        ];
        for (glob, text, expected) in cases {
            assert_eq!(matches(glob, text), expected, "{glob:?} on {text:?}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let pattern = "*a".repeat(50) + "b";
        assert!(!matches(&pattern, &"a".repeat(5_000)));
    }
}
