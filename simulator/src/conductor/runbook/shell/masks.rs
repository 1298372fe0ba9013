//! Texts that no record shows, in every writing in which they may come.
//!
//! ```text
//!   a secret ──► plain, base64, JSON, URL, hex ──► masked wherever it stands in a line
//!          ├───► what it reads as once URLs, JSON and HTML are decoded, up to two of them in any order (`views`)
//!          ├───► runs of base64 and hex that are long enough
//!          └───► of several lines: each line that is long enough, and whatever follows the one before it
//! ```

use std::sync::Arc;

use super::views::{Runs, View, replaced};
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
    /// As they are, and of those of several lines each that is long enough: what is looked for in decoded texts.
    decoded: Vec<String>,
    runs: Runs,
}

/// Where in secrets of several lines a stream of lines is: which secret, and which of its lines comes next.
#[derive(Clone, Debug, Default)]
pub(super) struct Follow(Vec<(usize, usize)>);

impl Masks {
    /// These.
    pub(super) fn new(secrets: impl IntoIterator<Item = String>) -> Masks {
        let mut texts = Texts::default();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            texts.anywhere.extend(writings(&secret));
            let lines: Vec<String> = secret.trim_end().lines().map(str::to_owned).collect();
            if lines.len() > 1 {
                let long = lines.iter().filter(|line| line.trim().len() >= SHORTEST);
                let long: Vec<String> = long.map(|line| line.trim().to_owned()).collect();
                texts.decoded.extend(long.iter().cloned());
                texts.anywhere.extend(long);
                texts.lines.push(lines);
            }
            if secret.len() >= SHORTEST {
                texts.runs.add(parts(&secret), &hex::encode(&secret));
                // A shell takes the line breaks at the end away.
                texts.decoded.push(secret.trim_end_matches('\n').to_owned());
                texts.decoded.push(secret.clone());
            }
            texts.anywhere.push(secret);
        }
        texts.decoded.retain(|text| text.len() >= SHORTEST);
        texts.decoded.sort();
        texts.decoded.dedup();
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
        // All places are found before the first is masked: a secret of which a part is masked is not recognised any more.
        let plain = self.0.anywhere.iter().flat_map(|secret| {
            let found = text.match_indices(secret.as_str());
            found.map(|(at, found)| at..at + found.len())
        });
        let mut places: Vec<_> = plain.collect();
        for view in View::all_of(text) {
            places.extend(self.0.decoded.iter().flat_map(|secret| view.places(secret)));
            places.extend(self.0.runs.places(&view));
        }
        if places.is_empty() {
            text.to_owned()
        } else {
            replaced(text, places, MASK)
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
        if character.is_ascii() {
            text.push(character)
        } else {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units);
            units
                .iter()
                .for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
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
mod tests;
