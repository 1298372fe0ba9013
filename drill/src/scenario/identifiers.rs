//! Names that AWS and MQTT have rules for.

use super::decode::Written;
use super::{AWS_REGIONS, nearest};

/// A bucket's global name, by the rules of S3 for general purpose buckets.
pub(crate) fn bucket_name() -> Written<String> {
    Written {
        allowed: "a bucket name: 3 to 63 of a-z, 0-9, `-` and `.`, a letter or digit at both ends".to_owned(),
        pattern: r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        number: false,
        parse: Box::new(|text| match bucket_name_error(text) {
            None => Ok(text.to_owned()),
            Some(hint) => Err(hint),
        }),
    }
}

/// What is wrong with a bucket's name, with a hint if there is one.
pub(crate) fn bucket_name_error(text: &str) -> Option<Option<String>> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"]
        .into_iter()
        .find(|prefix| text.starts_with(prefix));
    let reserved = reserved.or_else(|| {
        let suffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
        suffixes.into_iter().find(|suffix| text.ends_with(suffix))
    });
    if let Some(reserved) = reserved {
        return Some(Some(format!("AWS reserves {reserved:?}")));
    }
    if text.contains("..") {
        return Some(Some("no two dots in a row".to_owned()));
    }
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(Some("not in the form of an IP address".to_owned()));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let sound = (3..=63).contains(&text.len())
        && text.chars().all(allowed)
        && edge(text.chars().next())
        && edge(text.chars().next_back());
    if sound {
        return None;
    }
    let better = text.to_lowercase().replace(['_', ' '], "-");
    let hint =
        (better != text && bucket_name_error(&better).is_none()).then(|| format!("did you mean {better:?}?"));
    Some(hint)
}

/// AWS's name of a region.
pub(crate) fn aws_region() -> Written<String> {
    Written {
        allowed: "the name of an AWS region, as us-west-2".to_owned(),
        pattern: "^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$",
        number: false,
        parse: Box::new(|text| {
            if is_region(text) {
                Ok(text.to_owned())
            } else {
                Err(nearest(text, AWS_REGIONS))
            }
        }),
    }
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [country, words @ .., number] = parts.as_slice() else {
        return false;
    };
    let letters = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    (2..=4).contains(&country.len())
        && letters(country)
        && !words.is_empty()
        && words.iter().all(letters)
        && (1..=2).contains(&number.len())
        && number.chars().all(|c| c.is_ascii_digit())
        && text.len() <= 32
}

/// A topic filter, by the rules of MQTT and the limits of AWS IoT Core.
pub(crate) fn topic_filter() -> Written<String> {
    Written {
        allowed: "a topic filter of at most 256 bytes and 8 levels, as dt/+/telemetry".to_owned(),
        pattern: r"^([^/+#$][^/+#]*|\+|)(/([^/+#]*|\+))*(/#)?$|^#$",
        number: false,
        parse: Box::new(|text| match topic_error(text) {
            None => Ok(text.to_owned()),
            Some(hint) => Err(hint),
        }),
    }
}

fn topic_error(text: &str) -> Option<Option<String>> {
    let levels: Vec<&str> = text.split('/').collect();
    let says = |hint: &str| Some(Some(hint.to_owned()));
    if text.is_empty() || text.len() > 256 || levels.len() > 8 || text.contains('\0') {
        return Some(None);
    }
    if text.starts_with('$') {
        return says("topics that begin with `$` belong to the broker");
    }
    for (n, level) in levels.iter().enumerate() {
        if level.contains('#') && (*level != "#" || n + 1 < levels.len()) {
            return says("`#` is a level of its own, and the last");
        }
        if level.contains('+') && *level != "+" {
            return says("`+` is a level of its own");
        }
    }
    None
}
