//! Changes to valid inputs: of bits, bytes, lengths, numbers, lines, and splices of two inputs.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::BoxedStrategy;

/// What is put in somewhere: marks of the formats that are read here, numbers at the edges, and text that is odd.
pub const WORDS: [&[u8]; 40] = [
    b"\0",
    b"\r\n",
    b"\n",
    b"\n\n",
    b"\t",
    b" ",
    b"/",
    b"../",
    b"//",
    b"%00",
    b"%2e%2e%2f",
    b"%",
    b"#",
    b"+",
    b"$",
    b"&",
    b"=",
    b"?",
    b"*a",
    b"&a ",
    b"{",
    b"[",
    b"]]>",
    b"<!--",
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"&#0;",
    b"\"",
    b"'",
    b"\\u0000",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"9223372036854775807",
    b"null",
    "\u{feff}".as_bytes(),
    "\u{202e}é\u{301}日本".as_bytes(),
    "\u{1f525}".as_bytes(),
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
];

/// Numbers at the edges, which replace others.
const NUMBERS: [&[u8]; 9] = [
    b"0",
    b"-1",
    b"1",
    b"255",
    b"65536",
    b"4294967296",
    b"9223372036854775807",
    b"18446744073709551615",
    b"1e30",
];

/// One change.
#[derive(Clone, Debug)]
pub struct Change {
    what: u8,
    at: Index,
    to: Index,
    length: u16,
    byte: u8,
    word: usize,
}

/// A change of any kind.
pub fn change() -> BoxedStrategy<Change> {
    let what = prop_oneof![0u8..13, select(vec![1u8, 7, 8, 11, 12])];
    (
        what,
        any::<Index>(),
        any::<Index>(),
        1u16..48,
        any::<u8>(),
        0..WORDS.len(),
    )
        .prop_map(|(what, at, to, length, byte, word)| Change {
            what,
            at,
            to,
            length,
            byte,
            word,
        })
        .boxed()
}

/// Some changes, most often few; a part of all inputs has none.
pub fn changes() -> BoxedStrategy<Vec<Change>> {
    prop_oneof![2 => Just(Vec::new()), 4 => vec(change(), 1..=1), 3 => vec(change(), 1..5)].boxed()
}

/// Random bytes.
pub fn noise() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..200),
        vec(select(WORDS.to_vec()), 0..30).prop_map(|words| words.concat()),
    ]
    .boxed()
}

/// `bytes` with all `changes`; splices take from `others`.
pub fn changed(mut bytes: Vec<u8>, changes: &[Change], others: &[Vec<u8>]) -> Vec<u8> {
    for change in changes {
        change.apply(&mut bytes, others);
    }
    bytes
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
        if bytes.is_empty() {
            bytes.extend(WORDS[self.word]);
            return;
        }
        let at = self.at.index(bytes.len());
        let end = (at + usize::from(self.length)).min(bytes.len());
        match self.what {
            0 => bytes[at] ^= 1 << (self.byte % 8),
            1 => bytes[at] = self.byte,
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            4 => bytes.truncate(at),
            5 if !others.is_empty() => {
                let other = &others[usize::from(self.byte) % others.len()];
                let from = self.to.index(other.len() + 1);
                let until = (from + usize::from(self.length) * 4).min(other.len());
                bytes.splice(at..end, other[from..until].iter().copied());
            }
            6 => drop(bytes.splice(at..at, WORDS[self.word].iter().copied())),
            7 => self.length_field(bytes, at),
            // What nests, nests deeply: the byte that stands here, or a bracket, many times.
            8 => {
                let what = [bytes[at], b'[', b'{', b'(', b'<', b'/', b' ', b'-'][usize::from(self.byte % 8)];
                let times = usize::from(self.length) * if self.byte > 250 { 400 } else { 4 };
                bytes.splice(at..at, std::iter::repeat_n(what, times));
            }
            9 => {
                let to = self.to.index(bytes.len());
                bytes.swap(at, to);
            }
            10 => drop(bytes.splice(at..end, WORDS[self.word].iter().copied())),
            11 => self.number(bytes, at),
            _ => self.line(bytes, at, others),
        }
    }

    /// Overwrites two or four bytes as a length might stand there.
    fn length_field(&self, bytes: &mut [u8], at: usize) {
        let value: u32 = [0, 1, 0x7f, 0xff, 0x100, 0xffff, 0x7fff_ffff, u32::MAX][usize::from(self.byte % 8)];
        let field = match self.length % 4 {
            0 => value.to_le_bytes().to_vec(),
            1 => value.to_be_bytes().to_vec(),
            2 => (value as u16).to_le_bytes().to_vec(),
            _ => (value as u16).to_be_bytes().to_vec(),
        };
        for (place, byte) in bytes[at..].iter_mut().zip(field) {
            *place = byte;
        }
    }

    /// Replaces the next number by another.
    fn number(&self, bytes: &mut Vec<u8>, at: usize) {
        let Some(from) = bytes[at..].iter().position(u8::is_ascii_digit) else {
            return;
        };
        let from = at + from;
        let digits = bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let number = NUMBERS[usize::from(self.byte) % NUMBERS.len()];
        bytes.splice(from..from + digits, number.iter().copied());
    }

    /// Replaces, repeats or removes a line, or gives it the value of another.
    fn line(&self, bytes: &mut Vec<u8>, at: usize, others: &[Vec<u8>]) {
        let from = bytes[..at]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let end = bytes[at..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |end| at + end + 1);
        let line = bytes[from..end].to_vec();
        let other: Vec<u8> = match others.get(usize::from(self.byte) % others.len().max(1)) {
            Some(other) if !other.is_empty() => {
                let lines: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
                lines[self.to.index(lines.len())].to_vec()
            }
            _ => Vec::new(),
        };
        let value = |line: &[u8]| line.windows(2).position(|pair| pair == b": ").map(|at| at + 2);
        match (self.length % 5, value(&line), value(&other)) {
            (0, ..) => drop(bytes.drain(from..end)),
            (1, ..) => drop(bytes.splice(from..from, line)),
            (2, ..) => drop(bytes.splice(from..from, other)),
            (_, Some(ours), Some(theirs)) => {
                drop(bytes.splice(from + ours..end, other[theirs..].iter().copied()))
            }
            _ => drop(bytes.splice(from..end, other)),
        }
    }
}
