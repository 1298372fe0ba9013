//! Values as text: a parameter holds the hexadecimal digits of what a writer writes.

/// The value that holds these bytes.
pub fn value_of(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// The bytes that a value holds: those of its digits, or its own if it is of another kind. Different values hold
/// different bytes: digits that no writer writes (`AB` for `ab`) are a value of another kind.
pub fn bytes_of(value: &str) -> Vec<u8> {
    let decoded = hex::decode(value).ok();
    let written = decoded.filter(|bytes| value_of(bytes) == value);
    written.unwrap_or_else(|| value.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_other_values_are_their_own_bytes() {
        for bytes in [&b"\x00\xff"[..], b"a", &[7; 2048]] {
            assert_eq!(bytes_of(&value_of(bytes)), bytes);
        }
        assert_eq!(bytes_of("new-db-endpoint"), b"new-db-endpoint");
        assert_eq!(bytes_of("AB"), b"AB");
    }
}
