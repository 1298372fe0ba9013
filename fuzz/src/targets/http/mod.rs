//! Requests to the gateway of the embedded cloud: heads, queries, signatures, documents.
//!
//! An input says where it goes, how it is signed and what is changed afterwards, then the requests as they are on the wire.
//!
//! ```text
//!   signing, service, change, requests ──► signed by AWS's own signer ──► changed ──► gateway ──► answers
//! ```
//!
//! Every answer is HTTP with a status that AWS gives; errors have AWS's shape. No request without a secret
//! succeeds; a signed request is not refused because of its signature; and each request that succeeds has the
//! signature that AWS's signer computes for it as it arrived.

mod cloud;
mod input;
mod properties;
mod requests;
mod signature;
mod wire;

use std::time::{Duration, SystemTime};

use runtime::wall;

use self::cloud::{UNKNOWN, cloud, converse};
use self::input::{NEXT, PREFIX, SECRET, Signing};
use self::properties::check_first;
use self::requests::inputs;
use self::signature::{signature, with_headers};
use self::wire::Wire;
use crate::Target;

/// The target.
pub const TARGET: Target = Target {
    name: "http",
    weight: 15,
    check,
    inputs,
};

const SERVICES: [&str; 4] = ["s3", "lambda", "sts", "iotdata"];

fn check(input: &[u8]) -> &'static str {
    let (prefix, requests) = match input.split_first_chunk::<PREFIX>() {
        Some((prefix, requests)) => (*prefix, requests),
        None => ([0; PREFIX], input),
    };
    let signing = Signing::from_byte(prefix[0]);
    let service = SERVICES[usize::from(prefix[1]) % SERVICES.len()];
    let secret = match signing {
        Signing::Signed | Signing::Changed => SECRET,
        _ => UNKNOWN.as_str(),
    };
    let is_signed = matches!(signing, Signing::Signed | Signing::Changed | Signing::Forged);
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(wall::now_us().unsigned_abs());
    let mut sent = Vec::new();
    let mut all_signed = is_signed;
    for request in split(requests) {
        let wire = Wire::parse(request).filter(|_| is_signed);
        let wire = wire.filter(|wire| {
            wire.header("authorization").is_none()
                && wire.header("x-amz-date").is_none()
                && wire.header("x-amz-content-sha256").is_none()
        });
        let added = wire
            .as_ref()
            .and_then(|wire| signature(wire, service, SECRET, now, None));
        match (wire, added) {
            (Some(wire), Some(added)) => sent.push(with_headers(&wire, &added)),
            _ => {
                all_signed = false;
                sent.push(request.to_vec());
            }
        }
    }
    if signing == Signing::Changed
        && let Some(last) = sent.last_mut()
        && !last.is_empty()
    {
        let at = usize::from(u16::from_le_bytes([prefix[2], prefix[3]])) % last.len();
        last[at] = prefix[4];
    }
    let with_functions = sent
        .iter()
        .any(|request| request.windows(10).any(|part| part == b"/functions"));
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let tokio = tokio.expect("a runtime can be made");
    let (gateway, answers) = tokio.block_on(async {
        let gateway = cloud(secret, signing == Signing::Anonymous, with_functions).await;
        let answers = converse(&gateway, &sent.concat()).await;
        (gateway, answers)
    });
    let counts = gateway.counts();
    assert!(counts.answers.iter().map(|class| class.total()).sum::<u64>() <= counts.requests.total());
    let succeeded = counts.answers[0].total() + counts.answers[1].total();
    if matches!(signing, Signing::Unsigned | Signing::Forged) {
        assert_eq!(
            succeeded,
            0,
            "something is let in without a secret: {}",
            answers.escape_ascii()
        );
    }
    if answers.is_empty() {
        assert_eq!(
            counts.requests.total(),
            counts.requests.total().min(1),
            "requests without an answer"
        );
        return "hung up on";
    }
    // Empty lines before a request are no part of it (RFC 9112, 2.2), nor are pieces of nothing else.
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let begins = |part: &Vec<u8>| part.iter().position(|byte| !is_break(byte));
    let first = sent.iter().find_map(|part| Some(&part[begins(part)?..]));
    check_first(signing, first.unwrap_or_default(), &answers, all_signed, service)
}

fn split(requests: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = requests;
    while let Some(at) = rest.windows(NEXT.len()).position(|part| part == NEXT) {
        parts.push(&rest[..at]);
        rest = &rest[at + NEXT.len()..];
    }
    parts.push(rest);
    parts
}
