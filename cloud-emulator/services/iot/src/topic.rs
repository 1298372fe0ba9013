//! Topics: what AWS IoT takes for one, and how the router gets it.
//!
//! ```text
//!   client   ünï/code ──► checked ──► ␁ünï/code ──► router ──► ␁ünï/code ──► ünï/code   client
//! ```
//!
//! rumqttd cuts the first byte off a topic where a character may have several, which ends its process. So a topic or
//! filter that does not begin with an ASCII character goes through it behind a byte that does; one that begins with that
//! byte itself likewise. Levels are compared whole, so that nothing matches otherwise than it did.

use std::borrow::Cow;

use bytes::Bytes;

/// The longest topic in bytes of UTF-8, and the most slashes that it has (AWS IoT Core's quotas: "Message broker and
/// protocol limits").
pub(crate) const LONGEST_TOPIC: usize = 256;
pub(crate) const MOST_SLASHES: usize = 7;

/// What stands before a topic that rumqttd could not have.
const MARK: char = '\u{1}';

/// Why something is no topic, or no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    /// It has no character.
    #[error("the topic is empty")]
    Empty,
    /// It is no UTF-8, or has the character that MQTT forbids.
    #[error("the topic is not UTF-8, or has the character U+0000")]
    Text,
    /// It is too long.
    #[error("the topic has {0} bytes; the longest has {LONGEST_TOPIC}")]
    Length(usize),
    /// It has too many levels.
    #[error("the topic has {0} slashes; the most is {MOST_SLASHES}")]
    Levels(usize),
    /// A message cannot be published to many topics at once.
    #[error("a topic to publish to has no wildcards")]
    Wildcard,
    /// A wildcard stands where none may.
    #[error("a wildcard is a level of its own, and # is the last one")]
    Misplaced,
    /// It is one of AWS's own.
    #[error("topics that begin with $ are reserved, and none of them is emulated")]
    Reserved,
}

/// A topic that a message can be published to.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_name(topic: &[u8]) -> Result<&str, Wrong> {
    let topic = std::str::from_utf8(topic).map_err(|_| Wrong::Text)?;
    check_size(topic)?;
    match topic {
        _ if topic.contains(['+', '#']) => Err(Wrong::Wildcard),
        _ if topic.starts_with('$') => Err(Wrong::Reserved),
        _ => Ok(topic),
    }
}

/// A filter that can be subscribed to. Groups that share a subscription are not emulated, and none of AWS's own topics.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_filter(filter: &str) -> Result<(), Wrong> {
    check_size(filter)?;
    // The router would cut the client off by itself, which it survives only if it gets no other request at that moment.
    if filter.starts_with('$') {
        return Err(Wrong::Reserved);
    }
    let mut levels = filter.split('/').rev();
    let last = levels.next().unwrap_or_default();
    let is_level = |level: &str| level == "+" || !level.contains(['+', '#']);
    if (last == "#" || is_level(last)) && levels.all(is_level) {
        Ok(())
    } else {
        Err(Wrong::Misplaced)
    }
}

fn check_size(topic: &str) -> Result<(), Wrong> {
    let slashes = topic.matches('/').count();
    match topic {
        "" => Err(Wrong::Empty),
        _ if topic.len() > LONGEST_TOPIC => Err(Wrong::Length(topic.len())),
        _ if slashes > MOST_SLASHES => Err(Wrong::Levels(slashes)),
        _ if topic.contains('\0') => Err(Wrong::Text),
        _ => Ok(()),
    }
}

/// A topic or a filter as the router gets it.
pub(super) fn to_router(topic: &str) -> Cow<'_, str> {
    match topic.chars().next() {
        Some(first) if !first.is_ascii() || first == MARK => Cow::Owned(format!("{MARK}{topic}")),
        _ => Cow::Borrowed(topic),
    }
}

/// A topic as clients say it.
pub(super) fn from_router(topic: Bytes) -> Bytes {
    match topic.first() {
        Some(first) if char::from(*first) == MARK => topic.slice(1..),
        _ => topic,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn topics_are_what_aws_takes_for_them() {
        for topic in [
            "a",
            "dt/1/telemetry",
            "ünï/code",
            "/",
            "a/b/c/d/e/f/g/h",
            "日本",
            "\u{1}x",
        ] {
            assert_eq!(check_name(topic.as_bytes()), Ok(topic));
            assert_eq!(check_filter(topic), Ok(()));
        }
        for (topic, wrong) in [
            ("", Wrong::Empty),
            ("a/b/c/d/e/f/g/h/i", Wrong::Levels(8)),
            ("a\0", Wrong::Text),
            ("a/+", Wrong::Wildcard),
            ("#", Wrong::Wildcard),
            ("$aws/things", Wrong::Reserved),
        ] {
            assert_eq!(check_name(topic.as_bytes()), Err(wrong));
        }
        assert_eq!(check_name(b"\xff"), Err(Wrong::Text));
        assert_eq!(check_name("é".repeat(129).as_bytes()), Err(Wrong::Length(258)));
    }

    #[test]
    fn filters_have_wildcards_in_their_places() {
        for filter in ["#", "+", "a/#", "+/b/+", "ü/+/#", "a/$aws"] {
            assert_eq!(check_filter(filter), Ok(()), "{filter}");
        }
        for filter in ["a#", "#/a", "a+/b", "++", "a/+b", "ü#"] {
            assert_eq!(check_filter(filter), Err(Wrong::Misplaced), "{filter}");
        }
        for filter in ["$share/group/a", "$aws/things/x", "$"] {
            assert_eq!(check_filter(filter), Err(Wrong::Reserved), "{filter}");
        }
        assert_eq!(check_filter(""), Err(Wrong::Empty));
    }

    proptest! {
        #[test]
        fn what_goes_through_the_router_comes_out_the_same(topic in "\\PC{0,20}|\u{1}\\PC{0,5}|[\u{1}é$a/]{0,6}") {
            let inside = to_router(&topic);
            prop_assert!(inside.chars().next().is_none_or(|first| first.is_ascii()));
            let out = from_router(Bytes::copy_from_slice(inside.as_bytes()));
            prop_assert_eq!(&out[..], topic.as_bytes());
        }
    }
}
