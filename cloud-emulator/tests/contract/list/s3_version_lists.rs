//! Listings of versions, in pages.

use cloud_emulator::client::rest::encoded;
use percent_encoding::percent_decode_str;

use super::s3_versions::version;
use super::why::ENCODED_KEYS;
use crate::expectation::{Expectation, Observation, Stop, expect, s3_api};
use crate::lab::{Lab, within};

/// More pages than any listing here has.
const MOST_PAGES: usize = 20;

pub(super) fn expectations() -> Vec<Expectation> {
    let api = || s3_api("ListObjectVersions");
    vec![
        expect(
            "versions are listed newest first, one of them the latest",
            api(),
            "marker latest; version; version",
            |lab| async move {
                let bucket = lab.versioned().await?;
                for body in ["one", "two"] {
                    lab.stored(format!("{bucket}/k"), body).await?;
                }
                lab.delete(format!("{bucket}/k")).done().await?;
                let answer = lab.get(format!("{bucket}?versions")).done().await?;
                let kind = |name: &str, shown: &str| -> Vec<String> {
                    let latest = |xml: &String| within(xml, "IsLatest").as_deref() == Some("true");
                    let shown = |xml| {
                        if latest(xml) {
                            format!("{shown} latest")
                        } else {
                            shown.to_owned()
                        }
                    };
                    answer.elements(name).iter().map(shown).collect()
                };
                Ok([kind("DeleteMarker", "marker"), kind("Version", "version")]
                    .concat()
                    .join("; "))
            },
        ),
        expect(
            "pages of versions join to the whole, with several versions a key",
            api(),
            "6 of 6, none twice",
            |lab| async move {
                let bucket = history(&lab).await?;
                versions(&lab, &format!("{bucket}?versions&max-keys=2"), 6).await
            },
        ),
        expect(
            "pages of versions, one a page",
            api(),
            "6 of 6, none twice",
            |lab| async move {
                let bucket = history(&lab).await?;
                versions(&lab, &format!("{bucket}?versions&max-keys=1"), 6).await
            },
        ),
        expect(
            "pages of versions whose keys are shown encoded",
            api(),
            "6 of 6, none twice",
            |lab| async move {
                let bucket = lab.versioned().await?;
                for (key, body) in [
                    ("a%20b", "1"),
                    ("a%20b", "2"),
                    ("a%2Bb", "1"),
                    ("%C3%A4", "1"),
                    ("%C3%A4", "2"),
                ] {
                    lab.stored(format!("{bucket}/{key}"), body).await?;
                }
                lab.delete(format!("{bucket}/a%20b")).done().await?;
                versions(
                    &lab,
                    &format!("{bucket}?versions&max-keys=1&encoding-type=url"),
                    6,
                )
                .await
            },
        )
        .differs(ENCODED_KEYS),
        expect(
            "pages of versions of which one is the null version",
            api(),
            "3 of 3, none twice",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/k"), "0").await?;
                lab.versioning(&bucket, "Enabled").await?;
                for body in ["1", "2"] {
                    lab.stored(format!("{bucket}/k"), body).await?;
                }
                versions(&lab, &format!("{bucket}?versions&max-keys=1"), 3).await
            },
        ),
        expect(
            "a listing of versions with prefix and delimiter",
            api(),
            "versions p/a; prefixes p/b/",
            |lab| async move {
                let bucket = lab.versioned().await?;
                for key in ["p/a", "p/b/1", "p/b/2", "q"] {
                    lab.stored(format!("{bucket}/{key}"), "x").await?;
                }
                let answer = lab
                    .get(format!("{bucket}?versions&prefix=p%2F&delimiter=%2F"))
                    .done()
                    .await?;
                let prefixes = answer.elements("CommonPrefixes");
                let prefixes: Vec<String> = prefixes.iter().filter_map(|xml| within(xml, "Prefix")).collect();
                Ok(format!(
                    "versions {}; prefixes {}",
                    answer.keys().join(", "),
                    prefixes.join(", ")
                ))
            },
        ),
        expect(
            "a version-id-marker without a key-marker",
            api(),
            "400 InvalidArgument",
            |lab| async move {
                let key = format!("{}/k", lab.versioned().await?);
                let id = version(&lab.stored(key.as_str(), "x").await?)?;
                let bucket = key.trim_end_matches("/k");
                lab.get(format!("{bucket}?versions&version-id-marker={id}"))
                    .summary()
                    .await
            },
        ),
        expect(
            "what was written without versioning is listed with the version id null",
            api(),
            "null",
            |lab| async move {
                let bucket = lab.bucket().await?;
                lab.stored(format!("{bucket}/k"), "x").await?;
                Ok(lab
                    .get(format!("{bucket}?versions"))
                    .done()
                    .await?
                    .elements("VersionId")
                    .join(", "))
            },
        ),
    ]
}

/// A bucket with two keys, of three versions each; one of the six is a marker.
async fn history(lab: &Lab) -> Result<String, Stop> {
    let bucket = lab.versioned().await?;
    for (key, body) in [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("b", "3")] {
        lab.stored(format!("{bucket}/{key}"), body).await?;
    }
    lab.delete(format!("{bucket}/a")).done().await?;
    Ok(bucket)
}

/// Goes through the pages of a listing of versions: how many of so many it has, and whether any twice.
async fn versions(lab: &Lab, path: &str, of: usize) -> Observation {
    let (mut found, mut next) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let page = lab.get(format!("{path}{next}")).done().await?;
        found.extend(page.elements("VersionId"));
        if page.element("IsTruncated").as_deref() != Some("true") {
            let all = found.len();
            found.sort();
            found.dedup();
            let twice = match all - found.len() {
                0 => "none twice".to_owned(),
                n => format!("{n} twice"),
            };
            return Ok(format!("{} of {of}, {twice}", found.len()));
        }
        let marker = |name: &str| page.element(name).unwrap_or_default();
        let mut key = marker("NextKeyMarker");
        if page.element("EncodingType").is_some() {
            key = percent_decode_str(&key.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned();
        }
        next = format!("&key-marker={}", encoded(&key));
        let version = marker("NextVersionIdMarker");
        if !version.is_empty() {
            next += &format!("&version-id-marker={version}");
        }
    }
    Ok(format!("no end after {MOST_PAGES} pages"))
}
