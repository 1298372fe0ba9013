//! What devices are told of a program.

use bytes::Bytes;
use serde::Serialize;

/// The largest message that AWS IoT Core carries, in bytes.
const LARGEST_MESSAGE: usize = 128 << 10;

#[derive(Serialize)]
struct Announcement<'a> {
    id: &'a str,
    sha256: &'a str,
    source: &'a str,
}

/// The message.
///
/// # Errors
/// In words, since the function answers with them: it does not fit into a message.
pub(super) fn message(id: &str, sha256: &str, source: &str) -> Result<Bytes, String> {
    let announcement = Announcement { id, sha256, source };
    let message = serde_json::to_vec(&announcement).map_err(|error| error.to_string())?;
    if message.len() > LARGEST_MESSAGE {
        return Err(format!(
            "the program takes {} bytes as a message; AWS IoT Core carries {LARGEST_MESSAGE}",
            message.len()
        ));
    }
    Ok(message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_no_broker_carries_is_refused() {
        assert_eq!(
            message("a\"b", "00", "(on)\n").unwrap(),
            r#"{"id":"a\"b","sha256":"00","source":"(on)\n"}"#
        );
        let newlines = "\n".repeat(64 << 10);
        assert!(
            message("x", "00", &newlines)
                .unwrap_err()
                .contains("carries 131072")
        );
    }
}
