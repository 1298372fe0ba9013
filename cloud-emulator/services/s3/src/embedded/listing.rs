//! Listings: pages of keys in their order, with prefix, delimiter and marker.
//!
//! ```text
//! keys from max(prefix, marker) ──► starts with prefix? ──► delimiter in the rest? ── no ──► item
//!                                                              └── yes ──► common prefix, once; skip past it
//! ```
//!
//! A page ends at its maximum; it is truncated only when something follows.

use std::ops::Bound;

/// What a listing asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: &'a str,
    /// Only what comes after this key or common prefix.
    pub(crate) after: &'a str,
    /// `after` itself may still have items to give (later versions of the same key).
    pub(crate) resume_within: bool,
    pub(crate) most: usize,
}

/// What one page holds, in order.
#[derive(Debug)]
pub(crate) enum Line<T> {
    Item(T),
    CommonPrefix(String),
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) lines: Vec<Line<T>>,
    /// The last key or common prefix given, when more follows.
    pub(crate) next: Option<String>,
}

/// Makes a page from `items_from`, which lists `(key, item)` in order from a bound on.
pub(crate) fn page<'s, T, I>(query: &Query<'_>, items_from: impl Fn(Bound<&str>) -> I) -> Page<T>
where
    I: Iterator<Item = (&'s str, T)>,
{
    let mut page = Page {
        lines: Vec::new(),
        next: None,
    };
    if query.most == 0 {
        return page;
    }
    let mut last: Option<String> = None;
    let mut items = items_from(start(query));
    while let Some((key, item)) = items.next() {
        let Some(rest) = key.strip_prefix(query.prefix) else {
            break;
        };
        let rolled = (!query.delimiter.is_empty())
            .then(|| rest.find(query.delimiter))
            .flatten()
            .map(|at| &key[..query.prefix.len() + at + query.delimiter.len()]);
        if rolled.is_none_or(|common| common > query.after) {
            if page.lines.len() == query.most {
                page.next = last;
                return page;
            }
            last = Some(rolled.unwrap_or(key).to_owned());
            page.lines.push(match rolled {
                None => Line::Item(item),
                Some(common) => Line::CommonPrefix(common.to_owned()),
            });
        }
        if let Some(common) = rolled {
            let Some(beyond) = successor(common) else { break };
            items = items_from(Bound::Included(&beyond));
        }
    }
    page
}

fn start<'q>(query: &Query<'q>) -> Bound<&'q str> {
    if query.after < query.prefix {
        Bound::Included(query.prefix)
    } else if query.after.is_empty() {
        Bound::Unbounded
    } else if query.resume_within {
        Bound::Included(query.after)
    } else {
        Bound::Excluded(query.after)
    }
}

/// The least text above everything that starts with `prefix`; `None` when there is none.
pub(crate) fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

/// Keys as `encoding-type=url` shows them: everything but letters, digits and `-_.~/` in percent form.
pub(crate) fn url_encoded(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(byte as char)
            }
            _ => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(DIGITS[usize::from(byte >> 4)] as char);
                out.push(DIGITS[usize::from(byte & 15)] as char);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn shown(page: &Page<String>) -> Vec<String> {
        let line = |line: &Line<String>| match line {
            Line::Item(key) => key.clone(),
            Line::CommonPrefix(prefix) => format!("{prefix}*"),
        };
        page.lines.iter().map(line).collect()
    }

    fn list(keys: &BTreeSet<String>, query: &Query<'_>) -> Page<String> {
        page(query, |from| {
            keys.range::<str, _>((from, Bound::Unbounded))
                .map(|k| (k.as_str(), k.clone()))
        })
    }

    #[test]
    fn folders_are_rolled_up_once() {
        let keys = ["a", "b/1", "b/2", "b/c/3", "d"].map(String::from).into();
        let query = Query {
            delimiter: "/",
            most: 10,
            ..Query::default()
        };
        assert_eq!(shown(&list(&keys, &query)), ["a", "b/*", "d"]);
        let query = Query {
            prefix: "b/",
            ..query
        };
        assert_eq!(shown(&list(&keys, &query)), ["b/1", "b/2", "b/c/*"]);
    }

    #[test]
    fn what_url_encoding_leaves_alone() {
        assert_eq!(url_encoded("a b+c/ü~"), "a%20b%2Bc/%C3%BC~");
    }

    proptest! {
        /// Paging through in pages of any size gives what one big page gives, which is what a naive
        /// listing gives.
        #[test]
        fn pages_join_to_the_whole(
            keys in prop::collection::btree_set("[ab/\u{D7FF}\u{10FFFF}]{1,4}", 0..40),
            prefix in "[ab/]{0,2}",
            delimiter in prop_oneof![Just(""), Just("/"), Just("a/"), Just("\u{10FFFF}")],
            most in 1usize..5,
        ) {
            let mut naive = Vec::new();
            for key in &keys {
                let Some(rest) = key.strip_prefix(&prefix) else { continue };
                let line = match (!delimiter.is_empty()).then(|| rest.find(delimiter)).flatten() {
                    Some(at) => format!("{}*", &key[..prefix.len() + at + delimiter.len()]),
                    None => key.clone(),
                };
                if naive.last() != Some(&line) {
                    naive.push(line);
                }
            }
            let mut paged = Vec::new();
            let mut after = String::new();
            loop {
                let query = Query { prefix: &prefix, delimiter, after: &after, resume_within: false, most };
                let page = list(&keys, &query);
                paged.extend(shown(&page));
                let Some(next) = page.next else { break };
                prop_assert!(next > after);
                after = next;
            }
            prop_assert_eq!(paged, naive);
        }
    }
}
