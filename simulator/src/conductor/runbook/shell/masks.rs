//! Texts that no record shows, in every writing in which they may come.
//!
//! ```text
//!   a secret ──► plain, base64, JSON, URL, hex ──► masked wherever it stands in a line
//!          ├───► what it reads as once URLs, JSON and HTML are decoded, and in runs of base64 and hex (`views`)
//!          └───► of several lines: each line that is long enough, and whatever follows the one before it
//! ```

use std::sync::Arc;

use super::views::{Runs, encoded_places, replaced};
use base64_simd::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in the place of a secret.
const MASK: &str = "***";

/// The shortest secret, and the shortest part of one that is masked by itself: anything below is found everywhere, also in
/// hashes and words that have nothing to do with it.
pub(super) const SHORTEST: usize = 8;

/// How long the lines are into which programs break base64: OpenSSL's and those of `base64`.
const WRAPPED: [usize; 2] = [64, 76];

/// What URLs leave as it is (RFC 3986), and with it what some encoders do.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const WITH_SLASHES: &AsciiSet = &UNRESERVED.remove(b'/');
const OF_SCRIPTS: &AsciiSet = &UNRESERVED
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Texts that are masked. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Masks(Arc<Texts>);

#[derive(Default)]
struct Texts {
    /// The longest first.
    anywhere: Vec<String>,
    /// The lines of secrets that have several.
    lines: Vec<Vec<String>>,
    /// As they are.
    secrets: Vec<String>,
    runs: Runs,
}

/// Where in secrets of several lines a stream of lines is: which secret, and which of its lines comes next.
#[derive(Clone, Debug, Default)]
pub(super) struct Follow(Vec<(usize, usize)>);

impl Masks {
    /// These.
    pub(super) fn of(secrets: impl IntoIterator<Item = String>) -> Masks {
        let mut texts = Texts::default();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            texts.anywhere.extend(writings(&secret));
            let lines: Vec<String> = secret.trim_end().lines().map(str::to_owned).collect();
            if lines.len() > 1 {
                let long = lines.iter().filter(|line| line.trim().len() >= SHORTEST);
                texts.anywhere.extend(long.map(|line| line.trim().to_owned()));
                texts.lines.push(lines);
            }
            if secret.len() >= SHORTEST {
                texts.runs.add(parts(&secret), &hex::encode(&secret));
                texts.secrets.push(secret.clone());
            }
            texts.anywhere.push(secret);
        }
        // Of one that contains another nothing may be left over.
        texts
            .anywhere
            .sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.anywhere.dedup();
        Masks(Arc::new(texts))
    }

    /// All of them, for the journal.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.0.anywhere.clone()
    }

    /// A text without them.
    pub(super) fn mask(&self, text: &str) -> String {
        let masked = |text: String, secret: &String| match text.contains(secret.as_str()) {
            true => text.replace(secret.as_str(), MASK),
            false => text,
        };
        let text = self.0.anywhere.iter().fold(text.to_owned(), masked);
        let mut places = encoded_places(&text, &self.0.secrets);
        places.extend(self.0.runs.places(&text));
        match places.is_empty() {
            true => text,
            false => replaced(&text, places, MASK),
        }
    }

    /// The next line of a stream without them: of a secret of several lines also those that are too short to be masked by
    /// themselves.
    pub(super) fn mask_next(&self, follow: &mut Follow, line: &str) -> String {
        let mut next = Vec::new();
        let mut text = line.to_owned();
        for (secret, n) in std::mem::take(&mut follow.0) {
            let lines = &self.0.lines[secret];
            let is_last = n + 1 == lines.len();
            if is_last && text.starts_with(lines[n].as_str()) {
                text.replace_range(..lines[n].len(), MASK);
            } else if !is_last && line.trim_end_matches('\r') == lines[n].trim_end_matches('\r') {
                MASK.clone_into(&mut text);
                next.push((secret, n + 1));
            }
        }
        for (secret, lines) in self.0.lines.iter().enumerate() {
            if line
                .trim_end_matches('\r')
                .ends_with(lines[0].trim_end_matches('\r'))
            {
                next.push((secret, 1));
            }
        }
        follow.0 = next;
        self.mask(&text)
    }
}

impl std::fmt::Debug for Masks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} masks", self.0.anywhere.len())
    }
}

/// How a secret reads where something has encoded it.
fn writings(secret: &str) -> Vec<String> {
    let mut found = encoded(secret);
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    found.push(ascii_only(&json));
    found.push(json);
    for set in [NON_ALPHANUMERIC, UNRESERVED, WITH_SLASHES, OF_SCRIPTS] {
        let url = utf8_percent_encode(secret, set).to_string();
        found.push(lowered(&url));
        found.push(url);
    }
    let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    found.push(lowered(&form));
    found.push(form);
    let digits = hex::encode(secret);
    found.push(digits.to_uppercase());
    found.push(digits);
    found.retain(|text| text.len() >= SHORTEST && text != secret);
    found
}

/// With the digits of percent-encoding in small letters.
fn lowered(url: &str) -> String {
    let mut parts = url.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        format!("{text}%{}{rest}", digits.to_ascii_lowercase())
    })
}

/// JSON in which what is not ASCII is escaped, as Python writes it.
fn ascii_only(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character.is_ascii() {
            true => text.push(character),
            false => {
                let mut units = [0; 2];
                let units = character.encode_utf16(&mut units);
                units
                    .iter()
                    .for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    text
}

/// How a secret reads in base64, for each place in a group of three bytes at which it may begin: the part that does not
/// depend on its neighbours.
fn parts(secret: &str) -> [String; 3] {
    let part = |offset: usize| {
        let bytes = [vec![0; offset], secret.as_bytes().to_vec()].concat();
        let text = STANDARD_NO_PAD.encode_to_string(&bytes);
        let begin = (offset * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        text.get(begin..end).unwrap_or_default().to_owned()
    };
    [part(0), part(1), part(2)]
}

/// That, and broken into lines where it is encoded by itself.
fn encoded(secret: &str) -> Vec<String> {
    let parts = parts(secret);
    let whole = &parts[0];
    let wrapped = WRAPPED.iter().flat_map(|width| {
        let lines = whole.as_bytes().chunks(*width);
        lines.map(|line| String::from_utf8_lossy(line).into_owned())
    });
    let broken: Vec<String> = wrapped.filter(|line| line != whole).collect();
    parts.iter().cloned().chain(broken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nabc=\n-----END KEY-----\n";

    fn shown(masks: &Masks, lines: &[&str]) -> Vec<String> {
        let mut follow = Follow::default();
        lines
            .iter()
            .map(|line| masks.mask_next(&mut follow, line))
            .collect()
    }

    #[test]
    fn a_secret_of_several_lines_is_masked_line_by_line_the_short_ones_too() {
        let masks = Masks::of([PEM.to_owned()]);
        let lines: Vec<&str> = PEM.lines().collect();
        let first = format!("KEY={}", lines[0]);
        let last = format!("{} and more", lines[3]);
        let seen = shown(&masks, &[&first, lines[1], lines[2], &last, "abc= by itself"]);
        assert_eq!(seen, ["KEY=***", "***", "***", "*** and more", "abc= by itself"]);
        // One line of it is enough to be known.
        assert_eq!(shown(&masks, &[lines[1]]), ["***"]);
    }

    #[test]
    fn every_writing_of_a_secret_is_masked() {
        for secret in ["hunter2 & \"co\"/é?", PEM] {
            let masks = Masks::of([secret.to_owned()]);
            let json = serde_json::to_string(secret).unwrap();
            let python = ascii_only(&json);
            let url: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
            let base64 = base64_simd::STANDARD.encode_to_string(secret);
            let within = base64_simd::STANDARD.encode_to_string(format!("x{secret}y"));
            let texts = [
                json,
                python,
                lowered(&url),
                url,
                lowered(&percent),
                percent,
                base64,
                within,
                hex::encode(secret),
                hex::encode_upper(secret),
            ];
            for text in texts {
                let masked = masks.mask(&format!("before {text} after"));
                assert!(masked.contains(MASK), "{masked}");
                let left = masked.replace(MASK, "");
                assert!(left.len() <= "before  after".len() + 6, "{text} leaves {left}");
            }
        }
        let long = PEM.repeat(3);
        let masks = Masks::of([long.clone()]);
        let base64 = base64_simd::STANDARD.encode_to_string(&long);
        for width in WRAPPED {
            for line in base64.as_bytes().chunks(width).map(String::from_utf8_lossy) {
                assert!(
                    line.len() < SHORTEST || masks.mask(&line).contains(MASK),
                    "{line}"
                );
            }
        }
    }

    /// Encoders differ in what they escape, and in which letters.
    #[test]
    fn every_encoder_is_seen_through() {
        let secret = "p&ss<w>rd/\"x+y z~1é";
        let masks = Masks::of([secret.to_owned()]);
        let texts = [
            // Go, PHP, capitals, JSON in JSON.
            "p\\u0026ss\\u003cw\\u003erd/\\\"x+y z~1é",
            "p&ss<w>rd\\/\\\"x+y z~1\\u00E9",
            "p&ss<w>rd/\\\\\\\"x+y z~1\\\\u00e9",
            // Python's quote_plus, the part of a URL that names a user, twice.
            "p%26ss%3Cw%3Erd%2F%22x%2By+z~1%C3%A9",
            "p&ss%3cw%3Erd%2F%22x+y%20z~1%C3%a9",
            "p%2526ss%253Cw%253Erd%252F%2522x%252By%2520z~1%25C3%25A9",
            "p&amp;ss&lt;w&gt;rd/&quot;x+y z~1&#233;",
            // xxd -p, xxd, od, with colons.
            "70267373 3c773e72 642f2278 2b79207a 7e31c3a9",
            "7026 7373 3C77 3E72 642F 2278 2B79 207A 7E31 C3A9",
            "70:26:73:73:3c:77:3e:72:64:2f:22:78:2b:79:20:7a:7e:31:c3:a9",
        ];
        for text in texts {
            let masked = masks.mask(&format!("see {text} there"));
            let left = masked.replace(MASK, "");
            assert!(
                masked.contains(MASK) && left.len() <= "see  there".len(),
                "{text}: {masked}"
            );
        }
        let url = base64_simd::URL_SAFE.encode_to_string(format!("x{secret}"));
        assert!(masks.mask(&url).len() < 12, "{url}: {}", masks.mask(&url));
        // Broken anywhere: what is left of it on each side is less than a run.
        for before in 0..80 {
            let text = base64_simd::STANDARD.encode_to_string(format!("{}{secret}", "\0".repeat(before)));
            let own = before * 8 / 6 + 2;
            for line in text.as_bytes().chunks(76) {
                let line = String::from_utf8_lossy(line);
                let zeros = line.chars().take_while(|c| *c == 'A').count();
                let masked = masks.mask(&line);
                let left = masked.replace(MASK, "").len();
                assert!(
                    left <= zeros + 2 * 8 + 4 || own > 76,
                    "{before}: {line}: {masked}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let masks = Masks::of([PEM.to_owned(), "hunter2hunter2".to_owned()]);
        for text in ["KEY", "hunter2", "abc=", "", "%2F"] {
            assert_eq!(shown(&masks, &[text]), [text]);
        }
        assert_eq!(format!("{masks:?}").split(' ').next_back(), Some("masks"));
    }
}
