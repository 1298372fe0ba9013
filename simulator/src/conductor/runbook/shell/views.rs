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

/// Encodings that may lie on top of each other and are seen through.
const DEPTH: usize = 2;

/// Of what begins so: how many bytes one encoded character takes, and what it means.
type Decoder = fn(&[u8]) -> Option<(usize, Vec<u8>)>;

/// All that are tried, on each view, so that the order in which a text was encoded does not matter.
const DECODERS: [Decoder; 4] = [percent, form, json, html];

/// A text without an encoding: its bytes, and for each the part of the text that it was.
pub(super) struct View {
    bytes: Vec<u8>,
    spans: Vec<Range<usize>>,
}

impl View {
    /// The text as it is, and as it reads once up to [`DEPTH`] encodings are taken off, in every order.
    pub(super) fn all_of(text: &str) -> Vec<View> {
        let mut views = vec![View::new(text)];
        let mut level = 0..1;
        for _ in 0..DEPTH {
            let mut next: Vec<View> = Vec::new();
            for view in &views[level] {
                let decoded = DECODERS.iter().filter_map(|decode| view.without(*decode));
                next.extend(decoded);
            }
            next.sort_by(|a, b| a.bytes.cmp(&b.bytes));
            next.dedup_by(|a, b| a.bytes == b.bytes && a.spans == b.spans);
            level = views.len()..views.len() + next.len();
            views.extend(next);
        }
        views
    }

    fn new(text: &str) -> View {
        View {
            bytes: text.as_bytes().to_vec(),
            spans: (0..text.len()).map(|at| at..at + 1).collect(),
        }
    }

    /// Takes an encoding off; nothing where there is none of it, as in most lines.
    fn without(&self, decode: Decoder) -> Option<View> {
        let length = self.bytes.len();
        let first = (0..length).find(|at| decode(&self.bytes[*at..]).is_some())?;
        let mut view = View {
            bytes: self.bytes[..first].to_vec(),
            spans: self.spans[..first].to_vec(),
        };
        let mut at = first;
        while at < length {
            let Some((taken, meant)) = decode(&self.bytes[at..]) else {
                view.bytes.push(self.bytes[at]);
                view.spans.push(self.spans[at].clone());
                at += 1;
                continue;
            };
            let span = self.spans[at].start..self.spans[at + taken - 1].end;
            view.spans.extend(meant.iter().map(|_| span.clone()));
            view.bytes.extend(meant);
            at += taken;
        }
        Some(view)
    }

    /// Where a secret stands in the text.
    pub(super) fn places(&self, secret: &str) -> Vec<Range<usize>> {
        let (length, secret) = (secret.len(), secret.as_bytes());
        let found = self.bytes.windows(length.max(1)).enumerate();
        // Most windows differ in their first byte, which is cheap to see.
        let found = found.filter(|(_, window)| window.first() == secret.first() && *window == secret);
        found
            .map(|(at, _)| self.spans[at].start..self.spans[at + length - 1].end)
            .collect()
    }
}

/// A form's percent-encoding, in which a space is a plus.
fn form(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    match rest.first()? {
        b'+' => Some((1, vec![b' '])),
        _ => percent(rest),
    }
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
    let rest = rest.strip_prefix(b"&")?;
    let end = rest.iter().take(11).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest.get(..end)?).ok()?;
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
    Some((end + 2, meant.to_string().into_bytes()))
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
    pub(super) fn places(&self, view: &View) -> Vec<Range<usize>> {
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
        let mut places = hits(view, base64, b"", BASE64_RUN, &self.base64);
        places.extend(hits(view, digits, b" :-,", HEX_RUN, &self.hex));
        places
    }
}

/// Where windows of so many characters are among the known ones. What `read` does not know ends a run, but for separators,
/// which are passed over.
fn hits(
    view: &View,
    read: impl Fn(u8) -> Option<u8>,
    separators: &[u8],
    width: usize,
    known: &HashSet<Vec<u8>>,
) -> Vec<Range<usize>> {
    let (mut run, mut at) = (Vec::new(), Vec::new());
    let mut found = Vec::new();
    for (place, byte) in view.bytes.iter().copied().enumerate() {
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
            found.push(view.spans[at[begin]].start..view.spans[place].end);
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
