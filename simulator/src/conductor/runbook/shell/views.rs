//! How a text reads once an encoding is taken off it, and where in the text that stands.
//!
//! ```text
//!   "p%26ss" ──► bytes  p & s s      compared with a secret
//!                spans  0 1 4 5      what of the text is masked then
//! ```
//!
//! Whatever an encoder chose to escape, and in which letters, it is taken off the same way.

use std::collections::HashSet;
use std::ops::Range;

/// Characters of base64 that give a secret away: six bytes.
const BASE64_RUN: usize = 8;

/// Digits of hexadecimal that do: six bytes.
const HEX_RUN: usize = 12;

/// A text without an encoding: its bytes, and for each the part of the text that it was.
struct View {
    bytes: Vec<u8>,
    spans: Vec<Range<usize>>,
}

impl View {
    fn of(text: &str) -> View {
        View {
            bytes: text.as_bytes().to_vec(),
            spans: (0..text.len()).map(|at| at..at + 1).collect(),
        }
    }

    /// Takes an encoding off: `decode` gives, of what begins so, how many bytes it takes and what they mean.
    fn without(&self, decode: impl Fn(&[u8]) -> Option<(usize, Vec<u8>)>) -> View {
        let mut view = View {
            bytes: Vec::new(),
            spans: Vec::new(),
        };
        let mut at = 0;
        while at < self.bytes.len() {
            let (taken, meant) = decode(&self.bytes[at..]).unwrap_or_else(|| (1, vec![self.bytes[at]]));
            let span = self.spans[at].start..self.spans[at + taken - 1].end;
            view.spans.extend(meant.iter().map(|_| span.clone()));
            view.bytes.extend(meant);
            at += taken;
        }
        view
    }

    /// Where a secret stands in the text.
    fn places(&self, secret: &str) -> Vec<Range<usize>> {
        let length = secret.len();
        let found = self.bytes.windows(length.max(1)).enumerate();
        let found = found.filter(|(_, window)| *window == secret.as_bytes());
        found
            .map(|(at, _)| self.spans[at].start..self.spans[at + length - 1].end)
            .collect()
    }
}

/// Where secrets stand in a text that is percent-encoded, as forms are too, JSON or HTML; once or twice.
pub(super) fn encoded_places(text: &str, secrets: &[String]) -> Vec<Range<usize>> {
    let plain = View::of(text);
    let mut views = Vec::new();
    if text.contains(['%', '+']) {
        let url = plain.without(percent);
        views.push(url.without(percent));
        views.push(plain.without(|rest| form(rest).or_else(|| percent(rest))));
        views.push(url);
    }
    if text.contains('\\') {
        let json = plain.without(json);
        views.push(json.without(self::json));
        views.push(json);
    }
    if text.contains('&') {
        views.push(plain.without(html));
    }
    let places = views
        .iter()
        .flat_map(|view| secrets.iter().flat_map(|secret| view.places(secret)));
    places.collect()
}

fn form(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    (rest[0] == b'+').then(|| (1, vec![b' ']))
}

fn percent(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let digits = rest.strip_prefix(b"%")?.get(..2)?;
    Some((3, hex::decode(digits).ok()?))
}

fn json(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let after = rest.strip_prefix(b"\\")?;
    let meant = match after.first()? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'u' => return unicode(after),
        c @ (b'"' | b'\\' | b'/') => *c,
        _ => return None,
    };
    Some((2, vec![meant]))
}

/// `uXXXX`, or two of them that are one character.
fn unicode(after: &[u8]) -> Option<(usize, Vec<u8>)> {
    let unit = |at: usize| {
        let digits = std::str::from_utf8(after.get(at..at + 4)?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(1)?;
    let pair = (after.get(5..7) == Some(b"\\u")).then(|| unit(7)).flatten();
    let decoded = |units: &[u16]| String::from_utf16(units).ok().map(String::into_bytes);
    match decoded(&[first]) {
        Some(meant) => Some((6, meant)),
        None => Some((12, decoded(&[first, pair?])?)),
    }
}

fn html(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let end = rest.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest.get(..end)?).ok()?.strip_prefix('&')?;
    let meant = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)?
        }
    };
    Some((end + 1, meant.to_string().into_bytes()))
}

/// Runs of secrets in base64 and hexadecimal, each long enough to give something away: an encoder breaks them into lines where
/// it likes.
#[derive(Default)]
pub(super) struct Runs {
    base64: HashSet<Vec<u8>>,
    hex: HashSet<Vec<u8>>,
}

impl Runs {
    /// Adds what a secret looks like: in base64, for each place at which it may begin, and in small hexadecimal digits.
    pub(super) fn add(&mut self, base64: impl IntoIterator<Item = String>, hex: &str) {
        for text in base64 {
            let windows = text.as_bytes().windows(BASE64_RUN);
            self.base64.extend(windows.map(<[u8]>::to_vec));
        }
        let windows = hex.as_bytes().windows(HEX_RUN);
        // At whole bytes.
        self.hex.extend(windows.step_by(2).map(<[u8]>::to_vec));
    }

    /// Where such runs stand in a text.
    pub(super) fn places(&self, text: &str) -> Vec<Range<usize>> {
        if self.base64.is_empty() && self.hex.is_empty() {
            return Vec::new();
        }
        let base64 = |byte: u8| match byte {
            // The alphabet for URLs and file names.
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            b'+' | b'/' => Some(byte),
            _ => byte.is_ascii_alphanumeric().then_some(byte),
        };
        let digits = |byte: u8| byte.is_ascii_hexdigit().then(|| byte.to_ascii_lowercase());
        let mut places = hits(text, base64, b"", BASE64_RUN, &self.base64);
        places.extend(hits(text, digits, b" :-,", HEX_RUN, &self.hex));
        places
    }
}

/// Where windows of so many characters are among the known ones. What `read` does not know ends a run, but for separators,
/// which are passed over.
fn hits(
    text: &str,
    read: impl Fn(u8) -> Option<u8>,
    separators: &[u8],
    width: usize,
    known: &HashSet<Vec<u8>>,
) -> Vec<Range<usize>> {
    let (mut run, mut at) = (Vec::new(), Vec::new());
    let mut found = Vec::new();
    for (place, byte) in text.bytes().enumerate() {
        match read(byte) {
            Some(read) => {
                run.push(read);
                at.push(place);
            }
            None if separators.contains(&byte) => continue,
            None => {
                run.clear();
                at.clear();
            }
        }
        if let Some(begin) = run.len().checked_sub(width)
            && known.contains(&run[begin..])
        {
            found.push(at[begin]..place + 1);
        }
    }
    found
}

/// The text with other words in these places, which may overlap.
pub(super) fn replaced(text: &str, mut places: Vec<Range<usize>>, word: &str) -> String {
    places.sort_by_key(|place| (place.start, place.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut open: Option<Range<usize>> = None;
    for place in places {
        match &mut open {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => {
                if let Some(last) = open.replace(place) {
                    out.push_str(text.get(at..last.start).unwrap_or_default());
                    out.push_str(word);
                    at = last.end;
                }
            }
        }
    }
    if let Some(last) = open {
        out.push_str(text.get(at..last.start).unwrap_or_default());
        out.push_str(word);
        at = last.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
