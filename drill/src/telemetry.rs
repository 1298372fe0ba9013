//! What a device says: one telemetry message as one line of JSON of an exact size.
//!
//! ```text
//! {"device":17,"seq":4,"t_us":123456789,"crc":"9ae0daaf","pad":"abcdef…"}
//!  └ who        └ which  └ due drill time └ of all else    └ up to the size
//! ```
//!
//! Three parties speak it and know nothing of each other: devices write it, the rule leaves receipts of
//! what it saw, the audit reads it back from a bucket. A line whose check sum is wrong is no message, so
//! a corrupted batch is seen line by line.

use crate::ledger::MessageId;
use crate::units::DrillTime;

/// A size in bytes that every message fits: the least that a scenario may ask for as `payload:`.
pub const MIN_SIZE: usize = 92;

const DEVICE: &str = "{\"device\":";
const SEQ: &str = ",\"seq\":";
const PRODUCED: &str = ",\"t_us\":";
const CRC: &str = ",\"crc\":\"";
const PAD: &str = "\",\"pad\":\"";
const END: &str = "\"}";
/// Hexadecimal digits of the check sum.
const CRC_DIGITS: usize = 8;
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// The message `seq` of `device`, due at `produced`, as a line of `size` bytes without its newline.
/// Below [`MIN_SIZE`] it may come out longer, as long as its numbers need.
pub fn encode(device: u32, seq: u32, produced: DrillTime, size: usize) -> Vec<u8> {
    let mut line = Vec::with_capacity(size.max(MIN_SIZE));
    line.extend_from_slice(
        format!("{DEVICE}{device}{SEQ}{seq}{PRODUCED}{}{CRC}", produced.as_us()).as_bytes(),
    );
    let crc_at = line.len();
    line.extend_from_slice(&[b'0'; CRC_DIGITS]);
    line.extend_from_slice(PAD.as_bytes());
    let padding = size.saturating_sub(line.len() + END.len());
    line.extend(ALPHABET.iter().cycle().take(padding));
    line.extend_from_slice(END.as_bytes());
    let crc = check_sum(&line[..crc_at], &line[crc_at + CRC_DIGITS..]);
    line[crc_at..crc_at + CRC_DIGITS].copy_from_slice(format!("{crc:08x}").as_bytes());
    line
}

/// Which message `line` (without its newline) is, and when it was due; `None` if it is none, or damaged.
pub fn decode(line: &[u8]) -> Option<(MessageId, DrillTime)> {
    let text = std::str::from_utf8(line).ok()?;
    let (device, rest) = number(text.strip_prefix(DEVICE)?)?;
    let (seq, rest) = number(rest.strip_prefix(SEQ)?)?;
    let (produced, rest) = number(rest.strip_prefix(PRODUCED)?)?;
    let rest = rest.strip_prefix(CRC)?;
    let (crc, tail) = (rest.get(..CRC_DIGITS)?, rest.get(CRC_DIGITS..)?);
    let padding = tail.strip_prefix(PAD)?.strip_suffix(END)?;
    let found = check_sum(&line[..line.len() - rest.len()], tail.as_bytes());
    let intact = crc == format!("{found:08x}") && !padding.contains(['"', '\\']);
    intact.then_some((MessageId { device, seq }, DrillTime::from_us(produced)))
}

/// CRC-32 (IEEE) of everything but the check sum itself.
fn check_sum(before: &[u8], after: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(before);
    crc.update(after);
    crc.finalize()
}

/// The integer that `text` begins with, and what follows it.
fn number<T: std::str::FromStr>(text: &str) -> Option<(T, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-')?;
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_is_a_line_of_json() {
        let line = encode(17, 4, DrillTime::from_us(123_456_789), 128);
        assert_eq!(line.len(), 128);
        let json: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(json["device"], 17);
        assert_eq!(json["seq"], 4);
        assert_eq!(json["t_us"], 123_456_789);
        // Lines of recorded batches are read by later versions: this one may never change.
        assert_eq!(
            String::from_utf8(encode(17, 4, DrillTime::from_us(123_456_789), 80)).unwrap(),
            r#"{"device":17,"seq":4,"t_us":123456789,"crc":"fb27dfd7","pad":"abcdefghijklmnop"}"#
        );
    }

    #[test]
    fn the_longest_message_fits_the_least_size() {
        let line = encode(u32::MAX, u32::MAX, DrillTime::from_us(i64::MIN), 0);
        assert_eq!(line.len(), MIN_SIZE);
        assert!(decode(&line).is_some());
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(device: u32, seq: u32, us: i64, size in MIN_SIZE..600) {
            let line = encode(device, seq, DrillTime::from_us(us), size);
            prop_assert_eq!(line.len(), size);
            prop_assert_eq!(decode(&line), Some((MessageId { device, seq }, DrillTime::from_us(us))));
        }

        #[test]
        fn a_flipped_bit_is_seen(us in 0i64..1 << 40, at in 0usize..128, bit in 0u8..8) {
            let mut line = encode(3, 9, DrillTime::from_us(us), 128);
            line[at] ^= 1 << bit;
            prop_assert_eq!(decode(&line), None);
        }

        #[test]
        fn a_torn_line_is_no_message(cut in 0usize..128) {
            prop_assert_eq!(decode(&encode(3, 9, DrillTime::ZERO, 128)[..cut]), None);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            decode(&bytes);
        }
    }
}
