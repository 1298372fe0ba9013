//! Listings of objects, in pages.

use super::why::NON_ASCII_TOKEN;
use crate::expectation::{Expectation, Observation, Stop, expect, s3_api, s3_guide};
use crate::lab::Lab;

/// More pages than any listing here has.
const MOST_PAGES: usize = 20;

pub(super) fn expectations() -> Vec<Expectation> {
    let v2 = || s3_api("ListObjectsV2");
    vec![
        expect(
            "keys come in the order of their UTF-8",
            s3_guide("Listing object keys programmatically", "ListingKeysUsingAPIs"),
            "B a b é",
            |lab| async move {
                let bucket = filled(&lab, &["b", "%C3%A9", "B", "a"]).await?;
                Ok(lab
                    .get(format!("{bucket}?list-type=2"))
                    .done()
                    .await?
                    .keys()
                    .join(" "))
            },
        ),
        expect(
            "prefix and delimiter roll keys up",
            s3_guide("Organizing objects using prefixes", "using-prefixes"),
            "keys p/a; prefixes p/b/, p/c/; count 3",
            |lab| async move {
                let bucket = filled(&lab, &["p/a", "p/b/1", "p/b/2", "p/c/1", "q"]).await?;
                let answer = lab
                    .get(format!("{bucket}?list-type=2&prefix=p%2F&delimiter=%2F"))
                    .done()
                    .await?;
                let prefixes = answer.elements("CommonPrefixes");
                let prefixes: Vec<String> = prefixes
                    .iter()
                    .filter_map(|xml| crate::lab::within(xml, "Prefix"))
                    .collect();
                let count = answer.element("KeyCount").unwrap_or_default();
                Ok(format!(
                    "keys {}; prefixes {}; count {count}",
                    answer.keys().join(", "),
                    prefixes.join(", ")
                ))
            },
        ),
        expect(
            "pages join to the whole",
            v2(),
            "a b | c d | e",
            |lab| async move {
                let bucket = filled(&lab, &["a", "b", "c", "d", "e"]).await?;
                pages(&lab, &format!("{bucket}?list-type=2&max-keys=2")).await
            },
        ),
        expect(
            "pages with rolled up keys join to the whole",
            v2(),
            "a/ | b | c/",
            |lab| async move {
                let bucket = filled(&lab, &["a/1", "a/2", "b", "c/1", "c/2"]).await?;
                pages(&lab, &format!("{bucket}?list-type=2&max-keys=1&delimiter=%2F")).await
            },
        ),
        expect(
            "a listing of no more than a page is not truncated",
            v2(),
            "false, no token",
            |lab| async move {
                let bucket = filled(&lab, &["a", "b"]).await?;
                let answer = lab.get(format!("{bucket}?list-type=2&max-keys=2")).done().await?;
                let token = answer
                    .element("NextContinuationToken")
                    .map_or("no token", |_| "a token");
                Ok(format!(
                    "{}, {token}",
                    answer.element("IsTruncated").unwrap_or_default()
                ))
            },
        ),
        expect("start-after", v2(), "c d", |lab| async move {
            let bucket = filled(&lab, &["a", "b", "c", "d"]).await?;
            Ok(lab
                .get(format!("{bucket}?list-type=2&start-after=b"))
                .done()
                .await?
                .keys()
                .join(" "))
        }),
        expect(
            "non-ASCII keys at the edges of pages",
            v2(),
            "ä1 | ä2 | ö | 水",
            |lab| async move {
                let bucket = filled(&lab, &["%C3%A41", "%C3%A42", "%C3%B6", "%E6%B0%B4"]).await?;
                pages(&lab, &format!("{bucket}?list-type=2&max-keys=1")).await
            },
        )
        .differs(NON_ASCII_TOKEN),
        expect(
            "non-ASCII keys at the edges of pages, encoded",
            v2(),
            "%C3%A41 | %C3%A42 | %C3%B6 | %E6%B0%B4",
            |lab| async move {
                let bucket = filled(&lab, &["%C3%A41", "%C3%A42", "%C3%B6", "%E6%B0%B4"]).await?;
                pages(
                    &lab,
                    &format!("{bucket}?list-type=2&max-keys=1&encoding-type=url"),
                )
                .await
            },
        )
        .differs(NON_ASCII_TOKEN),
        expect(
            "encoding-type=url",
            v2(),
            "test_file%283%29.png, url",
            |lab| async move {
                let bucket = filled(&lab, &["test_file(3).png"]).await?;
                let answer = lab
                    .get(format!("{bucket}?list-type=2&encoding-type=url"))
                    .done()
                    .await?;
                Ok(format!(
                    "{}, {}",
                    answer.keys().join(" "),
                    answer.element("EncodingType").unwrap_or_default()
                ))
            },
        ),
        expect(
            "an encoding that does not exist",
            v2(),
            "400 InvalidArgument",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.get(format!("{bucket}?list-type=2&encoding-type=rot13"))
                    .summary()
                    .await
            },
        ),
        expect(
            "a continuation token that is none",
            v2(),
            "400 InvalidArgument",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.get(format!("{bucket}?list-type=2&continuation-token=%21"))
                    .summary()
                    .await
            },
        )
        .differs(
            "LocalStack takes a token that it cannot read for none, and begins again with the first page.",
        ),
        expect(
            "owners are listed only when asked for",
            v2(),
            "not asked: no; asked: yes",
            |lab| async move {
                let bucket = filled(&lab, &["a"]).await?;
                let has = |owner: Option<String>| if owner.is_some() { "yes" } else { "no" };
                let plain = lab
                    .get(format!("{bucket}?list-type=2"))
                    .done()
                    .await?
                    .element("Owner");
                let asked = lab
                    .get(format!("{bucket}?list-type=2&fetch-owner=true"))
                    .done()
                    .await?
                    .element("Owner");
                Ok(format!("not asked: {}; asked: {}", has(plain), has(asked)))
            },
        ),
        expect(
            "the first version of the listing gives NextMarker only with a delimiter",
            s3_api("ListObjects"),
            "without: no; with: yes",
            |lab| async move {
                let bucket = filled(&lab, &["a", "b", "c"]).await?;
                let has = |marker: Option<String>| if marker.is_some() { "yes" } else { "no" };
                let without = lab
                    .get(format!("{bucket}?max-keys=1"))
                    .done()
                    .await?
                    .element("NextMarker");
                let with = lab
                    .get(format!("{bucket}?max-keys=1&delimiter=%2F"))
                    .done()
                    .await?
                    .element("NextMarker");
                Ok(format!("without: {}; with: {}", has(without), has(with)))
            },
        ),
        expect(
            "a deleted key is not listed",
            s3_guide("Working with delete markers", "DeleteMarker"),
            "b",
            |lab| async move {
                let bucket = lab.versioned().await?;
                for key in ["a", "b"] {
                    lab.stored(format!("{bucket}/{key}"), "x").await?;
                }
                lab.delete(format!("{bucket}/a")).done().await?;
                Ok(lab
                    .get(format!("{bucket}?list-type=2"))
                    .done()
                    .await?
                    .keys()
                    .join(" "))
            },
        ),
    ]
}

/// A bucket with objects of these keys, which are in percent form.
async fn filled(lab: &Lab, keys: &[&str]) -> Result<String, Stop> {
    let bucket = lab.bucket().await?;
    for key in keys {
        lab.stored(format!("{bucket}/{key}"), "x").await?;
    }
    Ok(bucket)
}

/// The keys and rolled up prefixes of each page of a listing.
async fn pages(lab: &Lab, path: &str) -> Observation {
    let (mut pages, mut token) = (Vec::new(), None::<String>);
    while pages.len() < MOST_PAGES {
        let token_part = token.map(|token| format!("&continuation-token={}", encoded(&token)));
        let answer = lab
            .get(format!("{path}{}", token_part.unwrap_or_default()))
            .done()
            .await?;
        let mut page = answer.keys();
        let prefixes = answer.elements("CommonPrefixes");
        page.extend(
            prefixes
                .iter()
                .filter_map(|xml| crate::lab::within(xml, "Prefix")),
        );
        pages.push(page.join(" "));
        token = answer.element("NextContinuationToken");
        if token.is_none() {
            return Ok(pages.join(" | "));
        }
    }
    Ok(format!("no end: {} | …", pages[..4].join(" | ")))
}

fn encoded(text: &str) -> String {
    cloud_emulator::client::rest::encoded(text)
}
